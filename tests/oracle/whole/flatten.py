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

from tests.oracle.program import Order, Value
from tests.oracle.unfold import wrap

from .program import (
    ATOMIC_ROW,
    BARRIER,
    CHECKING,
    CONDITION,
    FIELDS,
    ONCE,
    POINTERS,
    RECURSIVE,
    ROW,
    RWLOCK,
    SEMAPHORE,
    SERVED,
    SPIN,
    TICKET,
    Acquire,
    AddInLoop,
    Allocate,
    Block,
    Bounded,
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
    OwnRead,
    OwnWrite,
    Post,
    Reallocate,
    Repeat,
    RowRead,
    RowWrite,
    RwLocked,
    Spawn,
    Spinning,
    TakeInLoop,
    TimedWait,
    TryLocked,
    Unlock,
    Wait,
    Wake,
    Whole,
    registers_used,
)
from .simple import simple
from .steps import ZERO, Registers, Step, evaluate, handle, number

WRITER = 1 << 20
SCRATCH = (
    8  # registers beyond the program's own: four for a copy, one for each trylock around
)

FREED, UNWRITTEN = 2, 1 << 29
OWN = SCRATCH  # the register beyond these: the thread's own variable


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
        if isinstance(statement, Allocate | Reallocate):
            block = statement.number + 1
            found |= {life(block): 0}
            found |= {place(block, name): UNWRITTEN for name in FIELDS}
    return found


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
    held: list[str] = field(default_factory=list)  # mutexes that know their owner

    def block(self, block: Block, scratch: int) -> None:
        """Append the steps of a block; ``scratch`` is the first register that nobody uses."""
        for statement in block:
            make = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if make:
                make(statement, scratch)
            else:
                self.steps.append(simple(statement))

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

    def holding(self, mutex: str, body: Block, scratch: int) -> None:
        """The body with the mutex held, and its release."""
        self.held.append(mutex)
        self.block(body, scratch)
        self.held.pop()
        self.steps.append(_release(mutex))

    def _locked(self, statement: Locked, scratch: int) -> None:
        mutex = statement.mutex
        if mutex in self.held and mutex == RECURSIVE:
            self.block(statement.body, scratch)
        elif mutex not in self.held or mutex != CHECKING:
            self.steps.append(_take(mutex))
            self.holding(mutex, statement.body, scratch)

    def _trylocked(self, statement: TryLocked, scratch: int) -> None:
        def body() -> None:
            self.holding(mutex, statement.body, scratch + 1)
            self.steps.append(Step("jump"))

        mutex = statement.mutex
        if mutex in self.held and mutex == RECURSIVE:
            self.block(statement.body, scratch)
            return
        self.steps.append(_take(mutex, got=scratch))
        self.skip_unless(body, scratch)
        jump = len(self.steps) - 1
        self.block(statement.otherwise, scratch + 1)
        self.steps[jump] = Step("jump", target=len(self.steps))

    def _unlock(self, statement: Unlock, _: int) -> None:
        fails = int(CHECKING not in self.held)
        assert fails
        self.steps.append(Step("set", number(statement.register), test=lambda _: fails))

    def _spinning(self, statement: Spinning, scratch: int) -> None:
        """A round in vain might as well not have been, except that others wait for its end."""
        if statement.kind != "ticket":
            self.steps.append(replace(_take(SPIN), spins=True))
            self.block(statement.body, scratch)
            self.steps.append(_release(SPIN))
            return
        drawn = _update(TICKET, lambda old, _: (old + 1,), register=scratch)
        self.steps.append(replace(drawn, order=Order.RLX))
        self.steps.append(
            Step(
                "load",
                location=SERVED,
                order=Order.ACQ,
                guard=lambda found, r: found == r[scratch],
                spins=True,
            )
        )
        self.block(statement.body, scratch + 1)
        self.steps.append(
            Step("store", location=SERVED, order=Order.REL, value=Value(1, f"r{scratch}"))
        )

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
                spins=statement.spins,
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

    def _reallocate(self, statement: Reallocate, scratch: int) -> None:
        block = statement.number + 1
        source = lambda name: lambda r: place(r[scratch], name)  # noqa: E731

        def keep() -> None:
            self.find(scratch)
            for at, name in enumerate(FIELDS, scratch + 1):
                self.steps.append(Step("read", at, where=source(name)))

        def give_back() -> None:
            for at, name in enumerate(FIELDS, scratch + 1):
                value = Value(0, f"r{at}")
                self.steps.append(Step("write", location=place(block, name), value=value))
            freed = Step("write", where=lambda r: life(r[scratch]), value=Value(FREED))
            self.steps.append(freed)

        self.steps.append(Step("read", scratch, statement.pointer))
        self.skip_unless(keep, test=lambda r: bool(r[scratch]))
        self.steps.append(Step("write", location=life(block), value=Value(1)))
        self.skip_unless(give_back, test=lambda r: bool(r[scratch]))
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
