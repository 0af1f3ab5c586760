"""Going through a file of assembly: what needs a call before it, and writing it there.

First the places of a function are found (``finding``); then what can be said of the whole
function is known (which of its stack others may reach), and each place is written anew.
"""

from __future__ import annotations

import re

from heald.building.assembly.calls import DONE, Call, What, moved
from heald.building.assembly.finding import Finder, Place
from heald.building.assembly.liveness import possibly_live
from heald.building.assembly.meaning import strings
from heald.building.assembly.modelled import block_lines, modelled
from heald.building.assembly.reading import Function, functions, is_of_llvm, tables
from heald.building.assembly.statements import Statement

_ADDRESS = 48
_VARIABLE = re.compile(r"[A-Za-z_$][\w.$]*")
_WIDE = re.compile(r"%[yz]mm\d|%k[0-7]\b")


def rewrite(text: str) -> str:
    """Return the assembly with a call before each access that no hook announces."""
    lines = text.split("\n")
    return _File(lines, _WIDE.search(text) is not None).rewritten()


class _File:
    def __init__(self, lines: list[str], is_wide: bool) -> None:
        self.lines = lines
        self.tables = tables(lines)
        self.is_of_llvm = is_of_llvm(lines)
        self.is_wide = is_wide
        self.texts: list[str] = []
        self.changed: dict[int, str] = {}
        self.named: set[str] = set()
        """Variables that instructions name without asking the loader where they are."""

    def rewritten(self) -> str:
        for function in functions(self.lines):
            if function.items:
                self._function(function)
        if not self.changed and not self.named:
            return "\n".join(self.lines)
        lines = [self.changed.get(at, line) for at, line in enumerate(self.lines)]
        # As in a program: what an author's instruction names is the program's own.
        hidden = [f"\t.hidden\t{name}" for name in sorted(self.named)]
        return "\n".join([*lines, *hidden, *self._strings(), ""])

    def _strings(self) -> list[str]:
        if not self.texts:
            return []
        lines = ['\t.section\t.rodata.heald,"a",@progbits']
        for number, text in enumerate(self.texts):
            quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", " ")
            lines += [f".Lheald_text_{number}:", f'\t.string\t"{quoted}"']
        return lines

    def _function(self, function: Function) -> None:
        for item in function.items:
            memory = item.statement.memory if item.statement else None
            if memory and memory.base == -1 and _VARIABLE.fullmatch(memory.symbol):
                self.named.add(memory.symbol)
        finder = Finder(function, self.tables, widens=self.is_of_llvm)
        places = finder.places()
        if not places:
            return
        whole = [i.label if i.statement is None else i.statement for i in function.items]
        live = possibly_live(whole)
        written: dict[int, list[str]] = {}
        for place in places:
            own = finder.owns(place)
            written[place.item] = self._written(function, place, live[place.item], own)
        self._put(function, written)

    def _put(self, function: Function, written: dict[int, list[str]]) -> None:
        """Write lines anew, with all that is on them and in its order."""
        on_line: dict[int, list[str]] = {}
        touched = self._touched(function, written)
        on_line.update({line: [] for line in touched})
        for at, item in enumerate(function.items):
            if item.line not in touched:
                continue
            parts = on_line.setdefault(item.line, [])
            if item.statement is None:
                parts.append(f"{item.label}:")
            else:
                parts += ["\t" + text for text in written.get(at, [item.statement.text])]
        for line, text in function.others:
            if line in touched:
                on_line[line].append("\t" + text)
        for line, parts in on_line.items():
            self.changed[line] = "\n".join(parts)

    @staticmethod
    def _touched(function: Function, written: dict[int, list[str]]) -> set[int]:
        """Return the lines to write anew: an instruction goes with its prefix."""
        touched = {function.items[item].line for item in written}
        for at, item in enumerate(function.items):
            prefix = item.prefix_line
            if prefix is not None and (at in written or {prefix, item.line} & touched):
                touched |= {prefix, item.line}
        return touched

    def _written(
        self, function: Function, place: Place, live: int, is_own: bool
    ) -> list[str]:
        statement = function.items[place.item].statement
        assert statement is not None
        if place.is_needless:
            return []
        try:
            if place.is_unknown:
                raise NotImplementedError
            if place.is_modelled:
                lines = modelled(statement, live, self.is_wide, is_own)
                return [statement.text] if lines is None else lines
            return self._announced(statement, place, live)
        except NotImplementedError:
            return self._refused(statement, live)

    def _announced(self, statement: Statement, place: Place, live: int) -> list[str]:
        call = Call(What.READ, live=live, is_wide=self.is_wide)
        if strings(statement):
            return [*block_lines(statement, call), statement.text]
        memory = statement.memory
        assert memory is not None
        address = moved(memory, _ADDRESS)
        lines: list[str] = []
        for size, what in ((place.reads, What.READ), (place.writes, What.WRITE)):
            if size:
                announce = Call(what, immediate=size, live=live, is_wide=self.is_wide)
                lines += [*announce.lines(address), DONE]
        return [*lines, statement.text]

    def _refused(self, statement: Statement, live: int) -> list[str]:
        self.texts.append(statement.text)
        call = Call(What.REFUSE, live=live, is_wide=self.is_wide)
        return [*call.lines(f".Lheald_text_{len(self.texts) - 1}(%rip)"), DONE]
