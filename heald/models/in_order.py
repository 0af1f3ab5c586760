"""The orders of calls that criteria ask for where the stamps alone do not say them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from math import inf

from heald.history import Event


def program_order(events: Sequence[Event]) -> list[list[int]]:
    """Return, per call, the one before it of the same thread."""
    last: dict[int, int] = {}
    before: list[list[int]] = []
    for index, event in enumerate(events):
        before.append([last[event.thread]] if event.thread in last else [])
        last[event.thread] = index
    return before


def has_ties(events: Sequence[Event]) -> bool:
    """Whether a thread began a call at the very stamp at which its last one returned."""
    returned: dict[int, int | None] = {}
    for event in events:
        if returned.get(event.thread) == event.called:
            return True
        returned[event.thread] = event.returned
    return False


def both_orders(events: Sequence[Event]) -> list[list[int]]:
    """Return, per call, the last call of each thread that comes before it.

    Time alone does not order two calls of one thread that share a stamp, since intervals
    are closed; the thread does.
    """
    ends: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    before = []
    for index, event in enumerate(events):
        own, _ = ends[event.thread]
        found = [own[-1]] if own else []
        for thread, (indices, stamps) in ends.items():
            earlier = bisect_left(stamps, event.called)
            if thread != event.thread and earlier:
                found.append(indices[earlier - 1])
        before.append(found)
        if event.returned is not None:
            ends[event.thread][0].append(index)
            ends[event.thread][1].append(event.returned)
    return before


def quiescent(events: Sequence[Event]) -> list[tuple[int, int | None]]:
    """Stamps under which all calls between two quiet moments overlap."""
    stamps: list[tuple[int, int | None]] = []
    block, end = 0, -inf
    for event in events:  # sorted by the time of the call
        if event.called > end and stamps:
            block += 1
        end = max(end, inf if event.returned is None else event.returned)
        stamps.append((2 * block, None if event.pending else 2 * block + 1))
    return stamps
