"""Where the order of an operation is written, and how another one is written there.

An operation that executes is found in the text by its position (``frames.py``): by name in C
(``atomic_load_explicit``, ``__atomic_load_n``), as a method in C++ and Rust. From there the
argument that gives the order is followed: through a macro to its definition, through the
parameter of a wrapper to the call that was inlined. Where the trail ends at an expression,
that expression is what a patch replaces; two places that end at the same one change together.
So do operations of one kind that stand together in a macro's argument (``assert(...)``): compilers
have one position for them all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from heald.building.frames import Spot
from heald.building.places import SYSTEM
from heald.explorer.order import Operation
from heald.orders.argument import Argument, Written, together
from heald.orders.declared import Declared, declared_in
from heald.orders.fences import statement_start
from heald.orders.implied import Implied, implied_in, implied_in_macro, nearest
from heald.orders.source_text import NAME, Call, Macro, SourceText
from heald.orders.spelling import (
    CONSTANT,
    RUST,
    named_with_order,
    operation_of,
    order_spans,
    style_of_rust,
    taken_out,
)

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
_ATOMIC = re.compile(r"#[ \t]*include[ \t]*<(?:std)?atomic(?:\.h)?>")
_DEEPEST = 8


@dataclass(frozen=True)
class _Trail:
    """What is known on the way from a call to its order.

    Attributes
    ----------
    operation
        The kind that is looked for; None: any.
    callers
        Where the functions around were inlined, the nearest first.
    bound
        What stands for the parameters of the macro that this is in.
    depth
        How many macros deep.
    is_builtin
        Whether the call is the compiler's own (``__atomic_load_n``), which takes a number.
    """

    operation: Operation | None
    callers: tuple[Spot, ...] = ()
    bound: Mapping[str, tuple[SourceText, tuple[int, int]]] = field(default_factory=dict)
    depth: int = 0
    is_builtin: bool = False


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

    def find(
        self, frames: Sequence[Spot], operation: Operation | None = None
    ) -> Written | None:
        """Return where the orders of the operation at these frames are written."""
        for depth, spot in enumerate(frames):
            text = self._files.get(os.path.abspath(spot.file))
            if text is None:
                continue
            offset = text.offset(spot)
            found = None
            if operation is not None and text.is_counted_elsewhere(offset):
                return self._in_macro_of_line(text, offset, operation)
            call = text.call_at(offset)
            if call is not None:
                trail = _Trail(operation, tuple(frames[depth + 1 :]))
                found = self._resolve(text, call, trail)
            if found is None and operation is not None:
                found = self._implied(text, offset, operation)
            return found
        return None

    @cached_property
    def _declared(self) -> dict[str, Declared]:
        found: dict[str, Declared] = {}
        for each in self._files.values():
            found |= declared_in(each.code)
        return found

    def _implied(
        self, text: SourceText, offset: int, operation: Operation
    ) -> Written | None:
        """Look for what an operator does in the statement of this position."""
        start = statement_start(text.code, offset)
        found = re.compile(r"[;{}]|$").search(text.code, offset)
        end = found.start() if found else offset
        is_c = text.path.endswith((".c", ".h")) and "std::" not in text.code
        known = self._operators(text, start, end, operation)
        near = nearest([each for each, _ in known], text.code, offset, is_c=is_c)
        if near:
            return together([Written(given) for each, given in known if each in near])
        # Within a function of <stdatomic.h>, where clang's columns are of what it stands for.
        statement = Call("", start, False, ((start, end),), end)
        return together(self._within(text, statement, _Trail(operation)))

    def _in_macro_of_line(
        self, text: SourceText, offset: int, operation: Operation
    ) -> Written | None:
        """Look in the one macro of a line: clang counts columns in what it stands for."""
        line = text.code.rfind("\n", 0, offset) + 1
        calls = text.calls_in(line, offset)
        macro = next((each for each in calls if each.arguments), None)
        if macro is None:
            return None
        return together(self._within(text, macro, _Trail(operation)))

    def _operators(
        self, text: SourceText, start: int, end: int, operation: Operation
    ) -> list[tuple[Implied, Argument]]:
        """Return the accesses of a kind in a stretch that name no order."""
        if not self._has_atomic_header(text):
            return []
        return [
            (each, self._implied_argument(text, each))
            for each in implied_in(text, start, end, self._declared)
            if each.operation is operation
        ]

    def _has_atomic_header(self, text: SourceText) -> bool:
        """Whether there are the calls that operators can be written as."""
        is_there = any(_ATOMIC.search(each.code) for each in self._files.values())
        return is_there and not text.path.endswith(".rs")

    def _implied_argument(self, text: SourceText, it: Implied) -> Argument:
        return Argument(text.path, it.start, it.end, self._style(text, ""), it.edits)

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

    def _resolve(self, text: SourceText, call: Call, trail: _Trail) -> Written | None:
        spans = order_spans(call, text)
        if spans is None:
            return self._through_macro(text, call, trail)
        if call.name.startswith("atomic_") and trail.operation is not None:
            # A macro of <stdatomic.h>: what is within has its position.
            inner = self._within(text, call, trail)
            if inner:
                own = self._own(text, call, spans, trail)
                is_own = operation_of(call.name) is trail.operation and own is not None
                return together([*([own] if own and is_own else []), *inner])
        return self._own(text, call, spans, trail)

    def _own(
        self,
        text: SourceText,
        call: Call,
        spans: Sequence[tuple[int, int]],
        trail: _Trail,
    ) -> Written | None:
        if not spans:
            edits = named_with_order(call, text.code)
            style = "__ATOMIC_" if call.name.startswith("__") else self._style(text, "")
            at = call.end
            return Written(Argument(text.path, at, at, style, edits)) if edits else None
        trail = replace(trail, is_builtin=call.name.startswith("__"))
        if may_go := text.path.endswith(".rs") and call.name == "fence":
            trail = replace(trail, callers=())  # it is taken out here
        found = [self._argument(text, span, trail) for span in spans]
        if any(each is None for each in found):
            return None
        order, *fail = found
        assert order is not None
        if may_go:
            order = replace(order, without=taken_out(call, text.code))
        return Written(order, fail[0] if fail else None)

    def _through_macro(
        self, text: SourceText, call: Call, trail: _Trail
    ) -> Written | None:
        """Look for the operation in the definition of the macro that stands here."""
        if trail.depth > _DEEPEST:
            return None
        wanted = trail.operation
        for other in (text, *(each for each in self._files.values() if each is not text)):
            for macro in other.macros.get(call.name, ()):
                bound = dict(
                    zip(
                        macro.parameters,
                        ((text, span) for span in call.arguments),
                        strict=False,
                    )
                )
                deeper = replace(trail, bound=bound, depth=trail.depth + 1)
                inner = [
                    found
                    for each in other.calls_in(macro.start, macro.end)
                    if operation_of(each.name) in (None, wanted) or wanted is None
                    if (found := self._resolve(other, each, deeper))
                ]
                inner = inner or self._operators_of_macro(other, macro, wanted)
                if len(inner) == 1:
                    return inner[0]
        if wanted is None or call.is_method:
            return None
        return together(self._within(text, call, replace(trail, bound={})))

    def _operators_of_macro(
        self, text: SourceText, macro: Macro, operation: Operation | None
    ) -> list[Written]:
        """Return what a macro's body does to its parameters; reads are written at its calls."""
        if operation in (None, Operation.LOAD) or not self._has_atomic_header(text):
            return []
        return [
            Written(self._implied_argument(text, each))
            for each in implied_in_macro(text, macro, self._declared)
            if each.operation is operation
        ]

    def _within(self, text: SourceText, call: Call, trail: _Trail) -> list[Written]:
        """Return what of this kind stands in the arguments of a macro."""
        assert trail.operation is not None
        deepest = replace(trail, bound={}, depth=_DEEPEST)
        found: list[Written] = []
        for start, end in call.arguments:
            for each in text.calls_in(start, end):
                spans = order_spans(each, text)
                if spans is not None and operation_of(each.name) is trail.operation:
                    own = self._own(text, each, spans, trail)
                    found += [own] if own else []
                elif spans is None and each.arguments and trail.depth < _DEEPEST:
                    inner = self._through_macro(text, each, deepest)
                    found += [inner] if inner else []
            operators = self._operators(text, start, end, trail.operation)
            found += [Written(argument) for _, argument in operators]
        return found

    def _argument(
        self, text: SourceText, span: tuple[int, int], trail: _Trail
    ) -> Argument | None:
        start, end = span
        while text.code[start:end].startswith("(") and text.code[start:end].endswith(")"):
            start, end = text.stripped(start + 1, end - 1)  # a macro's (order)
        span = start, end
        words = text.text[start:end]
        if words in trail.bound:
            return self._argument(*trail.bound[words], replace(trail, bound={}))
        if start == end:
            is_first = text.code[:start].rstrip().endswith("(")
            edits = ((start, end, "{}"),) if is_first else ()
            return Argument(text.path, start, end, self._style(text, words), edits)
        if CONSTANT.fullmatch(words):
            return Argument(text.path, start, end, self._style(text, words))
        outer = self._caller_argument(text, span, trail) or self._definition(words)
        style = "__ATOMIC_" if trail.is_builtin else self._style(text, words)
        return outer or Argument(text.path, start, end, style)

    def _caller_argument(
        self, text: SourceText, span: tuple[int, int], trail: _Trail
    ) -> Argument | None:
        """Follow a parameter of the function around to the call that was inlined."""
        if not trail.callers:
            return None
        inlined, *outer = trail.callers
        words = text.text[slice(*span)]
        function = text.function_around(span[0])
        caller = self._files.get(os.path.abspath(inlined.file))
        if function is None or caller is None or words not in function.parameters:
            return None
        call = caller.call_at(caller.offset(inlined))
        at = function.parameters.index(words)
        if call is None or call.name != function.name or at >= len(call.arguments):
            return None
        further = replace(trail, callers=tuple(outer), bound={})
        return self._argument(caller, call.arguments[at], further)

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
        is_macro = words.isupper() and not (constant and constant["prefix"])
        if (
            constant
            and (constant["prefix"] or constant["order"] not in RUST)
            and not is_macro
        ):
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
