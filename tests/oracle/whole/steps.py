"""A thread as a flat list of steps, and how far it goes without a shared access.

Every shared access is one of five: a load, a store, an update (it reads, and where ``change`` gives
a number it writes that), an ordinary read or write. Locks and their like are updates with a
guard at a location of their own: they wait until a value that satisfies it can be read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.oracle.program import Cas, Fence, Load, Order, Rmw, Store, Value
from tests.oracle.unfold import wrap

from .program import (
    Assert,
    Await,
    Block,
    If,
    Join,
    Locked,
    PlainRead,
    PlainWrite,
    Repeat,
    Spawn,
    Statement,
    TryLocked,
)

Registers = tuple[int, ...]
Change = Callable[[int, Registers], int | None]

_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "exchange": lambda old, operand: operand,
    "fetch_add": lambda old, operand: old + operand,
    "fetch_sub": lambda old, operand: old - operand,
    "fetch_and": lambda old, operand: old & operand,
    "fetch_or": lambda old, operand: old | operand,
    "fetch_xor": lambda old, operand: old ^ operand,
    "fetch_nand": lambda old, operand: ~(old & operand),
}


ZERO = Value(0)


@dataclass(frozen=True)
class Step:
    """One step; which fields count depends on ``kind``.

    ``kind`` is ``load store update fence read write spawn join assert`` or, for what a thread does
    by itself, ``unless jump set``.
    """

    kind: str
    register: int | None = None
    location: str = ""
    order: Order = Order.RLX
    order_fail: Order = Order.RLX
    value: Value = ZERO
    change: Change | None = None
    guard: Callable[[int], bool] | None = None
    thread: int = 0
    constant: int = 0
    target: int = 0
    got: int | None = None  # register that says whether an update wrote


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


def steps_of(block: Block, scratch: int) -> list[Step]:
    """The steps of a thread; ``scratch`` is the first register that its text does not use."""
    steps: list[Step] = []
    _flatten(block, steps, scratch)
    return steps


def _flatten(block: Block, steps: list[Step], scratch: int) -> None:
    for statement in block:
        if isinstance(statement, If):
            _flatten_if(statement, steps, scratch)
        elif isinstance(statement, Repeat):
            _flatten_repeat(statement, steps, scratch)
        elif isinstance(statement, Locked):
            steps.append(_take(statement.mutex))
            _flatten(statement.body, steps, scratch)
            steps.append(_release(statement.mutex))
        elif isinstance(statement, TryLocked):
            steps.append(_take(statement.mutex, got=scratch))
            at = len(steps)
            steps.append(Step("unless"))
            _flatten(statement.body, steps, scratch + 1)
            steps.append(_release(statement.mutex))
            steps[at] = Step("unless", register=scratch, constant=1, target=len(steps))
        elif isinstance(
            statement, Spawn
        ):  # the new thread's handle is written before it runs
            steps.append(Step("write", location=handle(statement.thread), value=Value(1)))
            steps.append(Step("spawn", thread=statement.thread))
        elif isinstance(statement, Join):
            steps.append(Step("read", location=handle(statement.thread)))
            steps.append(Step("join", thread=statement.thread))
        else:
            steps.append(_simple(statement))


def _take(mutex: str, got: int | None = None) -> Step:
    return Step(
        "update",
        location=mutex,
        order=Order.ACQ,
        order_fail=Order.ACQ,
        change=lambda old, _: 1 if old == 0 else None,
        guard=(lambda old: old == 0) if got is None else None,
        got=got,
    )


def _release(mutex: str) -> Step:
    return Step("store", location=mutex, value=Value(0), order=Order.REL)


def _flatten_if(statement: If, steps: list[Step], scratch: int) -> None:
    at = len(steps)
    steps.append(Step("unless"))
    _flatten(statement.then, steps, scratch)
    jump = len(steps)
    steps.append(Step("jump"))
    register = number(statement.register)
    steps[at] = Step(
        "unless", register=register, constant=statement.constant, target=len(steps)
    )
    _flatten(statement.otherwise, steps, scratch)
    steps[jump] = Step("jump", target=len(steps))


def _flatten_repeat(statement: Repeat, steps: list[Step], scratch: int) -> None:
    breaks = []
    for _ in range(statement.times):
        _flatten(statement.body, steps, scratch)
        register = number(statement.register)
        over = len(steps) + 2
        steps.append(
            Step("unless", register=register, constant=statement.constant, target=over)
        )
        breaks.append(len(steps))
        steps.append(Step("jump"))
    for at in breaks:
        steps[at] = Step("jump", target=len(steps))


def _simple(statement: Statement) -> Step:
    match statement:
        case Load(register, location, order):
            return Step("load", number(register), location, order)
        case Await(location, value, order):
            return Step("load", None, location, order, guard=lambda found: found == value)
        case Store(location, written, order):
            return Step("store", None, location, order, value=written)
        case Rmw(register, op, location, operand, order):
            apply = _ARITHMETIC[op]
            return Step(
                "update",
                number(register),
                location,
                order,
                change=lambda old, r: wrap(apply(old, evaluate(operand, r))),
            )
        case Cas(register, location, expected, desired, success, failure):
            return Step(
                "update",
                number(register),
                location,
                success,
                failure,
                change=lambda old, r: evaluate(desired, r) if old == expected else None,
            )
        case Fence(order):
            return Step("fence", order=order)
        case PlainRead(register, variable):
            return Step("read", number(register), variable)
        case PlainWrite(variable, written):
            return Step("write", location=variable, value=written)
        case Assert(register, constant):
            return Step("assert", number(register), constant=constant)
    raise AssertionError(f"no step for {statement}")


def advance(steps: list[Step], at: int, registers: Registers) -> tuple[int, bool]:
    """Go on to the next step that others can see; True if an assertion fails before."""
    while at < len(steps):
        step = steps[at]
        if step.kind == "jump":
            at = step.target
        elif step.kind == "unless":
            assert step.register is not None
            at = at + 1 if registers[step.register] == step.constant else step.target
        elif step.kind == "assert":
            assert step.register is not None
            if registers[step.register] == step.constant:
                return at, True
            at += 1
        else:
            break
    return at, False
