"""A thread as a flat list of steps, and how far it goes without a shared access.

Every shared access is one of five: a load, a store, an update (it reads, and may write what
``change`` makes of that), an ordinary read or write. Locks and their like are updates and loads
with a guard at locations of their own: they wait until a value that satisfies it can be read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.oracle.program import Order, Value
from tests.oracle.unfold import wrap

Registers = tuple[int, ...]
#: What an update may write after what it read: one of these, where None is nothing.
Change = Callable[[int, Registers], tuple[int | None, ...]]

ZERO = Value(0)


@dataclass(frozen=True)
class Step:
    """One step; which fields count depends on ``kind``.

    ``kind`` is ``load store update fence read write spawn join choose stand assert exit`` or, for
    what a thread does by itself, ``unless jump set``.
    """

    kind: str
    register: int | None = None  # gets what was read
    location: str = ""
    order: Order = Order.RLX
    order_fail: Order = Order.RLX
    value: Value = ZERO
    change: Change | None = None
    guard: Callable[[int, Registers], bool] | None = None
    spins: bool = False  # the guard is a loop that is awake
    late: bool = False  # it sleeps, and what it waits for may be gone when it looks
    wrote: int | None = (
        None  # register that gets what an update wrote, or else what it read
    )
    got: int | None = None  # register that gets whether an update wrote
    tries: bool = False  # an update that does not write is no more than a load
    then: Step | None = None  # a read that comes with it, or else it has not been taken
    thread: int = 0
    constant: int = 0
    test: Callable[[Registers], int] | None = None
    where: Callable[[Registers], str | None] | None = (
        None  # location, None: there is none
    )
    wrong: Callable[[int], str] | None = None  # the kind of failure that a value read is
    target: int = 0


def number(register: str | None) -> int | None:
    """The place of a register in a thread's tuple."""
    return None if register is None else int(register[1:])


def handle(thread: int) -> str:
    """The variable that a created thread is known by."""
    return f"h{thread}"


def evaluate(value: Value, registers: Registers) -> int:
    """The value of an expression."""
    at = number(value.register)
    return wrap((0 if at is None else registers[at]) + value.constant)


def result_of(registers: Registers, used: int) -> int:
    """What a thread stores in the end: all its registers in one number."""
    return wrap(sum(registers[i] * 7**i for i in range(used)))


def changed(registers: Registers, at: int | None, value: int) -> Registers:
    """The registers with another value in one of them, if one is named."""
    if at is None:
        return registers
    return (*registers[:at], value, *registers[at + 1 :])


def advance(
    steps: list[Step], at: int, registers: Registers
) -> tuple[int, Registers, bool]:
    """Go on to the next step that others can see; True if an assertion fails before."""
    while at < len(steps):
        step = steps[at]
        if step.kind == "jump":
            at = step.target
        elif step.kind == "set":
            assert step.test
            registers = changed(registers, step.register, int(step.test(registers)))
            at += 1
        elif step.kind == "unless":
            at = at + 1 if _holds(step, registers) else step.target
        elif step.kind == "assert":
            if _holds(step, registers):
                return at, registers, True
            at += 1
        else:
            break
    return at, registers, False


def _holds(step: Step, registers: Registers) -> bool:
    if step.test:
        return bool(step.test(registers))
    assert step.register is not None
    return registers[step.register] == step.constant
