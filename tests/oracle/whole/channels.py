"""What goes through the system as steps: descriptors, futexes; and what is asked of the explorer.

The eventfd is its number. The pipe is a number in base four whose first digit is one, behind it the
bytes, the oldest first. Each call is one update, as if the system had one lock for each: who
finds nothing has looked. A futex has a lock and the set of those that sleep, as a condition has.
"""

from __future__ import annotations

from tests.oracle.program import Order, Value

from .channel_statements import (
    Assume,
    Choose,
    Count,
    EventRead,
    EventWrite,
    FutexAwait,
    FutexWait,
    FutexWake,
    Pause,
    PipeRead,
    PipeWrite,
    Poll,
)
from .locks import LockSteps, each_of, release, take, token, update
from .program import SEMAPHORE
from .steps import Registers, Step, evaluate, number

EVENT, PIPE = "event", "pipe"
EMPTY = 1  # a pipe without bytes


def futex_lock(location: str) -> str:
    return f"{location}lock"


def sleepers(location: str) -> str:
    """Where it is said who sleeps."""
    return f"{location}sleepers"


def digits(queue: int) -> list[int]:
    """The bytes in a pipe, the oldest first."""
    found: list[int] = []
    while queue > EMPTY:
        found.insert(0, queue % 4)
        queue //= 4
    return found


def without(queue: int, count: int) -> int:
    """The pipe without its oldest bytes."""
    rest = EMPTY
    for digit in digits(queue)[count:]:
        rest = rest * 4 + digit
    return rest


def taken(queue: int, room: int) -> int:
    """How many bytes a read of so many gets, and which."""
    got = digits(queue)[:room]
    return len(got) * 16 + sum(digit * 4**at for at, digit in enumerate(got))


class ChannelSteps(LockSteps):
    """Descriptors, futexes, choices, assumptions."""

    def _eventwrite(self, statement: EventWrite, _: int) -> None:
        value = statement.value
        self.steps.append(update(EVENT, lambda old, r: (old + evaluate(value, r) % 4,)))

    def _eventread(self, statement: EventRead, scratch: int) -> None:
        channels, register = self.program.channels, number(statement.register)

        def after(old: int, _: Registers) -> tuple[int | None, ...]:
            left = old - 1 if channels.is_semaphore else 0
            return (left if old else None,)

        waits = (lambda old, _: old > 0) if channels.waits else None
        self.steps.append(update(EVENT, after, waits, register=scratch))
        self.steps.append(
            Step(
                "set",
                register,
                test=lambda r: (
                    (1 if channels.is_semaphore else r[scratch]) if r[scratch] else -1
                ),
            )
        )

    def _pipewrite(self, statement: PipeWrite, _: int) -> None:
        value = statement.value
        self.steps.append(
            update(PIPE, lambda old, r: (old * 4 + evaluate(value, r) % 4,))
        )

    def _piperead(self, statement: PipeRead, scratch: int) -> None:
        room, register = statement.room, number(statement.register)
        waits = (lambda old, _: old > EMPTY) if self.program.channels.waits else None
        self.steps.append(
            update(
                PIPE,
                lambda old, _: (without(old, room) if old > EMPTY else None,),
                waits,
                register=scratch,
            )
        )
        self.steps.append(
            Step(
                "set",
                register,
                test=lambda r: taken(r[scratch], room) if r[scratch] > EMPTY else -1,
            )
        )

    def _poll(self, statement: Poll, scratch: int) -> None:
        nothing = EMPTY if statement.of == PIPE else 0
        waits = (lambda found, _: found > nothing) if statement.waits else None
        look = Step("load", scratch, statement.of, Order.ACQ, guard=waits, late=True)
        self.steps.append(look)
        register = number(statement.register)
        self.steps.append(Step("set", register, test=lambda r: r[scratch] > nothing))

    def _futexwait(self, statement: FutexWait, scratch: int) -> None:
        location, register = statement.location, number(statement.register)
        self.sleep_if(
            location, Value(statement.value), register, scratch, statement.timed
        )

    def sleep_if(
        self,
        location: str,
        value: Value,
        register: int | None,
        scratch: int,
        timed: bool = False,
    ) -> None:
        """Look at the word with the lock held; sleep until woken, if it is the one."""
        bit = 1 << self.thread
        self.steps.append(take(futex_lock(location)))
        self.steps.append(Step("load", scratch, location))

        def sleep() -> None:
            self.steps.append(update(sleepers(location), lambda old, _: (old | bit,)))
            self.steps.append(release(futex_lock(location)))
            self.steps.append(Step("set", register, test=lambda _: 0))
            if not timed:
                self.steps.append(token(self.thread))
                self.steps.append(Step("jump"))
                return
            self.steps.append(
                update(sleepers(location), lambda old, _: (old & ~bit,), register=scratch)
            )
            self.skip_unless(
                lambda: self.steps.append(token(self.thread)),
                test=lambda r: not r[scratch] & bit,
            )
            over = lambda r: -1 if r[scratch] & bit else 0  # noqa: E731  one expression
            self.steps.append(Step("set", register, test=over))
            self.steps.append(Step("jump"))

        self.skip_unless(sleep, test=lambda r: r[scratch] == evaluate(value, r))
        jump = len(self.steps) - 1
        self.steps.append(release(futex_lock(location)))
        self.steps.append(Step("set", register, test=lambda _: -1))
        self.steps[jump] = Step("jump", target=len(self.steps))

    def _futexwake(self, statement: FutexWake, scratch: int) -> None:
        """One of those that sleep, whichever; or each of them."""
        location, count = statement.location, len(self.program.threads)
        everyone, register = statement.everyone, number(statement.register)

        def woken(old: int, _: Registers) -> tuple[int | None, ...]:
            if everyone:
                return (0,) if old else (None,)
            return tuple(old & ~(1 << t) for t in each_of(old, count)) or (None,)

        self.steps.append(take(futex_lock(location)))
        self.steps.append(
            update(sleepers(location), woken, register=scratch, wrote=scratch + 1)
        )
        self.hand_tokens(scratch)
        self.steps.append(release(futex_lock(location)))
        self.steps.append(
            Step(
                "set",
                register,
                test=lambda r: (r[scratch] & ~r[scratch + 1]).bit_count(),
            )
        )

    def _futexawait(self, statement: FutexAwait, scratch: int) -> None:
        location, top = statement.location, len(self.steps)
        self.steps.append(Step("load", scratch, location, statement.order))
        ends = len(self.steps)
        self.steps.append(Step("unless"))
        self.sleep_if(location, Value(0, f"r{scratch}"), None, scratch + 1)
        self.steps.append(Step("jump", target=top))
        self.steps[ends] = Step(
            "unless",
            test=lambda r: r[scratch] != statement.value,
            target=len(self.steps),
        )

    def _count(self, statement: Count, _: int) -> None:
        register = number(statement.register)
        self.steps.append(Step("load", register, SEMAPHORE, Order.ACQ))

    def _choose(self, statement: Choose, _: int) -> None:
        register = number(statement.register)
        self.steps.append(Step("choose", register, constant=statement.count))

    def _assume(self, statement: Assume, _: int) -> None:
        register = number(statement.register)
        self.skip_unless(
            lambda: self.steps.append(Step("stand")), register, statement.constant
        )

    def _pause(self, _: Pause, __: int) -> None:
        """Nothing."""
