"""Mutants of C code: every memory order one step weaker, wherever the source names one.

Works on text, so on anybody's code, with orders behind macros or not. An order is weakened to
every next weaker one that the compiler accepts in its place: a load has no release, and a
compare-exchange must not fail with a stronger order than it succeeds with. A fence whose
order becomes relaxed is no fence any more: that is the mutant "fence removed".

What it cannot see: operations that name no order (``atomic_store(&x, 1)``, ``x = 1`` on an
``_Atomic``) are sequentially consistent, and stay so.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from heald.subject import Subject

#: One step weaker, strongest first. Which of them fit depends on the operation.
NEXT_WEAKER = {
    "seq_cst": ("acq_rel", "acquire", "release"),
    "acq_rel": ("acquire", "release"),
    "acquire": ("relaxed",),
    "consume": ("relaxed",),
    "release": ("relaxed",),
}

_ORDER = re.compile(
    r"\b(?:std::)?(?P<prefix>memory_order_|memory_order::|__ATOMIC_)"
    r"(?P<order>seq_cst|acq_rel|acquire|consume|release|SEQ_CST|ACQ_REL|ACQUIRE|CONSUME|RELEASE)\b"
)
_NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL
)
_DEFINE = re.compile(r"^\s*#\s*define\s+(\w+)[^\n]*$", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """Where a source names a memory order.

    Attributes
    ----------
    file, line
        From 1.
    order
        Such as ``release``, in lower case.
    macro
        The macro that is defined there, if it is one: its name says what the order is for.
    start, end
        Of the order's word in the text, without the prefix.
    """

    file: Path
    line: int
    order: str
    macro: str | None
    start: int
    end: int

    def __str__(self) -> str:
        name = f" {self.macro}" if self.macro else ""
        return f"{self.file.name}:{self.line}{name}"


@dataclass(frozen=True)
class Weakened:
    """A place and the order that stands there in the mutant."""

    place: Place
    order: str

    def __str__(self) -> str:
        return f"{self.place}: {self.place.order} -> {self.order}"

    def text(self) -> str:
        """Return the mutated text of the file."""
        original = self.place.file.read_text()
        word = original[self.place.start : self.place.end]
        order = self.order.upper() if word.isupper() else self.order
        return original[: self.place.start] + order + original[self.place.end :]


def places_in(file: Path) -> list[Place]:
    """Find the orders that a C or C++ file names, comments and strings left out."""
    text = file.read_text()
    code = _NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    macros = [(m.start(), m.end(), m[1]) for m in _DEFINE.finditer(code)]
    found = []
    for match in _ORDER.finditer(code):
        start, end = match.span("order")
        macro = next((name for a, b, name in macros if a <= start < b), None)
        line = code.count("\n", 0, start) + 1
        found.append(Place(file, line, match["order"].lower(), macro, start, end))
    return found


def weakened(place: Place) -> Iterator[Weakened]:
    """Yield the candidates for a place; the compiler says which of them fit."""
    for order in NEXT_WEAKER[place.order]:
        yield Weakened(place, order)


def mutant_of(subject: Subject, change: Weakened, folder: Path) -> Subject:
    """Return `subject` with one order weakened, its sources copied into `folder`.

    Parameters
    ----------
    folder
        Empty or not there; everything beside the sources is copied as well, so that
        headers in quotes are found there first, the mutated one among them.
    """
    sources = []
    for number, source in enumerate(subject.sources):
        own = folder / str(number)
        shutil.copytree(source.parent, own, dirs_exist_ok=True, symlinks=True)
        if change.place.file.parent == source.parent:
            (own / change.place.file.name).write_text(change.text())
        sources.append(own / source.name)
    return subject.with_changes(
        f"{subject.variant or 'as it is'}, {change}",
        expected=subject.expected,
        sources=sources,
        # Headers that are reached through ../ are found beside the original.
        cflags=[
            *(f"-I{s.parent}" for s in subject.sources),
            "-Werror=invalid-memory-model",
        ],
    )
