"""Locks, waits and wakes as steps.

A mutex is 0 or 1. A reader-writer lock counts its readers, or is ``WRITER``. The condition is the
set of those that wait, one bit a thread; a wake takes a bit out and gives its thread one token, a
waiter sleeps until it has one. At a barrier each arrival counts; the last of a round says so in a
location of its own. Everything acquires what it reads and releases what it writes.
What gets its lock is a locked instruction under tso; a try in vain only looks, and orders nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.oracle.program import Order, Value

from .flat import Flat
from .program import (
    BARRIER,
    CHECKING,
    CONDITION,
    ONCE,
    RECURSIVE,
    RWLOCK,
    SEMAPHORE,
    SERVED,
    SPIN,
    TICKET,
    Acquire,
    Block,
    Locked,
    LookInLoop,
    Meet,
    Once,
    Post,
    RwLocked,
    Spinning,
    TakeInLoop,
    TimedWait,
    TryLocked,
    Unlock,
    Wait,
    Wake,
)
from .steps import Registers, Step, number

WRITER = 1 << 20


def tokens(thread: int) -> str:
    """Where a thread's wake-ups are counted."""
    return f"w{thread}"


def rounds() -> str:
    """Where the last of a barrier's round says that it is over."""
    return f"{BARRIER}rounds"


class LockSteps(Flat):
    """What locks, waits and wakes."""

    def holding(self, mutex: str, body: Block, scratch: int) -> None:
        """The body with the mutex held, and its release."""
        self.held.append(mutex)
        self.block(body, scratch)
        self.held.pop()
        self.steps.append(release(mutex))

    def _locked(self, statement: Locked, scratch: int) -> None:
        mutex = statement.mutex
        if mutex in self.held and mutex == RECURSIVE:
            self.block(statement.body, scratch)
        elif mutex not in self.held or mutex != CHECKING:
            self.steps.append(take(mutex))
            self.holding(mutex, statement.body, scratch)

    def _trylocked(self, statement: TryLocked, scratch: int) -> None:
        def body() -> None:
            self.holding(mutex, statement.body, scratch + 1)
            self.steps.append(Step("jump"))

        mutex = statement.mutex
        if mutex in self.held and mutex == RECURSIVE:
            self.block(statement.body, scratch)
            return
        self.steps.append(take(mutex, got=scratch))
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
            self.steps.append(replace(take(SPIN), spins=True))
            self.block(statement.body, scratch)
            self.steps.append(release(SPIN))
            return
        drawn = update(TICKET, lambda old, _: (old + 1,), register=scratch)
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

    def _rwlocked(self, statement: RwLocked, scratch: int) -> None:
        def body() -> None:
            self.block(statement.body, scratch + 1)
            if statement.writes:
                self.steps.append(release(RWLOCK))
            else:
                self.steps.append(update(RWLOCK, lambda old, _: (old - 1,)))

        if statement.writes:
            self.steps.append(take(RWLOCK, WRITER, scratch if statement.tries else None))
        else:
            self.steps.append(
                replace(
                    update(
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
        self.steps.append(update(CONDITION, lambda old, _: (old | bit,)))
        self.steps.append(release(mutex))
        self.steps.append(token(self.thread))
        self.steps.append(take(mutex))

    def _timedwait(self, statement: TimedWait, scratch: int) -> None:
        bit = 1 << self.thread
        self.steps.append(update(CONDITION, lambda old, _: (old | bit,)))
        self.steps.append(release(statement.mutex))
        self.steps.append(
            update(CONDITION, lambda old, _: (old & ~bit,), register=scratch)
        )
        self.skip_unless(
            lambda: self.steps.append(token(self.thread)),
            test=lambda r: not r[scratch] & bit,
        )
        self.steps.append(take(statement.mutex))
        over = number(statement.register)
        self.steps.append(Step("set", over, test=lambda r: bool(r[scratch] & bit)))

    def _wake(self, statement: Wake, scratch: int) -> None:
        def one(old: int, _: Registers) -> tuple[int | None, ...]:
            each = each_of(old, len(self.program.threads))
            return tuple(old & ~(1 << t) for t in each) or (None,)

        def everyone(old: int, _: Registers) -> tuple[int | None, ...]:
            return (0,) if old else (None,)

        change = everyone if statement.everyone else one
        self.steps.append(update(CONDITION, change, register=scratch, wrote=scratch + 1))
        self.hand_tokens(scratch)

    def hand_tokens(self, scratch: int) -> None:
        """Each thread that is in the first of two registers and not in the second gets one."""
        for thread in range(len(self.program.threads)):
            self.skip_unless(
                lambda thread=thread: self.steps.append(  # type: ignore[misc]
                    update(tokens(thread), lambda old, _: (old + 1,))
                ),
                test=lambda r, thread=thread: bool(  # type: ignore[misc]
                    r[scratch] & ~r[scratch + 1] & 1 << thread
                ),
            )

    def _post(self, _: Post, __: int) -> None:
        self.steps.append(update(SEMAPHORE, lambda old, _: (old + 1,)))

    def _acquire(self, statement: Acquire, scratch: int) -> None:
        waits = None if statement.tries else lambda old, _: old > 0
        got = number(statement.register) if statement.tries else scratch
        self.steps.append(
            replace(
                update(
                    SEMAPHORE, lambda old, _: (old - 1 if old else None,), waits, got=got
                ),
                order_fail=Order.RLX,
                spins=statement.spins,
            )
        )

    def _takeinloop(self, statement: TakeInLoop, scratch: int) -> None:
        self.steps.append(replace(take(statement.mutex), spins=True))
        self.block(statement.body, scratch)
        self.steps.append(release(statement.mutex))

    def _lookinloop(self, statement: LookInLoop, scratch: int) -> None:
        """A round that has looked in vain might as well not have been."""
        wanted = statement.value
        seen = Step(
            "read", scratch, statement.variable, guard=lambda found, _: found == wanted
        )
        self.steps.append(replace(take(statement.mutex), then=seen, spins=True))
        self.steps.append(release(statement.mutex))

    def _meet(self, statement: Meet, scratch: int) -> None:
        parties = self.program.parties
        self.steps.append(update(BARRIER, lambda old, _: (old + 1,), register=scratch))
        last = len(self.steps)
        self.steps.append(Step("unless"))
        self.steps.append(update(rounds(), lambda old, _: (old + 1,)))
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
        if statement.register:
            is_last = lambda r: r[scratch] % parties == parties - 1  # noqa: E731
            self.steps.append(Step("set", number(statement.register), test=is_last))

    def _once(self, statement: Once, scratch: int) -> None:
        def body() -> None:
            self.block(statement.body, scratch + 1)
            self.steps.append(
                Step("store", location=ONCE, value=Value(2), order=Order.REL)
            )

        self.steps.append(
            update(
                ONCE,
                lambda old, _: (1 if old == 0 else None,),
                lambda old, _: old != 1,
                got=scratch,
            )
        )
        self.skip_unless(body, scratch)


def each_of(threads: int, count: int) -> list[int]:
    """Those in a set of threads."""
    return [t for t in range(count) if threads >> t & 1]


def update(
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


def take(lock: str, value: int = 1, got: int | None = None) -> Step:
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


def release(lock: str) -> Step:
    return Step("store", location=lock, value=Value(0), order=Order.REL)


def token(thread: int) -> Step:
    return update(tokens(thread), lambda old, _: (old - 1,), lambda old, _: old > 0)
