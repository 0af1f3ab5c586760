"""Loads whose value is only masked, put together with something else and stored again.

Why       To store into a bit-field a compiler loads what lies around it and puts that back.
          That is no access of the program's: the store's hook says all that others can
          notice, and memory that was never written may stay so. GCC announces the store
          alone and before the load; LLVM behind it, and sometimes the load, too.
Limits    ``flags |= 4`` looks the same, so of a block that was never written it says nothing,
          where LLVM compiles it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from heald.building.assembly.announced import Announced
from heald.building.assembly.statements import RBP, RSP, Memory, Register, Statement
from heald.building.assembly.values import Value

_KEEPS = re.compile(r"(mov|and|or|sh[lr]|not|bt[sr])[a-z]*$")


@dataclass(frozen=True, slots=True)
class _Span:
    """Bytes, and the item that announces them: a hook, or the load itself."""

    item: int
    address: Value
    size: int

    def covers(self, address: Value, size: int) -> bool:
        start = address.constant - self.address.constant
        return (
            address.terms == self.address.terms
            and 0 <= start <= start + size <= self.size
        )


class Masking:
    """Follows such loads from one call of the program's to the next."""

    def __init__(self) -> None:
        self._hooks: list[_Span] = []
        self._loads: list[tuple[_Span, set[int | Memory]]] = []

    def forget(self) -> None:
        """Forget them: something else may have been done with what they loaded."""
        self._hooks = []
        self._loads = []

    def hook(self, item: int, address: Value, size: int) -> None:
        """Take note of a call that announces a read."""
        self._hooks.append(_Span(item, address, size))

    def load(self, item: int, statement: Statement, address: Value, size: int) -> bool:
        """Take note of a load; return whether it may be one."""
        hooks = [hook for hook in self._hooks if hook.covers(address, size)]
        span = hooks[-1] if hooks else _Span(item, address, size)
        last = statement.operands[-1]
        if isinstance(last, Register) and _KEEPS.match(statement.mnemonic):
            self._loads.append((span, {last.number}))
            return True
        self._drop(span)
        return False

    def step(self, statement: Statement) -> None:
        """Follow the registers through an instruction."""
        for span, registers in self._loads[:]:
            if not _is_kept(registers, statement):
                self._drop(span)

    def _drop(self, span: _Span) -> None:
        self._hooks = [hook for hook in self._hooks if hook is not span]
        self._loads = [load for load in self._loads if load[0] is not span]

    def put_back(
        self, statement: Statement, address: Value, announced: Announced
    ) -> set[int]:
        """Return the items that announce what this store puts back where it was."""
        source = statement.operands[0]
        if not isinstance(source, Register):
            return set()
        return {
            span.item
            for span, registers in self._loads
            if source.number in registers
            and span.covers(address, 1)
            and announced.has_write(
                span.address, announced.narrower(span.address, span.size)
            )
        }


def _is_kept(places: set[int | Memory], statement: Statement) -> bool:
    memory = statement.memory
    if memory and {memory.base, memory.index} & places:
        return False
    used = [o.number for o in statement.operands if isinstance(o, Register)]
    moves, last = statement.mnemonic.startswith("mov"), statement.operands[-1:]
    if moves and memory and memory.base in (RSP, RBP):
        _spill(places, memory, used, stores=last == (memory,))
    elif not places.intersection(used):
        return True
    elif not _KEEPS.match(statement.mnemonic):
        return False
    elif isinstance(last[0], Register):
        if moves and not places.intersection(used[:-1]):
            places.discard(last[0].number)
        else:
            places.add(last[0].number)
    return True


def _spill(
    places: set[int | Memory], memory: Memory, used: list[int], *, stores: bool
) -> None:
    """Follow what is kept in the frame for a while."""
    if not used:
        places.discard(memory)
        return
    source: int | Memory = used[0] if stores else memory
    target: int | Memory = memory if stores else used[-1]
    if source in places:
        places.add(target)
    else:
        places.discard(target)
