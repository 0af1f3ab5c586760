"""A file of assembly as functions, each a list of instructions and labels.

Lines that are neither stay where they are; an item knows its line, so that what is written
anew goes in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from heald.building.assembly.statements import Statement, parse

_JUMP_LABEL = re.compile(r"(\.L\d+|\.LBB\d+_\d+|\.Ltmp\d+(?=:.*Block address taken)):")
"""Clang has more labels of the last form: only these are gone to, by a computed goto."""
_FUNCTION = re.compile(r'("?[A-Za-z_$][\w.$@]*"?):')
_EMITS = re.compile(
    r"\.(byte|value|short|word|long|int|quad|octa|[248]byte|ascii|insn)\b"
)
_UNREADABLE = re.compile(
    r"\.(macro|rept|irp|if|else|include|incbin|code\d|intel_syntax)\b"
)
_SPILL = re.compile(r"# \d+-byte (Folded )?(Spill|Reload)$")
"""What clang says of an instruction whose memory is a slot that no pointer leads to."""
_PAUSE = re.compile(r"\.byte\s+(0xf3|243)\s*,\s*(0x90|144)$", re.IGNORECASE)
_PAUSE_BEGINS = re.compile(r"\.byte\s+(0xf3|243)$", re.IGNORECASE)
_PAUSE_ENDS = re.compile(r"\.byte\s+(0x90|144)$", re.IGNORECASE)


_IN_TABLE = re.compile(
    r"\s+(?:\.(uleb128|quad|long|4byte|8byte)|leaq)\s+(\.L\d+|\.LBB\d+_\d+|\.Ltmp\d+)\b"
)


@dataclass(frozen=True)
class Tables:
    """Labels that are reached by more than jumps that name them.

    Attributes
    ----------
    switches
        Per name of a table where a ``switch`` or a computed ``goto`` goes on; also what code
        itself takes the address of, under the name before it.
    landings
        Where exceptions go on.
    """

    switches: dict[str, tuple[str, ...]]
    landings: frozenset[str]


def tables(lines: Sequence[str]) -> Tables:
    """Return what tables name: of a switch, of exceptions."""
    switches: dict[str, list[str]] = {}
    landings = set()
    name = ""
    for line in lines:
        if line[:1] not in "\t #" and line.partition("#")[0].rstrip()[-1:] == ":":
            name = line.partition(":")[0]
        elif "\t.L" in line and (entry := _IN_TABLE.match(line)):
            if entry[1] == "uleb128":
                landings.add(entry[2])
            else:
                switches.setdefault(name, []).append(entry[2])
    tabled = {name: tuple(labels) for name, labels in switches.items()}
    return Tables(tabled, frozenset(landings))


def is_of_llvm(lines: Sequence[str]) -> bool:
    """Whether clang or rustc wrote it: they sign at the end."""
    return any(
        "\t.ident\t" in line and ("clang" in line or "rustc" in line)
        for line in reversed(lines)
    )


@dataclass(slots=True)
class Item:
    """An instruction or a label of a function.

    Attributes
    ----------
    line
        Which line it is on.
    statement, label
        One of the two. An unreadable line of inline assembly is a statement without
        mnemonic.
    is_inline
        Whether the author wrote it: between ``#APP`` and ``#NO_APP``.
    prefix_line
        Which line its prefix is on, where that is another one (``lock``, on its own).
    is_spill
        Whether the compiler says that it only keeps a register in a slot of its own.
    """

    line: int
    statement: Statement | None
    label: str
    is_inline: bool
    prefix_line: int | None = None
    is_spill: bool = False


@dataclass(slots=True)
class Function:
    """What lies between the name of one and that of the next."""

    name: str
    items: list[Item] = field(default_factory=list)
    has_inline: bool = False
    others: list[tuple[int, str]] = field(default_factory=list)
    """What inline assembly has beside instructions and labels, by line."""


class _State:
    def __init__(self) -> None:
        self.is_inline = False
        self.is_code = True
        self.sections: list[bool] = []
        self.macros: set[str] = set()
        self.is_macro = False
        self.prefixes: tuple[str, ...] = ()
        self.prefix_line = 0

    def instruction(self, at: int, part: str, function: Function) -> None:
        """Add an instruction, or remember a prefix for the next."""
        statement = parse(part)
        if statement is None:
            return
        if not statement.mnemonic:
            self.prefixes += statement.prefixes
            self.prefix_line = at
            return
        item = Item(at, statement, "", self.is_inline)
        if self.prefixes:
            item.statement = _prefixed(self.prefixes, statement)
            item.prefix_line = self.prefix_line if self.prefix_line != at else None
            self.prefixes = ()
        function.items.append(item)


def functions(lines: Sequence[str]) -> Iterator[Function]:
    """Yield the functions of a file, in order; names that hold data are empty ones."""
    function = Function("")
    state = _State()
    for at, line in enumerate(lines):
        first = line[:1]
        if first in ("\t", " ", "#", ""):
            text = line.strip()
            if text:
                _indented(at, text, function, state)
        elif state.is_inline:
            _inline(at, line.strip(), function, state)
        elif first == ".":
            jump = _JUMP_LABEL.match(line)
            if jump and state.is_code:
                function.items.append(Item(at, None, jump[1], False))
        elif named := _FUNCTION.match(line):
            if (
                named[1] == f"{function.name}.cold"
            ):  # the same function, in another section
                function.items.append(Item(at, None, named[1], False))
                continue
            yield function
            function = Function(named[1])
    yield function


def _indented(at: int, text: str, function: Function, state: _State) -> None:
    if text[0] == "#":
        _mark(text, state)
    elif state.is_inline:
        _inline(at, text, function, state)
    elif text[0] != ".":
        _compiled(at, text, function, state)
    elif text.startswith((".section", ".text", ".data", ".bss", ".previous")):
        state.is_code = ".text" in text or text.startswith(".previous")


def _mark(text: str, state: _State) -> None:
    if text.startswith("#APP"):
        state.is_inline = True
    elif text.startswith("#NO_APP"):
        state.is_inline = False
        state.sections.clear()


@lru_cache(maxsize=20_000)
def _uncommented(text: str) -> str:
    return text if "#" not in text else text.partition("#")[0].strip()


def _compiled(at: int, text: str, function: Function, state: _State) -> None:
    if _SPILL.search(text):
        state.instruction(at, _uncommented(text), function)
        function.items[-1].is_spill = True
        return
    text = _uncommented(text)
    for part in text.split(";") if ";" in text else (text,):
        state.instruction(at, part, function)


def _prefixed(prefixes: tuple[str, ...], statement: Statement) -> Statement:
    return Statement(
        prefixes + statement.prefixes,
        statement.mnemonic,
        statement.operands,
        " ".join((*prefixes, statement.text)),
    )


def _inline(at: int, text: str, function: Function, state: _State) -> None:
    function.has_inline = True
    text = re.sub(r"/\*.*?\*/", " ", text)
    text = re.sub(r"(#|//).*", "", text)
    for part in text.split(";"):
        part = part.strip()
        if state.is_macro:
            function.others.append((at, part))
            state.is_macro = not part.startswith(".endm")
            continue
        while label := re.match(r"([\w.$]+)\s*:\s*", part):
            function.items.append(Item(at, None, label[1], True))
            part = part[label.end() :]
        if not part:
            continue
        if part[0] == ".":
            _directive(at, part, function, state)
            continue
        if part.split()[0] in state.macros:
            function.items.append(Item(at, Statement((), "", (), part), "", True))
            continue
        state.instruction(at, part, function)


def _directive(at: int, part: str, function: Function, state: _State) -> None:
    word = part.split()[0]
    if word in (".pushsection", ".section", ".subsection"):
        state.sections.append(_is_code(part))
    elif word in (".popsection", ".previous", ".text"):
        state.sections[-1:] = []
    elif word == ".macro":
        state.is_macro = True
        state.macros.update(re.findall(r"[\w.$]+", part)[1:2])
    if _PAUSE_ENDS.match(part) and _ends_pause(function):
        function.others.append((at, part))
        return
    is_code = not state.sections or state.sections[-1]
    emits = _EMITS.match(part) and is_code and not _PAUSE.match(part)
    if emits or (_UNREADABLE.match(part) and not state.is_macro):
        function.items.append(Item(at, Statement((), "", (), part), "", True))
    else:
        function.others.append((at, part))


def _ends_pause(function: Function) -> bool:
    """Take back the byte before this one: clang writes each of them by itself."""
    last = function.items[-1].statement if function.items else None
    if last is None or not _PAUSE_BEGINS.match(last.text):
        return False
    function.others.append((function.items.pop().line, last.text))
    return True


def _is_code(section: str) -> bool:
    """Whether what is written there can be executed."""
    if section.startswith(".subsection"):
        return True
    words = re.match(
        r'\.\w+\s+"?(?P<name>[^\s",]+)"?\s*(?:,\s*"(?P<flags>\w*)")?', section
    )
    if words is None:
        return True
    return words["name"].startswith((".text", ".init", ".fini")) or "x" in (
        words["flags"] or ""
    )
