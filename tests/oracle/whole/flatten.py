"""Statements into steps: what each lock, wait and wake is made of.

A mutex is 0 or 1. A reader-writer lock counts its readers, or is ``WRITER``. The condition is the
set of those that wait, one bit a thread; a wake takes a bit out and gives its thread one token, a
waiter sleeps until it has one. At a barrier each arrival counts; the last of a round says so in a
location of its own. Everything acquires what it reads and releases what it writes.
What gets its lock is a locked instruction under tso; a try in vain only looks, and orders nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tests.oracle.program import Cas, Fence, Load, Order, Rmw, Store, Value
from tests.oracle.unfold import wrap

from .program import (
    BARRIER,
    CONDITION,
    FIELDS,
    ONCE,
    POINTERS,
    RWLOCK,
    SEMAPHORE,
    Acquire,
    AddInLoop,
    Allocate,
    Assert,
    Await,
    Block,
    Clear,
    CopyNode,
    CopyStructure,
    Detach,
    Exit,
    FieldRead,
    FieldWrite,
    Free,
    If,
    Join,
    Leave,
    Locked,
    LookInLoop,
    Meet,
    Once,
    PlainRead,
    PlainWrite,
    Post,
    Repeat,
    RwLocked,
    Spawn,
    Statement,
    TakeInLoop,
    TimedWait,
    TryLocked,
    Wait,
    Wake,
    Whole,
    registers_used,
)
from .steps import ZERO, Registers, Step, evaluate, handle, number

WRITER = 1 << 20
SCRATCH = (
    8  # registers beyond the program's own: four for a copy, one for each trylock around
)

_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "exchange": lambda old, operand: operand,
    "fetch_add": lambda old, operand: old + operand,
    "fetch_sub": lambda old, operand: old - operand,
    "fetch_and": lambda old, operand: old & operand,
    "fetch_or": lambda old, operand: old | operand,
    "fetch_xor": lambda old, operand: old ^ operand,
    "fetch_nand": lambda old, operand: ~(old & operand),
}


FREED, UNWRITTEN = 2, 1 << 29


def life(block: int) -> str:
    """Whether a block is in use, or freed."""
    return f"block{block}"


def place(block: int, name: str) -> str:
    """The location of a block's field."""
    return f"block{block}.{name}"


def heap_of(program: Whole) -> dict[str, int]:
    """All locations of the heap, with what they hold before they are written."""
    found = dict.fromkeys(POINTERS, 0)
    for statement in program.statements():
        if isinstance(statement, Allocate):
            block = statement.number + 1
            found |= {life(block): 0}
            found |= {place(block, name): UNWRITTEN for name in FIELDS}
    return found


def tokens(thread: int) -> str:
    """Where a thread's wake-ups are counted."""
    return f"w{thread}"


def rounds() -> str:
    """Where the last of a barrier's round says that it is over."""
    return f"{BARRIER}rounds"


def steps_of(program: Whole, thread: int) -> list[Step]:
    """The steps of one thread."""
    flat = _Flat(program, thread)
    flat.block(program.threads[thread], registers_used(program))
    return flat.steps


