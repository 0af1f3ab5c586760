"""What goes through the system, or is asked of the explorer, drawn: as in drawn_statements."""

from __future__ import annotations

from random import Random

from tests.oracle.program import LOAD_ORDERS, Store, Value

from .channel_statements import (
    Assume,
    Channels,
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
from .drawing import Known
from .drawn_statements import Statements
from .lock_statements import Meet
from .program import SECTION, Locked, Statement

PAUSES = ("sched_yield()", "usleep(1)", "poll(NULL, 0, 1)", "look()")


def drawn_channels(seed: int) -> Channels:
    random = Random(f"channels {seed}")
    return Channels(
        random.choice((0, 0, 1, 2)), random.random() < 0.4, random.random() < 0.6
    )


class ChannelStatements(Statements):
    """The kinds beside those of ``drawing.KINDS``."""

    def event_within(self, state: Known, _: int) -> tuple[Statement, int]:
        kind = self.random.random()
        if kind < 0.5:
            return EventWrite(self.value(state)), 1
        if kind < 0.85:
            return EventRead(self.register(state)), 1
        return Poll(self.register(state), "event", kind > 0.95), 1

    def pipe_within(self, state: Known, _: int) -> tuple[Statement, int]:
        kind = self.random.random()
        if kind < 0.5:
            return PipeWrite(self.value(state)), 1
        if kind < 0.85:
            return PipeRead(self.register(state), self.random.choice((1, 1, 2))), 1
        return Poll(self.register(state), "pipe", kind > 0.95), 1

    def futex_within(self, state: Known, _: int) -> tuple[Statement, int]:
        random, location = self.random, self.random.choice(self.palette.locations[:2])
        kind, all_of_them = random.random(), random.random() < 0.4
        if kind < 0.4:
            return FutexWake(self.register(state), location, all_of_them), 1
        if kind < 0.6:
            return Store(location, Value(1), self.among(LOAD_ORDERS[:1])), 1
        if kind < 0.85:
            timed = random.random() < 0.3
            return FutexWait(self.register(state), location, 0, timed), 1
        return FutexAwait(location, 1, self.among(LOAD_ORDERS)), 2

    def count_within(self, state: Known, room: int) -> tuple[Statement, int]:
        if self.random.random() < 0.3:
            return Count(self.register(state)), 1
        return self.sem_within(state, room)

    def choose_within(self, state: Known, _: int) -> tuple[Statement, int]:
        return Choose(self.register(state), self.random.choice((2, 2, 3))), 1

    def assume_within(self, state: Known, _: int) -> tuple[Statement, int] | None:
        if not state.known:
            return None
        return Assume(self.random.choice(state.known), self.random.choice((0, 1, 2))), 1

    def section_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
        if SECTION in state.held and self.random.random() < 0.9:
            return None
        used = self.random.randint(1, room)
        return Locked(SECTION, tuple(self.block(state.holding(SECTION), used))), used

    def pause_within(self, _: Known, __: int) -> tuple[Statement, int]:
        return Pause(self.random.choice(PAUSES)), 1

    def serial_within(self, state: Known, _: int) -> tuple[Statement, int]:
        return Meet(self.register(state)), 1

    def patch_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
        """From here on other orders are drawn: only the strongest, only the weakest, any."""
        self.palette.orders = self.random.choice(self.patches)
        return None
