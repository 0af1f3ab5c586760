"""Which calls were over before others began: what of a history two machines can share.

Stamps are ticks of one machine's clock; no other run has them. What they prove is an order:
this call had returned before that one began. A history of real threads is found again in
the explorer if the same calls return the same results in an execution that keeps this order.

Calls are numbered through a scenario's sequences: before, each thread, after. What follows
from the sequences themselves is left out, and so is what follows from other pairs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from heald.history import Event, History
from heald.scenario import Outcome, Scenario

Precedence: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs of numbers of calls: the first returned before the second began."""


def placed_events(history: History, scenario: Scenario) -> tuple[Event, ...] | None:
    """Return the events in the order of the scenario's calls; ``None`` if they do not fit."""
    by_thread: dict[int, list[Event]] = defaultdict(list)
    for event in history.events:  # sorted by the time of the call
        by_thread[event.thread].append(event)
    alone, before = by_thread.pop(0, []), len(scenario.before)
    placed = alone[:before]
    for thread in range(1, len(scenario.threads) + 1):
        placed += by_thread.pop(thread, [])
    placed += alone[before:]
    fits = not by_thread and [event.call for event in placed] == list(scenario.calls)
    return tuple(placed) if fits else None


def outcome_of(history: History, scenario: Scenario) -> Outcome | None:
    """Return what the calls returned; ``None`` if one did not, or they do not fit."""
    placed = placed_events(history, scenario)
    if placed is None or any(event.pending for event in placed):
        return None
    results = iter([event.result for event in placed])
    return tuple(
        tuple(next(results) for _ in sequence) for sequence in scenario.sequences
    )


def precedence_of(history: History, scenario: Scenario) -> Precedence:
    """Return which calls of different threads were over before others began."""
    placed = placed_events(history, scenario)
    if placed is None:
        return ()
    sequence = _sequence_of(scenario)
    threads = range(1, len(scenario.threads) + 1)
    return _reduced(
        {
            (first, second)
            for first, a in enumerate(placed)
            for second, b in enumerate(placed)
            if sequence[first] in threads
            and sequence[second] in threads
            and sequence[first] != sequence[second]
            and a.returned is not None
            and a.returned < b.called
        },
        sequence,
    )


def restricted(
    precedence: Precedence, scenario: Scenario, smaller: Scenario, kept: Sequence[int]
) -> Precedence:
    """Return what remains of the order in a scenario with some of the calls.

    Parameters
    ----------
    kept
        For each call of `smaller` its number in `scenario`.
    """
    whole = _closed(precedence, _sequence_of(scenario))
    new = {old: number for number, old in enumerate(kept)}
    sequence = _sequence_of(smaller)
    threads = range(1, len(smaller.threads) + 1)
    left = {
        (new[first], new[second])
        for first, second in whole
        if first in new and second in new
    }
    return _reduced(
        {
            (first, second)
            for first, second in left
            if sequence[first] != sequence[second]
            and sequence[first] in threads
            and sequence[second] in threads
        },
        sequence,
    )


def _sequence_of(scenario: Scenario) -> list[int]:
    return [at for at, calls in enumerate(scenario.sequences) for _ in calls]


def _closed(
    pairs: Iterable[tuple[int, int]], sequence: Sequence[int]
) -> set[tuple[int, int]]:
    """Add what follows from the pairs and from each thread's own order."""
    count = len(sequence)
    after = [
        {b for b in range(a + 1, count) if sequence[b] == sequence[a]}
        for a in range(count)
    ]
    for first, second in pairs:
        after[first].add(second)
    for middle in range(count):
        for each in after:
            if middle in each:
                each |= after[middle]
    return {(a, b) for a in range(count) for b in after[a]}


def _reduced(pairs: set[tuple[int, int]], sequence: Sequence[int]) -> Precedence:
    """Leave out what follows from the other pairs."""
    left = set(pairs)
    for pair in sorted(pairs):
        if pair in _closed(left - {pair}, sequence):
            left.discard(pair)
    return tuple(sorted(left))


def in_time_of(detail: Mapping[str, Any]) -> Precedence:
    """Read the order out of a finding's detail, or a capsule's settings."""
    return tuple((int(a), int(b)) for a, b in detail.get("in_time", ()))


def in_words(scenario: Scenario, precedence: Precedence) -> str:
    """Say the order in words; nothing if there is none."""
    names = [
        f"thread {at}'s {call}" if 0 < at <= len(scenario.threads) else str(call)
        for at, calls in enumerate(scenario.sequences)
        for call in calls
    ]
    pairs = [f"{names[a]} was over before {names[b]} began" for a, b in precedence]
    return "in time: " + ", ".join(pairs) if pairs else ""
