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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from heald.building.frames import Spot
from heald.explorer.order import ORDERS

_SYSTEM = ("/usr/include/", "/usr/lib/", "/usr/local/include/")
_NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'", re.DOTALL
)
_NAME = re.compile(r"[A-Za-z_]\w*")
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
_DEFINE = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(?P<name>\w+)(?P<parameters>\([^)\n]*\))?"
    r"(?P<body>(?:\\\n|[^\n])*)",
    re.MULTILINE,
)
_CONSTANT = re.compile(
    r"(?P<prefix>(?:std::)?memory_order_|(?:std::)?memory_order::|__ATOMIC_|"
    r"(?:\w+::)*Ordering::|)(?P<order>relaxed|consume|acquire|release|acq_rel|seq_cst|"
    r"RELAXED|CONSUME|ACQUIRE|RELEASE|ACQ_REL|SEQ_CST|Relaxed|Acquire|Release|AcqRel|SeqCst)"
)
_RUST = {"Relaxed": "relaxed", "Acquire": "acquire", "Release": "release"}
_RUST |= {"AcqRel": "acq_rel", "SeqCst": "seq_cst"}
_RUST_WORDS = {order: word for word, order in _RUST.items()}
_DEEPEST = 8

# Of an operation by its name: (arguments before the first order, orders it names).
_C = re.compile(
    r"atomic_(?:load|store|exchange|fetch_(?:add|sub|and|or|xor)|compare_exchange_(?:strong|weak)|"
    r"flag_test_and_set|flag_clear)(?P<explicit>_explicit)?|"
    r"(?P<fence>atomic_thread_fence|__atomic_thread_fence)|"
    r"__atomic_(?P<builtin>load|store|exchange|compare_exchange|load_n|store_n|exchange_n|"
    r"compare_exchange_n|test_and_set|clear|(?:fetch_(?:add|sub|and|or|xor|nand)|"
    r"(?:add|sub|and|or|xor|nand)_fetch))"
)
_METHODS = {
    "load": 0,
    "store": 1,
    "swap": 1,
    "exchange": 1,
    "test_and_set": 0,
    "test": 0,
    "clear": 0,
    **{
        f"fetch_{what}": 1
        for what in ("add", "sub", "and", "or", "xor", "nand", "max", "min")
    },
    "fetch_update": 0,
    "fence": 0,
    "compare_exchange_strong": 2,
    "compare_exchange_weak": 2,
    "compare_exchange": 2,
    "wait": 1,
}


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
            word = _RUST_WORDS[order]
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
            if path in self._files or path.startswith(_SYSTEM):
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
        call: _Call,
        callers: list[Spot],
        bound: dict[str, tuple[SourceText, tuple[int, int]]],
        depth: int,
    ) -> Written | None:
        spans = _order_spans(call, text)
        if spans is None:
            return self._through_macro(text, call, callers, depth)
        found = [self._argument(text, span, callers, bound) for span in spans]
        if any(each is None for each in found) or not found:
            return None
        order, *fail = found
        assert order is not None
        return Written(order, fail[0] if fail else None)

    def _through_macro(
        self, text: SourceText, call: _Call, callers: list[Spot], depth: int
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
        if _CONSTANT.fullmatch(words) or start == end:
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
        if name in self._defined or not _NAME.fullmatch(name):
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
        if not _CONSTANT.fullmatch(words):
            return None
        return Argument(other.path, start, end, self._style(other, words))

    def _style(self, text: SourceText, words: str) -> str:
        constant = _CONSTANT.fullmatch(words)
        if constant and (constant["prefix"] or constant["order"] not in _RUST):
            return constant["prefix"]
        if text.path.endswith(".rs"):
            return _style_of_rust(text.code)
        used = _CONSTANT.finditer(text.code)
        prefixes = [each["prefix"] for each in used if each["prefix"]]
        if prefixes:
            return max(prefixes, key=prefixes.count)
        return (
            "memory_order_" if text.path.endswith((".c", ".h")) else "std::memory_order_"
        )


def _style_of_rust(code: str) -> str:
    """Return what an order's name needs before it, by what the file imports."""
    if re.search(r"\bOrdering\s*::\s*(?:\*|\{[^}]*\*)", code):
        return "rust"
    if re.search(r"\buse\b[^;]*\bOrdering\s*[,;}]", code):
        return "Ordering::"
    return "std::sync::atomic::Ordering::"


@dataclass(frozen=True)
class _Call:
    name: str
    start: int
    is_method: bool
    arguments: tuple[tuple[int, int], ...]
    end: int
    """Offset of the closing parenthesis."""


@dataclass(frozen=True)
class _Macro:
    parameters: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class _Function:
    name: str
    parameters: tuple[str, ...]


class SourceText:
    """One file; ``code`` is its text with comments and strings blanked, offset by offset."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.code = _NOT_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    @cached_property
    def macros(self) -> dict[str, list[_Macro]]:
        """Definitions by name: there may be several, under conditions."""
        found: dict[str, list[_Macro]] = {}
        for each in _DEFINE.finditer(self.code):
            parameters = tuple(_NAME.findall(each["parameters"] or ""))
            macro = _Macro(parameters, each.start("body"), each.end("body"))
            found.setdefault(each["name"], []).append(macro)
        return found

    def offset(self, spot: Spot) -> int:
        """Return the offset of a position; columns count bytes, as compilers do."""
        starts = self._line_starts
        if not 0 < spot.line <= len(starts):
            return len(self.text)
        end = starts[spot.line] if spot.line < len(starts) else len(self.text)
        line = self.text[starts[spot.line - 1] : end]
        before = line.encode("utf-8", "surrogateescape")[: max(spot.column, 1) - 1]
        return starts[spot.line - 1] + len(before.decode("utf-8", "replace"))

    def call_at(self, offset: int) -> _Call | None:
        """Return the call at this name, or whose parenthesis stands here."""
        if self.code[offset : offset + 1] == "(":
            names = list(
                _NAME.finditer(self.code, self.code.rfind("\n", 0, offset) + 1, offset)
            )
            if not names:
                return None
            name = names[-1]
        else:
            while offset > 0 and re.match(r"\w", self.code[offset - 1]):
                offset -= 1
            found = _NAME.match(self.code, offset)
            if found is None:
                return None
            name = self._last_of_chain(found)
        return self._call(name)

    def _last_of_chain(self, name: re.Match[str]) -> re.Match[str]:
        """From an object or a namespace to the method that is called on it."""
        while True:
            link = re.compile(
                r"\s*(?:\[[^\]\n]*\]\s*)?(?:\.|->|::)\s*([A-Za-z_]\w*)"
            ).match(self.code, name.end())
            if link is None:
                return name
            inner = _NAME.match(self.code, link.start(1))
            assert inner is not None
            name = inner

    def _call(self, name: re.Match[str]) -> _Call | None:
        is_method = bool(re.search(r"(?:\.|->|::)\s*$", self.code[: name.start()]))
        opening = re.compile(r"\s*(?:::<[^>\n]*>)?\s*\(").match(self.code, name.end())
        if opening is None:
            return _Call(name[0], name.start(), is_method, (), name.end())
        spans = self._arguments(opening.end())
        if spans is None:
            return None
        arguments, end = spans
        return _Call(name[0], name.start(), is_method, arguments, end)

    def _arguments(self, at: int) -> tuple[tuple[tuple[int, int], ...], int] | None:
        depth, start, spans = 0, at, []
        for offset in range(at, len(self.code)):
            letter = self.code[offset]
            if letter in "([{":
                depth += 1
            elif letter in ")]}" and depth:
                depth -= 1
            elif letter == ")" or (letter == "," and not depth):
                spans.append(self.stripped(start, offset))
                start = offset + 1
                if letter == ")":
                    empty = len(spans) == 1 and spans[0][0] == spans[0][1]
                    return (() if empty else tuple(spans)), offset
        return None

    def stripped(self, start: int, end: int) -> tuple[int, int]:
        """Return the stretch without the blanks around it."""
        blank = " \t\n\\"
        while start < end and self.code[start] in blank:
            start += 1
        while end > start and self.code[end - 1] in blank:
            end -= 1
        return start, end

    def calls_in(self, start: int, end: int) -> Iterator[_Call]:
        """Return the calls in a stretch of text."""
        for name in _NAME.finditer(self.code, start, end):
            call = self._call(name)
            if call is not None:
                yield call

    def function_around(self, offset: int) -> _Function | None:
        """Return the function whose body holds this offset: by braces, from the outside in."""
        depth, opened = 0, None
        for at in range(offset - 1, -1, -1):
            if self.code[at] == "}":
                depth += 1
            elif self.code[at] == "{":
                if depth:
                    depth -= 1
                    continue
                opened = self._function_before(at)
                if opened is not None:
                    return opened
        return None

    def _function_before(self, brace: int) -> _Function | None:
        head = re.compile(
            r"([A-Za-z_]\w*)\s*\(([^(){};]*)\)\s*"
            r"(?:const|noexcept|override|final|->\s*[^{};()]+|\s)*$"
        ).search(self.code, max(0, brace - 2000), brace)
        if head is None or head[1] in ("if", "while", "for", "switch"):
            return None
        names = []
        for parameter in head[2].split(","):
            if self.path.endswith(".rs"):
                words = _NAME.findall(parameter.partition(":")[0])
                if words and words[-1] == "self":
                    continue
            else:
                words = _NAME.findall(parameter.partition("=")[0])
            names.append(words[-1] if words else "")
        return _Function(head[1], tuple(names))


def _order_spans(call: _Call, text: SourceText) -> list[tuple[int, int]] | None:
    """Return where a known operation has its orders, [] if that cannot be said; else None."""
    named = _C.fullmatch(call.name)
    arguments = list(call.arguments)
    if named:
        if named["fence"]:
            return arguments[:1]
        many = 2 if "compare_exchange" in call.name else 1
        if named["explicit"] or named["builtin"]:
            return arguments[-many:] if len(arguments) >= many else []
        return []  # implicit: to write one is another function's name
    if call.name in _METHODS and (call.is_method or call.name == "fence"):
        before = _METHODS[call.name]
        orders = arguments[before : before + 2]
        if not orders:
            at = (call.end, call.end)
            return (
                [at] if not text.path.endswith(".rs") and len(arguments) == before else []
            )
        return orders
    return None


def order_in(text: str) -> str | None:
    """Return the order that a constant stands for."""
    found = _CONSTANT.fullmatch(text)
    if found is None:
        return None
    word = _RUST.get(found["order"], found["order"].lower())
    return word if word in ORDERS else None
