"""Scenarios that are smaller than a failing one, for a search that always answers the same.

The explorer has no luck: a scenario fails there or does not. So a failure is shrunk by
trying smaller scenarios one after the other until none of them fails: with a thread or a
call less, with two calls less, with a call before the threads instead of in one, with a
thread's calls given to another, with a call moved and another one gone, with plainer
arguments, with threads exchanged. What one such step cannot reach may still be found among
all small scenarios (``heald.generating.small``).

A scenario of a subject that has roles, or brings a strategy of its own, is well formed in a
way that is not known here: of it, calls and threads are only left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import TYPE_CHECKING, TypeAlias

from heald.generating.waiting import may_wait_for_ever
from heald.scenario import Call, Scenario

if TYPE_CHECKING:
    from heald.subject.subject import Subject

Size: TypeAlias = tuple[int, int, int, int, int, str]

_MOST_STEPS = 1_000
"""Scenarios made of one failing scenario."""


def size_of(scenario: Scenario) -> Size:
    """Fewest threads; then calls beside the final ones, in threads, in all; then values."""
    raced = sum(map(len, scenario.threads))
    values = sum(abs(value) for call in scenario.calls for value in call.args)
    counted = len(scenario.before) + raced
    every = len(scenario.calls)
    return len(scenario.threads), counted, raced, every, values, str(scenario)


@dataclass(frozen=True)
class Smaller:
    """A smaller scenario, and for each of its calls its number in the one it came from."""

    scenario: Scenario
    kept: tuple[int, ...]


_Item: TypeAlias = tuple[int, Call]
_Sequences: TypeAlias = tuple[tuple[_Item, ...], ...]


def smaller_scenarios(subject: Subject, scenario: Scenario) -> list[Smaller]:
    """Return scenarios one step smaller than this one, each once, the smallest first."""
    bound = size_of(scenario)
    may_wait = may_wait_for_ever(subject, scenario)
    found: dict[Scenario, Smaller] = {}
    for sequences in islice(_steps(subject, _numbered(scenario)), _MOST_STEPS):
        smaller = _scenario_of(sequences)
        if smaller is not None and size_of(smaller.scenario) < bound:
            found.setdefault(smaller.scenario, smaller)
    if not may_wait:  # a smaller one that hangs must not hang by its own model
        found = {s: f for s, f in found.items() if not may_wait_for_ever(subject, s)}
    return sorted(found.values(), key=lambda each: size_of(each.scenario))


def _numbered(scenario: Scenario) -> _Sequences:
    items = iter(enumerate(scenario.calls))
    return tuple(tuple(next(items) for _ in sequence) for sequence in scenario.sequences)


def _scenario_of(sequences: _Sequences) -> Smaller | None:
    threads = tuple(thread for thread in sequences[1:-1] if thread)
    if not threads:
        return None
    kept = (sequences[0], *threads, sequences[-1])
    before, *middle, after = (tuple(call for _, call in each) for each in kept)
    numbers = tuple(number for sequence in kept for number, _ in sequence)
    return Smaller(Scenario(tuple(middle), before, after), numbers)


def _steps(subject: Subject, sequences: _Sequences) -> Iterator[_Sequences]:
    may_move = not subject.roles and subject.scenarios is None
    if not subject.roles:
        yield from _without_thread(sequences)
    yield from _without_end(subject, sequences)
    if may_move:
        yield from _with_threads_joined(sequences)
    places = _removable(subject, sequences)
    for one in places:
        yield _without(sequences, {one})
    for two in combinations(places, 2):
        yield _without(sequences, set(two))
    if not may_move:
        return
    for fewer in (sequences, *(_without(sequences, {one}) for one in places)):
        yield from _with_call_moved(subject, fewer)
    yield from _with_plainer_values(subject, sequences)
    yield from _with_threads_exchanged(sequences)


def _without_thread(sequences: _Sequences) -> Iterator[_Sequences]:
    for thread in range(1, len(sequences) - 1):
        if len(sequences) > 3:
            yield _changed(sequences, {thread: ()})


def _without_end(subject: Subject, sequences: _Sequences) -> Iterator[_Sequences]:
    """Leave out what runs after the threads, but for what always does."""
    fixed = len(subject.after)
    yield _changed(sequences, {-1: sequences[-1][len(sequences[-1]) - fixed :]})


def _with_threads_joined(sequences: _Sequences) -> Iterator[_Sequences]:
    threads = range(1, len(sequences) - 1)
    if len(threads) < 3:
        return
    for first in threads:
        for second in threads:
            if first != second:
                both = sequences[first] + sequences[second]
                yield _changed(sequences, {first: both, second: ()})


def _with_threads_exchanged(sequences: _Sequences) -> Iterator[_Sequences]:
    """Exchange two threads: of scenarios that are one but for that, one is always the answer."""
    for first, second in combinations(range(1, len(sequences) - 1), 2):
        yield _changed(sequences, {first: sequences[second], second: sequences[first]})


_Place: TypeAlias = tuple[int, int]
"""Sequence and position in it."""


def _removable(subject: Subject, sequences: _Sequences) -> list[_Place]:
    """Return the places of calls that the description does not always make."""
    last = len(sequences) - 1
    first_of = {0: len(subject.before)}
    end_of = {last: len(sequences[last]) - len(subject.after)}
    return [
        (sequence, at)
        for sequence, calls in enumerate(sequences)
        for at in range(first_of.get(sequence, 0), end_of.get(sequence, len(calls)))
        if not (subject.roles and 0 < sequence < last and len(calls) == 1)
    ]


def _without(sequences: _Sequences, places: set[_Place]) -> _Sequences:
    return tuple(
        tuple(item for at, item in enumerate(calls) if (sequence, at) not in places)
        for sequence, calls in enumerate(sequences)
    )


def _with_call_moved(subject: Subject, sequences: _Sequences) -> Iterator[_Sequences]:
    """Move one call of a thread: to before the threads, or anywhere in another thread."""
    threads = range(1, len(sequences) - 1)
    for thread in threads:
        for at, item in enumerate(sequences[thread]):
            rest = sequences[thread][:at] + sequences[thread][at + 1 :]
            if "before" in subject.operation(item[1].op).operation.when:
                first = (*sequences[0], item)
                yield _changed(sequences, {0: first, thread: rest})
            for other in threads:
                if other == thread:
                    continue
                calls = sequences[other]
                for to in range(len(calls) + 1):
                    longer = (*calls[:to], item, *calls[to:])
                    yield _changed(sequences, {other: longer, thread: rest})


def _with_plainer_values(subject: Subject, sequences: _Sequences) -> Iterator[_Sequences]:
    for sequence, at in _removable(subject, sequences):
        number, call = sequences[sequence][at]
        for argument, value in enumerate(call.args):
            for plainer in (0, 1, value // 2):
                if abs(plainer) >= abs(value):
                    continue
                args = (*call.args[:argument], plainer, *call.args[argument + 1 :])
                calls = list(sequences[sequence])
                calls[at] = (number, replace(call, args=args))
                yield _changed(sequences, {sequence: tuple(calls)})


def _changed(sequences: _Sequences, changes: dict[int, tuple[_Item, ...]]) -> _Sequences:
    changed = list(sequences)
    for sequence, calls in changes.items():
        changed[sequence] = calls
    return tuple(changed)
