"""Statements into steps: branches, loops, threads, copies and arrays; see also locks and heap."""

from __future__ import annotations

from dataclasses import replace

from tests.oracle.program import Order, Value
from tests.oracle.unfold import wrap

from .channels import ChannelSteps
from .heap import HeapSteps
from .program import (
    ATOMIC_ROW,
    FIELDS,
    ROW,
    AddInLoop,
    Bounded,
    CopyStructure,
    Detach,
    Exit,
    If,
    Join,
    Leave,
    OwnRead,
    OwnWrite,
    Repeat,
    RowRead,
    RowWrite,
    Spawn,
    Whole,
    registers_used,
)
from .steps import Step, evaluate, handle, number

SCRATCH = (
    8  # registers beyond the program's own: four for a copy, one for each trylock around
)
LEAVES = 1 << 29
OWN = SCRATCH  # the register beyond these: the thread's own variable


def rows_of(program: Whole) -> dict[str, int]:
    """The elements of the arrays that the program uses."""
    used = {
        ATOMIC_ROW if statement.order else ROW
        for statement in program.statements()
        if isinstance(statement, RowRead | RowWrite)
    }
    return {element(row, at): 0 for row in sorted(used) for at in range(2)}


def element(row: str, index: int) -> str:
    """The location of an array's element."""
    return f"{row}.{index % 2}"


def steps_of(program: Whole, thread: int) -> list[Step]:
    """The steps of one thread."""
    flat = _Flat(program, thread)
    flat.whole(registers_used(program))
    return flat.steps


class _Flat(HeapSteps, ChannelSteps):
    """Every statement that is more than one step."""

    def whole(self, scratch: int) -> None:
        """All that the thread does, its result, and what is done when it has ended.

        Who returns from ``main`` ends the process: no destructor runs then.
        """
        self.block(self.program.threads[self.thread], scratch)
        if self.thread == 0:
            self.steps += [Step("result"), Step("jump", target=1 << 30)]
        left = len(self.steps)
        self.steps = [
            replace(step, target=left) if step.target == LEAVES else step
            for step in self.steps
        ]
        self.steps.append(Step("result"))
        if self.program.destructor:
            self.skip_unless(
                lambda: self.block(self.program.destructor, scratch),
                test=lambda r: bool(r[self.own()]),
            )

    def _if(self, statement: If, scratch: int) -> None:
        def then() -> None:
            self.block(statement.then, scratch)
            self.steps.append(Step("jump"))

        self.skip_unless(then, number(statement.register), statement.constant)
        jump = len(self.steps) - 1
        self.block(statement.otherwise, scratch)
        self.steps[jump] = Step("jump", target=len(self.steps))

    def _repeat(self, statement: Repeat, scratch: int) -> None:
        breaks: list[int] = []
        for _ in range(statement.times):
            self.block(statement.body, scratch)
            self.skip_unless(
                lambda: self.steps.append(Step("jump")),
                number(statement.register),
                statement.constant,
            )
            breaks.append(len(self.steps) - 1)
        for at in breaks:
            self.steps[at] = Step("jump", target=len(self.steps))

    def _spawn(self, statement: Spawn, _: int) -> None:
        written = handle(statement.thread)  # before the thread runs
        self.steps.append(Step("write", location=written, value=Value(1)))
        self.steps.append(Step("spawn", thread=statement.thread))

    def _join(self, statement: Join, _: int) -> None:
        self.steps.append(Step("read", location=handle(statement.thread)))
        got = number(statement.register) if statement.register else None
        self.steps.append(Step("join", got, thread=statement.thread))

    def own(self) -> int:
        """The register that stands for the thread's own variable."""
        return registers_used(self.program) + OWN

    def _ownread(self, statement: OwnRead, _: int) -> None:
        self.steps.append(self.kept(number(statement.register), self.own()))

    def _ownwrite(self, statement: OwnWrite, _: int) -> None:
        value = statement.value
        self.steps.append(Step("set", self.own(), test=lambda r: evaluate(value, r)))

    def _rowread(self, statement: RowRead, _: int) -> None:
        at, order = number(statement.index), statement.order
        assert at is not None
        self.steps.append(
            Step(
                "load" if order else "read",
                number(statement.register),
                order=order or Order.RLX,
                where=lambda r: element(ATOMIC_ROW if order else ROW, r[at]),
            )
        )

    def _rowwrite(self, statement: RowWrite, _: int) -> None:
        at, order = number(statement.index), statement.order
        assert at is not None
        self.steps.append(
            Step(
                "store" if order else "write",
                order=order or Order.RLX,
                value=statement.value,
                where=lambda r: element(ATOMIC_ROW if order else ROW, r[at]),
            )
        )

    def _bounded(self, statement: Bounded, scratch: int) -> None:
        at = number(statement.register)
        assert at is not None
        self.steps.append(Step("set", scratch, test=lambda r: r[at] % (1 << 32) % 3))
        for done in range(2):
            self.skip_unless(
                lambda: self.block(statement.body, scratch + 1),
                test=lambda r, done=done: r[scratch] > done,  # type: ignore[misc]
            )

    def _addinloop(self, statement: AddInLoop, scratch: int) -> None:
        order, location = statement.order, statement.location
        self.steps.append(Step("load", scratch, location))
        top = len(self.steps)
        self.steps.append(
            Step(
                "update",
                scratch + 1,
                location,
                order,
                change=lambda old, r: (wrap(old + 1) if old == r[scratch] else None,),
                got=scratch + 2,
            )
        )

        def again() -> None:
            self.steps.append(self.kept(scratch, scratch + 1))
            self.steps.append(Step("jump", target=top))

        self.skip_unless(again, scratch + 2, 0)
        self.steps.append(self.kept(number(statement.register), scratch))

    def _copystructure(self, statement: CopyStructure, scratch: int) -> None:
        for at, name in enumerate(FIELDS, scratch):
            self.steps.append(Step("read", at, f"{statement.source}.{name}"))
        for at, name in enumerate(FIELDS, scratch):
            written = Value(0, f"r{at}")
            self.steps.append(
                Step("write", location=f"{statement.to}.{name}", value=written)
            )

    def _leave(self, _: Leave, __: int) -> None:
        self.steps.append(Step("jump", target=LEAVES))

    def _detach(self, statement: Detach, _: int) -> None:
        self.steps.append(Step("read", location=handle(statement.thread)))

    def _exit(self, statement: Exit, _: int) -> None:
        self.steps.append(Step("exit", constant=statement.status))
