"""What an object does to memory that its hooks do not announce.

Why       The compiler's hooks leave out what is expanded after them. In what is compiled
          here that is put right (``rewriting``); of an object that comes as it is it can
          only be said, so that it is not taken for seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from heald.building.assembly.disassembly import Disassembled, disassemble, is_unreadable
from heald.building.assembly.finding import Finder
from heald.building.assembly.reading import Function


@dataclass(frozen=True)
class Unannounced:
    """One instruction: its function, its place in the source or "", and what it is."""

    function: str
    spot: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} in {self.function}{', ' if self.spot else ''}{self.spot}"


def unannounced(content: bytes) -> Iterator[Unannounced]:
    """Yield what no hook announces in an object for x86-64, function by function.

    Raises
    ------
    UsageError
        If it cannot be looked at.
    """
    code = disassemble(content)
    is_of_llvm = b"clang version " in content or b"rustc version " in content
    for function in code.functions:
        finder = Finder(function, code.tables, widens=is_of_llvm)
        yield from _of(function, finder, code)


def _of(function: Function, finder: Finder, code: Disassembled) -> Iterator[Unannounced]:
    places = [place.item for place in finder.places() if not place.is_needless]
    unreadable = [
        at
        for at, item in enumerate(function.items)
        if item.statement is not None and is_unreadable(item.statement)
    ]
    for at in sorted({*places, *unreadable}):
        statement = function.items[at].statement
        assert statement is not None
        name = " ".join((*statement.prefixes, statement.mnemonic)).strip()
        yield Unannounced(function.name, code.spots[function.name][at], name)
