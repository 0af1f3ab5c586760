"""Linearizability of small histories, straight from the definition.

A history is linearizable if its calls can be put in one order that the model accepts and in
which no call comes before one that had returned before it began. Wing and Gong's search
with Lowe's memoisation: what matters of a partial order is which calls it has placed and
the model's state, so each such pair is looked at once.

Calls that never returned may have taken effect or not, with any result.

Cost      Exponential in the number of calls that overlap; fine for the histories of drawn
          scenarios, some ten calls.
Source    Herlihy and Wing, TOPLAS 12(3), 1990; Wing and Gong, JPDC 17, 1993; Lowe,
          CCPE 29(4), 2017.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heald.grading import Explanation, Placed, Stuck, machine_of
from heald.history import Event, History
from heald.models import Machine, Model, freeze
from heald.scenario import Result

if TYPE_CHECKING:
    from heald.subject import Subject


def explain_history(
    specification: Subject | Model, history: History
) -> Explanation | None:
    """Say why a history is not linearizable; ``None`` if it is.

    Parameters
    ----------
    specification
        A subject with a model, or a model.
    history
        Calls of one thread follow each other in the order of their stamps; intervals of
        different threads are closed.

    Returns
    -------
    Explanation
        A longest order that the model accepts, and the calls that could have come next.
        Their ``sequence`` is the thread's number.
    """
    search = _Search(machine_of(specification), history.events)
    return search.run()


class _Search:
    def __init__(self, machine: Machine, events: tuple[Event, ...]) -> None:
        self.machine = machine
        self.events = events
        self.earlier = [_earlier(events, index) for index in range(len(events))]
        self.returned = sum(1 << i for i, e in enumerate(events) if not e.pending)

    def run(self) -> Explanation | None:
        start = (0, 0)
        reached: dict[tuple[int, int], tuple[int, ...]] = {start: ()}
        pending, furthest = [start], start
        while pending:
            here = pending.pop()
            placed, state = here
            if placed & self.returned == self.returned:
                return None
            if placed.bit_count() > furthest[0].bit_count():
                furthest = here
            for index in reversed(self.ready(placed)):
                for after in self.steps(state, index):
                    there = (placed | 1 << index, after)
                    if there not in reached:
                        reached[there] = (*reached[here], index)
                        pending.append(there)
        return self.explanation(reached[furthest], furthest)

    def ready(self, placed: int) -> list[int]:
        """Return the calls that may come next."""
        return [
            index
            for index, earlier in enumerate(self.earlier)
            if not placed >> index & 1 and placed & earlier == earlier
        ]

    def steps(self, state: int, index: int) -> list[int]:
        """Return the states after a call that gives the result which was seen."""
        event = self.events[index]
        steps = self.machine.steps(state, event.call)
        wanted = freeze(event.result)
        return [after for after, got in steps if event.pending or got == wanted]

    def explanation(self, order: tuple[int, ...], where: tuple[int, int]) -> Explanation:
        placed, state = where
        shown = (self.events[index] for index in order)
        stuck = (self.events[i] for i in self.ready(placed) if not self.events[i].pending)
        return Explanation(
            tuple(Placed(e.thread, e.call, e.result) for e in shown),
            tuple(
                Stuck(e.thread, e.call, e.result, self.accepted(state, e)) for e in stuck
            ),
        )

    def accepted(self, state: int, event: Event) -> tuple[Result, ...]:
        return tuple(
            dict.fromkeys(got for _, got in self.machine.steps(state, event.call))
        )


def _earlier(events: tuple[Event, ...], index: int) -> int:
    """Return, as bits, the calls that must come before one."""
    event = events[index]
    bits = 0
    for other_index, other in enumerate(events):
        same = other.thread == event.thread and other_index < index
        over = other.returned is not None and other.returned < event.called
        if same or over:
            bits |= 1 << other_index
    return bits
