"""Where the order of an operation is written, and how another one is written there.

An operation that executes is found in the text by its position (``frames.py``): by name in C
(``atomic_load_explicit``, ``__atomic_load_n``), as a method in C++ and Rust. From there the
argument that gives the order is followed: through a macro to its definition, through the
parameter of a wrapper to the call that was inlined. Where the trail ends at an expression,
that expression is what a patch replaces; two places that end at the same one change together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heald.building.frames import Spot
from heald.building.places import SYSTEM
from heald.orders.source_text import NAME, Call, SourceText
from heald.orders.spelling import CONSTANT, RUST, RUST_WORDS, order_spans, style_of_rust

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
_DEEPEST = 8


@dataclass(frozen=True)
class Argument:
    """Text that gives an order.

    Attributes
    ----------
    file
        An absolute path.
    start, end
        Offsets of the expression in the file; equal where none is written: the order is
        ``seq_cst``, and one may be inserted.
    style
        What goes before the word of an order: ``memory_order_``, ``__ATOMIC_``, ...
    """

    file: str
    start: int
    end: int
    style: str

    def text_for(self, order: str) -> str:
        """Return what is written for an order."""
        if self.style == "__ATOMIC_":
            word = order.upper()
        elif self.style.endswith("Ordering::") or self.style == "rust":
            word = RUST_WORDS[order]
        else:
            word = order
        text = ("" if self.style == "rust" else self.style) + word
        return f", {text}" if self.start == self.end else text


@dataclass(frozen=True)
class Written:
    """The orders of one operation: of a compare-exchange that fails, the second."""

    order: Argument
    fail: Argument | None = None


class Sources:
    """The user's own files, read once, with what they define.

    Parameters
    ----------
    files
        The sources; local headers that they include are found from there.
    include
        Folders of the user's own that the compiler looks in (``-I``).
    defined
        Names that the compiler's command line defines: a patch cannot reach those.
    """

    def __init__(
        self,
        files: Sequence[Path | str],
        include: Sequence[str] = (),
        defined: Sequence[str] = (),
    ) -> None:
        self._files: dict[str, SourceText] = {}
        self._defined = frozenset(defined)
        waiting = [os.path.abspath(file) for file in files]
        while waiting:
            path = waiting.pop()
            if path in self._files or path.startswith(SYSTEM):
                continue
            try:
                text = Path(path).read_bytes().decode("utf-8", "surrogateescape")
            except OSError:
                continue
            self._files[path] = SourceText(path, text)
            for mark, name in _INCLUDE.findall(text):
                folders = [*([os.path.dirname(path)] if mark == '"' else []), *include]
                found = (os.path.abspath(os.path.join(each, name)) for each in folders)
                waiting += [each for each in found if os.path.isfile(each)][:1]

    def spot_in_text(self, frames: Sequence[Spot]) -> tuple[SourceText, int] | None:
        """Return the innermost position in a file of the user's."""
        for spot in frames:
            text = self._files.get(os.path.abspath(spot.file))
            if text is not None:
                return text, text.offset(spot)
        return None

    @property
    def paths(self) -> list[str]:
        """All files, as absolute paths."""
        return list(self._files)

    def text(self, path: str) -> str:
        """Return the text of a file."""
        return self._files[path].text

    def find(self, frames: Sequence[Spot]) -> Written | None:
        """Return where the orders of the operation at these frames are written."""
        for depth, spot in enumerate(frames):
            text = self._files.get(os.path.abspath(spot.file))
            if text is None:
                continue
            call = text.call_at(text.offset(spot))
            if call is None:
                return None
            return self._resolve(text, call, list(frames[depth + 1 :]), {}, 0)
        return None

    def name_of(self, argument: Argument) -> str:
        """Return the macro that stands for an order, or that has it in its definition."""
        text = self._files[argument.file]
        for name, macros in text.macros.items():
            if any(each.start <= argument.start < each.end for each in macros):
                return name
        words = text.text[argument.start : argument.end]
        known = words in self._defined or any(
            words in each.macros for each in self._files.values()
        )
        return words if known else ""

    def frame_of(self, argument: Argument, frames: Sequence[Spot]) -> Spot | None:
        """Return the one of these frames whose call has the argument among its own."""
        for spot in frames:
            if os.path.abspath(spot.file) != argument.file:
                continue
            text = self._files[argument.file]
            call = text.call_at(text.offset(spot))
            if call is not None and call.start <= argument.start <= call.end:
                return spot
        return None

    def _resolve(
        self,
        text: SourceText,
        call: Call,
        callers: list[Spot],
        bound: dict[str, tuple[SourceText, tuple[int, int]]],
        depth: int,
    ) -> Written | None:
        spans = order_spans(call, text)
        if spans is None:
            return self._through_macro(text, call, callers, depth)
        found = [self._argument(text, span, callers, bound) for span in spans]
        if any(each is None for each in found) or not found:
            return None
        order, *fail = found
        assert order is not None
        return Written(order, fail[0] if fail else None)

    def _through_macro(
        self, text: SourceText, call: Call, callers: list[Spot], depth: int
    ) -> Written | None:
        """Look for the one operation in the definition of the macro that stands here."""
        if depth > _DEEPEST:
            return None
        for other in (text, *(each for each in self._files.values() if each is not text)):
            for macro in other.macros.get(call.name, ()):
                bound = dict(
                    zip(
                        macro.parameters,
                        ((text, span) for span in call.arguments),
                        strict=False,
                    )
                )
                inner = [
                    found
                    for each in other.calls_in(macro.start, macro.end)
                    if (found := self._resolve(other, each, callers, bound, depth + 1))
                ]
                if len(inner) == 1:
                    return inner[0]
        return None

    def _argument(
        self,
        text: SourceText,
        span: tuple[int, int],
        callers: list[Spot],
        bound: dict[str, tuple[SourceText, tuple[int, int]]],
    ) -> Argument | None:
        start, end = span
        while text.code[start:end].startswith("(") and text.code[start:end].endswith(")"):
            start, end = text.stripped(start + 1, end - 1)  # a macro's (order)
        span = start, end
        words = text.text[start:end]
        if words in bound:
            other, (first, last) = bound[words]
            return self._argument(other, (first, last), callers, {})
        if CONSTANT.fullmatch(words) or start == end:
            return Argument(text.path, start, end, self._style(text, words))
        outer = self._caller_argument(text, span, callers) or self._definition(words)
        return outer or Argument(text.path, start, end, self._style(text, words))

    def _caller_argument(
        self, text: SourceText, span: tuple[int, int], callers: list[Spot]
    ) -> Argument | None:
        """Follow a parameter of the function around to the call that was inlined."""
        if not callers:
            return None
        words = text.text[slice(*span)]
        function = text.function_around(span[0])
        caller = self._files.get(os.path.abspath(callers[0].file))
        if function is None or caller is None or words not in function.parameters:
            return None
        call = caller.call_at(caller.offset(callers[0]))
        at = function.parameters.index(words)
        if call is None or call.name != function.name or at >= len(call.arguments):
            return None
        return self._argument(caller, call.arguments[at], callers[1:], {})

    def _definition(self, name: str) -> Argument | None:
        """Return where a name for an order is defined, if it stands for this operation only."""
        if name in self._defined or not NAME.fullmatch(name):
            return None
        uses = [
            (each, found.start())
            for each in self._files.values()
            for found in re.finditer(rf"\b{name}\b", each.code)
        ]
        macros = [
            (each, macro)
            for each in self._files.values()
            for macro in each.macros.get(name, ())
        ]
        guards = sum(
            len(re.findall(rf"#[ \t]*(?:ifn?def|undef)[ \t]+{name}\b", each.code))
            for each in self._files.values()
        )
        if len(macros) != 1 or len(uses) - guards != 2:
            return None
        other, macro = macros[0]
        start, end = other.stripped(macro.start, macro.end)
        words = other.text[start:end]
        if not CONSTANT.fullmatch(words):
            return None
        return Argument(other.path, start, end, self._style(other, words))

    def _style(self, text: SourceText, words: str) -> str:
        constant = CONSTANT.fullmatch(words)
        if constant and (constant["prefix"] or constant["order"] not in RUST):
            return constant["prefix"]
        if text.path.endswith(".rs"):
            return style_of_rust(text.code)
        used = CONSTANT.finditer(text.code)
        prefixes = [each["prefix"] for each in used if each["prefix"]]
        if prefixes:
            return max(prefixes, key=prefixes.count)
        return (
            "memory_order_" if text.path.endswith((".c", ".h")) else "std::memory_order_"
        )
