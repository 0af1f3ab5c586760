"""One file of C, C++ or Rust as text: its macros, its calls and its functions, by position.

No parser: what compilers say of a position is enough to find the name of a call there, and its
arguments are what lies between parentheses that match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from heald.building.frames import Spot

_NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'", re.DOTALL
)
NAME = re.compile(r"[A-Za-z_]\w*")
_DEFINE = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(?P<name>\w+)(?P<parameters>\([^)\n]*\))?"
    r"(?P<body>(?:\\\n|[^\n])*)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Call:
    """A call as it is written: its name, and the stretches of its arguments."""

    name: str
    start: int
    is_method: bool
    arguments: tuple[tuple[int, int], ...]
    end: int
    """Offset of the closing parenthesis."""


@dataclass(frozen=True)
class Macro:
    """A definition, and the stretch of its body."""

    parameters: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Function:
    """A function, by the names of its parameters."""

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
    def macros(self) -> dict[str, list[Macro]]:
        """Definitions by name: there may be several, under conditions."""
        found: dict[str, list[Macro]] = {}
        for each in _DEFINE.finditer(self.code):
            parameters = tuple(NAME.findall(each["parameters"] or ""))
            macro = Macro(parameters, each.start("body"), each.end("body"))
            found.setdefault(each["name"], []).append(macro)
        return found

    def offset(self, spot: Spot) -> int:
        """Return the offset of a position; columns count bytes, as compilers do."""
        starts = self._line_starts
        if not 0 < spot.line <= len(starts):
            return len(self.text)
        end = starts[spot.line] if spot.line < len(starts) else len(self.text)
        line = self.text[starts[spot.line - 1] : end].removesuffix("\n")
        before = line.encode("utf-8", "surrogateescape")[: max(spot.column, 1) - 1]
        return starts[spot.line - 1] + len(before.decode("utf-8", "replace"))

    def is_counted_elsewhere(self, offset: int) -> bool:
        """Whether a position is none of this text: behind its line, or within ``assert``.

        Clang's are those of the text that is preprocessed.
        """
        line = self.code.rfind("\n", 0, offset) + 1
        if self.code[offset : offset + 1] in ("\n", ""):
            return True
        found = re.compile(r"\bassert\s*\(").search(self.code, line, offset)
        if found is None:
            return False
        call = self._call(NAME.match(self.code, found.start()))  # type: ignore[arg-type]
        return call is not None and offset < call.end

    def call_at(self, offset: int) -> Call | None:
        """Return the call at this name, or whose parenthesis stands here."""
        if self.code[offset : offset + 1] == "(":
            names = list(
                NAME.finditer(self.code, self.code.rfind("\n", 0, offset) + 1, offset)
            )
            if not names:
                return None
            name = names[-1]
        else:
            while offset > 0 and re.match(r"\w", self.code[offset - 1]):
                offset -= 1
            found = NAME.match(self.code, offset)
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
            inner = NAME.match(self.code, link.start(1))
            assert inner is not None
            name = inner

    def _call(self, name: re.Match[str]) -> Call | None:
        is_method = bool(re.search(r"(?:\.|->|::)\s*$", self.code[: name.start()]))
        opening = re.compile(r"\s*(?:::<[^>\n]*>)?\s*\(").match(self.code, name.end())
        if opening is None:
            return Call(name[0], name.start(), is_method, (), name.end())
        spans = self._arguments(opening.end())
        if spans is None:
            return None
        arguments, end = spans
        return Call(name[0], name.start(), is_method, arguments, end)

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

    def calls_in(self, start: int, end: int) -> Iterator[Call]:
        """Return the calls in a stretch of text."""
        for name in NAME.finditer(self.code, start, end):
            call = self._call(name)
            if call is not None:
                yield call

    def function_around(self, offset: int) -> Function | None:
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

    def _function_before(self, brace: int) -> Function | None:
        head = re.compile(
            r"([A-Za-z_]\w*)\s*\(([^(){};]*)\)\s*"
            r"(?:const|noexcept|override|final|->\s*[^{};()]+|\s)*$"
        ).search(self.code, max(0, brace - 2000), brace)
        if head is None or head[1] in ("if", "while", "for", "switch"):
            return None
        names = []
        for parameter in head[2].split(","):
            if self.path.endswith(".rs"):
                words = NAME.findall(parameter.partition(":")[0])
                if words and words[-1] == "self":
                    continue
            else:
                words = NAME.findall(parameter.partition("=")[0])
            names.append(words[-1] if words else "")
        return Function(head[1], tuple(names))
