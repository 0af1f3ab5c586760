"""What one thread does, as a function of the values it reads.

A thread is deterministic: its events follow from its text and its reads. ``unfold`` runs it
up to the first read whose value is not given, so a search can feed it one value at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .program import Cas, Fence, If, Load, Order, Rmw, Statement, Store, Value

_WRITES = {
    "exchange": lambda old, operand: operand,
    "fetch_add": lambda old, operand: old + operand,
    "fetch_sub": lambda old, operand: old - operand,
    "fetch_and": lambda old, operand: old & operand,
    "fetch_or": lambda old, operand: old | operand,
    "fetch_xor": lambda old, operand: old ^ operand,
    "fetch_nand": lambda old, operand: ~(old & operand),
}


@dataclass(frozen=True)
class Event:
    """One event of a thread.

    ``read`` and ``written`` are values or None. A read-modify-write that succeeded has both;
    a compare-exchange that failed is a read, with its failure order, and still ``locked``.
    """

    location: str | None
    order: Order
    read: int | None = None
    written: int | None = None
    locked: bool = False

    @property
    def kind(self) -> str:
        """``R``, ``W``, ``U`` (both) or ``F``."""
        if self.location is None:
            return "F"
        if self.read is None:
            return "W"
        return "R" if self.written is None else "U"


class Spurious(int):
    """A value that a weak compare-exchange read and yet failed, although it was the expected."""


@dataclass(frozen=True)
class Unfolded:
    """The events of a thread, the location of the read it waits for, if any, and its registers.

    ``may_fail_on`` is the value on which that read may fail for no reason, if it may.
    """

    events: tuple[Event, ...]
    waits_for: str | None
    registers: dict[str, int]
    may_fail_on: int | None = None


class _NeedsValue(Exception):
    def __init__(self, statement: Load | Rmw | Cas) -> None:
        self.location = statement.location
        self.may_fail_on = (
            statement.expected if isinstance(statement, Cas) and statement.weak else None
        )


def wrap(value: int) -> int:
    """The value as a C ``int`` of 32 bits."""
    return (value + 2**31) % 2**32 - 2**31


def unfold(statements: tuple[Statement, ...], reads: tuple[int, ...]) -> Unfolded:
    """Run a thread with the given values read, in order."""
    events: list[Event] = []
    registers: dict[str, int] = {}
    try:
        _run(statements, iter(reads), registers, events)
    except _NeedsValue as need:
        return Unfolded(tuple(events), need.location, registers, need.may_fail_on)
    return Unfolded(tuple(events), None, registers)


def _run(
    statements: tuple[Statement, ...],
    reads: Iterator[int],
    registers: dict[str, int],
    events: list[Event],
) -> None:
    for statement in statements:
        if isinstance(statement, If):
            taken = registers.get(statement.register, 0) == statement.constant
            body = statement.then if taken else statement.otherwise
            _run(body, reads, registers, events)
        else:
            events.append(_event(statement, reads, registers))


def _event(
    statement: Load | Store | Rmw | Cas | Fence,
    reads: Iterator[int],
    registers: dict[str, int],
) -> Event:
    def value_of(value: Value) -> int:
        return wrap(registers.get(value.register or "", 0) + value.constant)

    if isinstance(statement, Fence):
        return Event(None, statement.order)
    if isinstance(statement, Store):
        written = value_of(statement.value)
        return Event(statement.location, statement.order, written=written)
    old = next(reads, None)
    if old is None:
        raise _NeedsValue(statement)
    operand = value_of(statement.desired if isinstance(statement, Cas) else Value(0))
    if isinstance(statement, Rmw):
        operand = value_of(statement.value)
    registers[statement.register] = int(old)
    if isinstance(statement, Load):
        return Event(statement.location, statement.order, old)
    if isinstance(statement, Rmw):
        new = wrap(_WRITES[statement.op](old, operand))
        return Event(statement.location, statement.order, old, new, locked=True)
    if old != statement.expected or isinstance(old, Spurious):
        return Event(statement.location, statement.failure, int(old), locked=True)
    return Event(statement.location, statement.success, old, operand, locked=True)
