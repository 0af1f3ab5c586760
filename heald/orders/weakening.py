"""Memory orders in C code, and what is one step weaker, wherever the source names one.

Works on text, so on anybody's code, with orders behind macros or not. An order is weakened to
every next weaker one; which of them fit is for the compiler to say: a load has no release,
and a compare-exchange must not fail with a stronger order than it succeeds with. A fence
whose order becomes relaxed is no fence any more: that is the mutant "fence removed".

What it cannot see: operations that name no order (``atomic_store(&x, 1)``, ``x = 1`` on an
``_Atomic``) are sequentially consistent, and stay so. ``unnamed_in`` counts the former.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

#: Next weaker, strongest first. ``acquire`` and ``release`` are one step below ``seq_cst``
#: only where the operation has no ``acq_rel``.
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
_FENCE = re.compile(r"\batomic_thread_fence\s*\(\s*(?:std::)?(\w+)")
_UNNAMED = re.compile(
    r"\batomic_(?:load|store|exchange|compare_exchange_(?:strong|weak)|"
    r"fetch_(?:add|sub|or|xor|and)|flag_test_and_set|flag_clear)\s*\("
)


@dataclass(frozen=True)
class Place:
    """Where a memory order is named.

    Attributes
    ----------
    file, line, column
        From 1; ``None`` and 0 for a definition on the compiler's command line.
    order
        Such as ``release``, in lower case.
    macro
        The macro that is defined there, if it is one: its name says what the order is for.
    start, end
        Of the order's word in the text, without the prefix.
    fence
        Whether it is the order of a fence.
    """

    file: Path | None
    line: int
    order: str
    macro: str | None
    start: int
    end: int
    fence: bool = False
    column: int = 0

    def __str__(self) -> str:
        if self.file is None:
            return f"-D{self.macro}"
        # A compare-exchange has two orders, often on one line.
        where = f" {self.macro}" if self.macro else f":{self.column}"
        return f"{self.file.name}:{self.line}{where}"


@dataclass(frozen=True)
class Weakened:
    """A place and the order that stands there in the mutant."""

    place: Place
    order: str

    @property
    def removes_fence(self) -> bool:
        """Whether it leaves no fence."""
        return self.place.fence and self.order == "relaxed"

    def __str__(self) -> str:
        removed = " (fence removed)" if self.removes_fence else ""
        return f"{self.place}: {self.place.order} -> {self.order}{removed}"

    def applied_to(self, original: str) -> str:
        """Return the text with the one word changed, spelled as it was."""
        word = original[self.place.start : self.place.end]
        order = self.order.upper() if word.isupper() else self.order
        return original[: self.place.start] + order + original[self.place.end :]


def places_in(file: Path) -> list[Place]:
    """Find the orders that a C or C++ file names, comments and strings left out."""
    code = _code_of(file)
    macros = [(m.start(), m.end(), m[1]) for m in _DEFINE.finditer(code)]
    fences = {match.start(1) for match in _FENCE.finditer(code)}
    found = []
    for match in _ORDER.finditer(code):
        start, end = match.span("order")
        macro = next((name for a, b, name in macros if a <= start < b), None)
        line = code.count("\n", 0, start) + 1
        column = match.start() - code.rfind("\n", 0, start)
        fence = match.start("prefix") in fences
        order = match["order"].lower()
        found.append(Place(file, line, order, macro, start, end, fence, column))
    return found


def places_of(files: Sequence[Path], defines: Mapping[str, object]) -> list[Place]:
    """Find the orders in all files of a subject and in its definitions.

    A macro that stands in a fence anywhere is the order of a fence.
    """
    fences = {match[1] for file in files for match in _FENCE.finditer(_code_of(file))}
    found = [place for file in files for place in places_in(file)]
    for name, value in defines.items():
        match = _ORDER.fullmatch(str(value))
        if match is not None:
            order = match["order"].lower()
            found.append(Place(None, 0, order, name, *match.span("order")))
    return [replace(p, fence=p.fence or p.macro in fences) for p in found]


def unnamed_in(file: Path) -> int:
    """Count the calls of ``<stdatomic.h>`` that name no order: they are not weakened."""
    return len(_UNNAMED.findall(_code_of(file)))


def weakened(place: Place) -> Iterator[Weakened]:
    """Yield the candidates for a place; the compiler says which of them fit."""
    orders = NEXT_WEAKER[place.order]
    for order in orders:
        yield Weakened(place, order)
    if place.fence and "relaxed" not in orders:
        yield Weakened(place, "relaxed")


def _code_of(file: Path) -> str:
    """Return the text with comments and strings blanked, every position as it was."""
    text = file.read_text(errors="surrogateescape")
    return _NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
