"""Statements that go through the system or ask the explorer: descriptors, futexes, choices."""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle.program import Order, Value


@dataclass(frozen=True)
class Channels:
    """How the program's eventfd and pipe are made: what the first begins with, what both do."""

    start: int = 0
    is_semaphore: bool = False
    waits: bool = True  # or else who finds nothing is told so


PLAINLY = Channels()


@dataclass(frozen=True)
class EventWrite:
    """Add the value's last two bits to the eventfd."""

    value: Value


@dataclass(frozen=True)
class EventRead:
    """``register =`` what the eventfd held, -1 if it would have to wait and does not."""

    register: str


@dataclass(frozen=True)
class PipeWrite:
    """Write a byte: the value's last two bits."""

    value: Value


@dataclass(frozen=True)
class PipeRead:
    """Read at most ``room`` bytes, 1 or 2; ``register =`` how many and which, or -1."""

    register: str
    room: int


@dataclass(frozen=True)
class Poll:
    """``register =`` whether there is something to read; with ``waits``, once there is."""

    register: str
    of: str  # event or pipe
    waits: bool = False


@dataclass(frozen=True)
class FutexWait:
    """Sleep if the location has the value; ``register = -1`` if it has not or the time is over."""

    register: str
    location: str
    value: int
    timed: bool = False


@dataclass(frozen=True)
class FutexWake:
    """Wake one or all that sleep there; ``register =`` how many."""

    register: str
    location: str
    everyone: bool = False


@dataclass(frozen=True)
class FutexAwait:
    """``while ((seen = location.load()) != value) futex_wait(location, seen);``."""

    location: str
    value: int
    order: Order


@dataclass(frozen=True)
class Count:
    """``register =`` the semaphore's value."""

    register: str


@dataclass(frozen=True)
class Choose:
    """``register = heald_choose(count)``."""

    register: str
    count: int


@dataclass(frozen=True)
class Assume:
    """``heald_assume(register != constant)``."""

    register: str
    constant: int


@dataclass(frozen=True)
class Pause:
    """Nothing that anybody sees: ``sched_yield()``, a sleep, a look at the clock."""

    how: str