@dataclass
class _Flat:
    program: Whole
    thread: int
    steps: list[Step] = field(default_factory=list)

    def block(self, block: Block, scratch: int) -> None:
        """Append the steps of a block; ``scratch`` is the first register that nobody uses."""
        for statement in block:
            make = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if make:
                make(statement, scratch)
            else:
                self.steps.append(_simple(statement))

    def skip_unless(
        self,
        make: Callable[[], None],
        register: int | None = None,
        constant: int = 1,
        test: Callable[[Registers], int] | None = None,
    ) -> None:
        """Steps that are taken only if a register has a value, or a test holds."""
        at = len(self.steps)
        self.steps.append(Step("unless"))
        make()
        self.steps[at] = Step(
            "unless", register, constant=constant, test=test, target=len(self.steps)
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
        self.steps.append(Step("join", thread=statement.thread))

    def _locked(self, statement: Locked, scratch: int) -> None:
        self.steps.append(_take(statement.mutex))
        self.block(statement.body, scratch)
        self.steps.append(_release(statement.mutex))

    def _trylocked(self, statement: TryLocked, scratch: int) -> None:
        def body() -> None:
            self.block(statement.body, scratch + 1)
            self.steps.append(_release(statement.mutex))

        self.steps.append(_take(statement.mutex, got=scratch))
        self.skip_unless(body, scratch)

    def _rwlocked(self, statement: RwLocked, scratch: int) -> None:
        def body() -> None:
            self.block(statement.body, scratch + 1)
            if statement.writes:
                self.steps.append(_release(RWLOCK))
            else:
                self.steps.append(_update(RWLOCK, lambda old, _: (old - 1,)))

        if statement.writes:
            take = _take(RWLOCK, WRITER, scratch if statement.tries else None)
            self.steps.append(take)
        else:
            self.steps.append(
                replace(
                    _update(
                        RWLOCK,
                        lambda old, _: (old + 1 if old != WRITER else None,),
                        None if statement.tries else lambda old, _: old != WRITER,
                        got=scratch,
                    ),
                    order=Order.ACQ,
                    order_fail=Order.RLX,
                )
            )
        if statement.tries:
            self.skip_unless(body, scratch)
        else:
            body()

    def _wait(self, statement: Wait, scratch: int) -> None:
        if not statement.variable:
            self.sleep(statement.mutex)
            return
        top = len(self.steps)
        self.steps.append(Step("read", scratch, statement.variable))

        def wait() -> None:
            self.sleep(statement.mutex)
            self.steps.append(Step("jump", target=top))

        self.skip_unless(wait, scratch, statement.value)

    def sleep(self, mutex: str) -> None:
        """One wait without a time limit."""
        bit = 1 << self.thread
        self.steps.append(_update(CONDITION, lambda old, _: (old | bit,)))
        self.steps.append(_release(mutex))
        self.steps.append(_token(self.thread))
        self.steps.append(_take(mutex))

    def _timedwait(self, statement: TimedWait, scratch: int) -> None:
        bit = 1 << self.thread
        self.steps.append(_update(CONDITION, lambda old, _: (old | bit,)))
        self.steps.append(_release(statement.mutex))
        self.steps.append(
            _update(CONDITION, lambda old, _: (old & ~bit,), register=scratch)
        )
        self.skip_unless(
            lambda: self.steps.append(_token(self.thread)),
            test=lambda r: not r[scratch] & bit,
        )
        self.steps.append(_take(statement.mutex))
        over = number(statement.register)
        self.steps.append(Step("set", over, test=lambda r: bool(r[scratch] & bit)))

    def _wake(self, statement: Wake, scratch: int) -> None:
        def one(old: int, _: Registers) -> tuple[int | None, ...]:
            each = [
                old & ~(1 << t) for t in range(len(self.program.threads)) if old >> t & 1
            ]
            return tuple(each) or (None,)

        def everyone(old: int, _: Registers) -> tuple[int | None, ...]:
            return (0,) if old else (None,)

        change = everyone if statement.everyone else one
        self.steps.append(_update(CONDITION, change, register=scratch, wrote=scratch + 1))
        for thread in range(len(self.program.threads)):
            self.skip_unless(
                lambda thread=thread: self.steps.append(  # type: ignore[misc]
                    _update(tokens(thread), lambda old, _: (old + 1,))
                ),
                test=lambda r, thread=thread: bool(  # type: ignore[misc]
                    r[scratch] & ~r[scratch + 1] & 1 << thread
                ),
            )

    def _post(self, _: Post, __: int) -> None:
        self.steps.append(_update(SEMAPHORE, lambda old, _: (old + 1,)))

    def _acquire(self, statement: Acquire, scratch: int) -> None:
        waits = None if statement.tries else lambda old, _: old > 0
        got = number(statement.register) if statement.tries else scratch
        self.steps.append(
            replace(
                _update(
                    SEMAPHORE, lambda old, _: (old - 1 if old else None,), waits, got=got
                ),
                order_fail=Order.RLX,
            )
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

    def kept(self, register: int | None, source: int) -> Step:
        """Copy a register."""
        return Step("set", register, test=lambda r: r[source])

    def _takeinloop(self, statement: TakeInLoop, scratch: int) -> None:
        self.steps.append(replace(_take(statement.mutex), spins=True))
        self.block(statement.body, scratch)
        self.steps.append(_release(statement.mutex))

    def _lookinloop(self, statement: LookInLoop, scratch: int) -> None:
        """A round that has looked in vain might as well not have been."""
        wanted = statement.value
        seen = Step(
            "read", scratch, statement.variable, guard=lambda found, _: found == wanted
        )
        self.steps.append(replace(_take(statement.mutex), then=seen, spins=True))
        self.steps.append(_release(statement.mutex))

    def _copystructure(self, statement: CopyStructure, scratch: int) -> None:
        for at, name in enumerate(FIELDS, scratch):
            self.steps.append(Step("read", at, f"{statement.source}.{name}"))
        for at, name in enumerate(FIELDS, scratch):
            written = Value(0, f"r{at}")
            self.steps.append(
                Step("write", location=f"{statement.to}.{name}", value=written)
            )

    def _allocate(self, statement: Allocate, _: int) -> None:
        block = statement.number + 1
        self.steps.append(Step("write", location=life(block), value=Value(1)))
        if statement.cleared:
            for name in FIELDS:
                self.steps.append(Step("write", location=place(block, name)))
        self.steps.append(Step("write", location=statement.pointer, value=Value(block)))

    def use(self, pointer: str, scratch: int, freed: str = "use after free") -> None:
        """Read the pointer and see that there is a block; then its number is in ``scratch``."""
        self.steps.append(Step("read", scratch, pointer))
        self.find(scratch, freed)

    def find(self, scratch: int, freed: str = "use after free") -> None:
        """See that there is the block whose number is in ``scratch``."""
        self.steps.append(
            Step(
                "read",
                where=lambda r: life(r[scratch]) if r[scratch] else None,
                wrong=lambda found: freed if found == FREED else "",
            )
        )

    def read_field(self, register: int | None, name: str, scratch: int) -> None:
        """Read a field of the block whose number is in ``scratch``."""
        self.steps.append(
            Step(
                "read",
                register,
                where=lambda r: place(r[scratch], name),
                wrong=lambda found: "uninitialised read" if found == UNWRITTEN else "",
            )
        )

    def write_field(self, name: str, value: Value, scratch: int) -> None:
        """Write a field of the block whose number is in ``scratch``."""
        self.steps.append(
            Step("write", where=lambda r: place(r[scratch], name), value=value)
        )

    def _fieldread(self, statement: FieldRead, scratch: int) -> None:
        self.use(statement.pointer, scratch)
        self.read_field(number(statement.register), statement.field, scratch)

    def _fieldwrite(self, statement: FieldWrite, scratch: int) -> None:
        self.use(statement.pointer, scratch)
        self.write_field(statement.field, statement.value, scratch)

    def _clear(self, statement: Clear, scratch: int) -> None:
        self.use(statement.pointer, scratch)
        for name in FIELDS:
            self.write_field(name, ZERO, scratch)

    def _copynode(self, statement: CopyNode, scratch: int) -> None:
        for at, pointer in enumerate((statement.pointer, statement.to), scratch):
            self.steps.append(Step("read", at, pointer))
        self.find(scratch)
        self.find(scratch + 1)
        for at, name in enumerate(FIELDS, scratch + 2):
            self.read_field(at, name, scratch)
        for at, name in enumerate(FIELDS, scratch + 2):
            self.write_field(name, Value(0, f"r{at}"), scratch + 1)

    def _free(self, statement: Free, scratch: int) -> None:
        def free() -> None:
            self.use(statement.pointer, scratch, "double free")
            self.steps.append(
                Step("write", where=lambda r: life(r[scratch]), value=Value(FREED))
            )

        self.steps.append(Step("read", scratch, statement.pointer))
        self.skip_unless(free, test=lambda r: bool(r[scratch]))

    def _leave(self, _: Leave, __: int) -> None:
        self.steps.append(Step("jump", target=1 << 30))

    def _detach(self, statement: Detach, _: int) -> None:
        self.steps.append(Step("read", location=handle(statement.thread)))

    def _exit(self, statement: Exit, _: int) -> None:
        self.steps.append(Step("exit", constant=statement.status))

    def _meet(self, _: Meet, scratch: int) -> None:
        parties = self.program.parties
        self.steps.append(_update(BARRIER, lambda old, _: (old + 1,), register=scratch))
        last = len(self.steps)
        self.steps.append(Step("unless"))
        self.steps.append(_update(rounds(), lambda old, _: (old + 1,)))
        self.steps.append(Step("jump", target=last + 4))
        self.steps[last] = Step(
            "unless", test=lambda r: r[scratch] % parties == parties - 1, target=last + 3
        )
        self.steps.append(
            Step(
                "load",
                location=rounds(),
                order=Order.ACQ,
                guard=lambda found, r: found == r[scratch] // parties + 1,
            )
        )

    def _once(self, statement: Once, scratch: int) -> None:
        def body() -> None:
            self.block(statement.body, scratch + 1)
            self.steps.append(
                Step("store", location=ONCE, value=Value(2), order=Order.REL)
            )

        self.steps.append(
            _update(
                ONCE,
                lambda old, _: (1 if old == 0 else None,),
                lambda old, _: old != 1,
                got=scratch,
            )
        )
        self.skip_unless(body, scratch)


def _update(
    location: str,
    change: Callable[[int, Registers], tuple[int | None, ...]],
    guard: Callable[[int, Registers], bool] | None = None,
    **registers: int | None,
) -> Step:
    return Step(
        "update",
        location=location,
        order=Order.AR,
        order_fail=Order.ACQ,
        change=change,
        guard=guard,
        tries=True,
        **registers,  # type: ignore[arg-type]
    )


def _take(lock: str, value: int = 1, got: int | None = None) -> Step:
    return Step(
        "update",
        location=lock,
        order=Order.ACQ,
        order_fail=Order.RLX,
        change=lambda old, _: (value if old == 0 else None,),
        guard=(lambda old, _: old == 0) if got is None else None,
        tries=True,
        got=got,
    )


def _release(lock: str) -> Step:
    return Step("store", location=lock, value=Value(0), order=Order.REL)


def _token(thread: int) -> Step:
    return _update(tokens(thread), lambda old, _: (old - 1,), lambda old, _: old > 0)


def _simple(statement: Statement) -> Step:
    match statement:
        case Load(register, location, order):
            return Step("load", number(register), location, order)
        case Await(location, value, order, _):
            awaited = lambda found, _: found == value  # noqa: E731  one expression
            return Step("load", None, location, order, guard=awaited, spins=True)
        case Store(location, written, order):
            return Step("store", None, location, order, value=written)
        case Rmw(register, op, location, operand, order):
            apply = _ARITHMETIC[op]
            return Step(
                "update",
                number(register),
                location,
                order,
                change=lambda old, r: (wrap(apply(old, evaluate(operand, r))),),
            )
        case Cas(register, location, expected, desired, success, failure):
            return Step(
                "update",
                number(register),
                location,
                success,
                failure,
                change=lambda old, r: (
                    evaluate(desired, r) if old == expected else None,
                ),
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
