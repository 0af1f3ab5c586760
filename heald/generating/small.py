"""Small scenarios over a subject, in order of size: what bounded verification runs over.

Two threads with up to three calls each, three threads with up to two (more threads only
where more roles ask for them). Scenarios that differ in the order of threads which may be
exchanged are one scenario.

Where the description says all there is (operations, roles), scenarios are made one after
the other, with and without something in the structure, values all different as far as the
strategies go. Where a subject brings its own strategy, scenarios must be well formed in a
way that only the strategy knows: they are drawn from it, always the same ones.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import (
    combinations_with_replacement,
    count,
    permutations,
    product,
    takewhile,
)
from typing import TYPE_CHECKING, TypeAlias

from heald.generating.drawing import Enough, draw_each
from heald.generating.kept import kept_scenarios
from heald.generating.waiting import may_wait_for_ever
from heald.scenario import Call, Scenario
from heald.subject.subject import Subject

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_MOST_OPS = {2: 3, 3: 2}
"""Calls of one thread, by how many threads there are."""

_Word: TypeAlias = tuple[str, ...]
"""What one thread calls."""

_ENUMERATED = 20_000
_DRAWS_EACH = 8
_IN_VAIN = 120
_VALUES = 6


@dataclass(frozen=True)
class SmallScenarios:
    """Scenarios by rising size.

    Attributes
    ----------
    known
        How many there are of these sizes, or were drawn.
    systematic
        Whether they were made one after the other, and not drawn.
    """

    scenarios: tuple[Scenario, ...]
    known: int
    systematic: bool

    def __str__(self) -> str:
        if not self.systematic:
            how = "small ones drawn from the subject's own strategy"
        elif len(self.scenarios) == self.known:
            how = "all"
        else:
            how = f"a sample of {self.known:,}"
        return (
            f"{len(self.scenarios):,} scenarios ({how}; 2 threads x 1-3 calls, 3 x 1-2)"
        )


def small_scenarios(
    subject: Subject, *, most: int, goes_on: Callable[[], bool] = lambda: True
) -> SmallScenarios:
    """Make up to `most` small scenarios; the same ones every time.

    Parameters
    ----------
    goes_on
        Asked now and then: whether there is time for more. Without it there are fewer.

    Raises
    ------
    UsageError
        If threads have nothing to call.
    """
    if most == 0:
        return SmallScenarios((), 0, subject.scenarios is None)
    if subject.scenarios is not None:
        drawn = kept_scenarios(
            subject, most, lambda: _drawn(subject, most, goes_on), goes_on
        )
        return SmallScenarios(_sample(drawn, most), len(drawn), systematic=False)
    shapes = _shapes_of(subject)
    known = sum(shape.count for shape in shapes)
    if known <= _ENUMERATED:
        every = (scenario for shape in shapes for scenario in shape.all())
        made = list(takewhile(lambda _: goes_on(), every))
        known = len(made)
    else:
        made = _some_of(shapes, most, goes_on)
    return SmallScenarios(_sample(made, most), known, systematic=True)


def _sample(found: Sequence[Scenario], most: int) -> tuple[Scenario, ...]:
    """Return at most so many, always the same ones, the small ones first."""
    if len(found) > most:
        chosen = random.Random(0).sample(range(len(found)), most)
        found = [found[i] for i in sorted(chosen)]
    return tuple(sorted(found, key=size))


def size(scenario: Scenario) -> tuple[int, int]:
    """Return what a search grows with: calls at the same time, then all calls."""
    return sum(map(len, scenario.threads)), len(scenario.calls)


# --- drawn ----------------------------------------------------------------------------


def _drawn(subject: Subject, most: int, goes_on: Callable[[], bool]) -> list[Scenario]:
    """Draw so many different ones, or until nothing new has come for long."""
    found: dict[object, Scenario] = {}
    in_vain = 0

    def keep(scenario: Scenario) -> None:
        nonlocal in_vain
        known = len(found)
        if _is_small(subject, scenario):
            found.setdefault(canonical(subject, scenario), scenario)
        in_vain = in_vain + 1 if len(found) == known else 0
        if len(found) >= most or in_vain > _IN_VAIN:
            raise Enough

    from heald.generating.strategies import scenarios

    many = _DRAWS_EACH * most
    draw_each(scenarios(subject), keep, most=many, seed=0, goes_on=goes_on)
    return list(found.values())


def _is_small(subject: Subject, scenario: Scenario) -> bool:
    threads = len(scenario.threads)
    most = _MOST_OPS.get(threads, 1 if threads == len(subject.roles) else 0)
    return threads >= 2 and all(0 < len(word) <= most for word in scenario.threads)


def canonical(subject: Subject, scenario: Scenario) -> object:
    """Return the same for scenarios that differ in names of threads and values only.

    Zero stays zero: it is often special.
    """
    roles = len(subject.roles)
    fixed, free = scenario.threads[:roles], scenario.threads[roles:]
    return min(
        _renamed((scenario.before, *fixed, *order, scenario.after))
        for order in permutations(free)
    )


def _renamed(
    sequences: Sequence[Sequence[Call]],
) -> tuple[tuple[tuple[str, tuple[int, ...]], ...], ...]:
    names: dict[int, int] = {0: 0}
    return tuple(
        tuple(
            (call.op, tuple(names.setdefault(arg, len(names)) for arg in call.args))
            for call in sequence
        )
        for sequence in sequences
    )


# --- enumerated -----------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """Scenarios with one number of threads: words of each role, and of the others."""

    pools: Pools
    own: list[list[_Word]]
    free: list[_Word]
    others: int

    @property
    def count(self) -> int:
        """How many there are, threads without a role being exchangeable."""
        # With all threads taken by roles there is nobody else, in one way.
        rest = (
            math.comb(len(self.free) + self.others - 1, self.others) if self.others else 1
        )
        return math.prod(map(len, self.own)) * rest * len(self.pools.fillings)

    def all(self) -> Iterator[Scenario]:
        """Make them all, each once; without those that may wait for ever by their model."""
        for fixed in product(*self.own):
            for rest in combinations_with_replacement(self.free, self.others):
                for filled in self.pools.fillings:
                    made = self.pools.scenario_that_ends(filled, (*fixed, *rest))
                    if made is not None:
                        yield made

    def one(self, choices: random.Random) -> Scenario | None:
        """Draw one; None if it may wait for ever by its model."""
        own = map(choices.choice, self.own)
        rest = sorted(choices.choices(self.free, k=self.others)) if self.others else ()
        filled = choices.choice(self.pools.fillings)
        return self.pools.scenario_that_ends(filled, (*own, *rest))


def _shapes_of(subject: Subject) -> list[Shape]:
    pools = Pools(subject)
    roles = subject.roles
    sizes = [n for n in _MOST_OPS if n >= len(roles)] or [len(roles)]
    if not pools.free:
        sizes = [len(roles)]
    shapes = []
    for threads in sizes:
        most_ops = _MOST_OPS.get(threads, 1)
        own = [pools.words(role, most_ops) for role in roles]
        free = pools.words(None, most_ops)
        shapes.append(Shape(pools, own, free, threads - len(roles)))
    return shapes


def _some_of(
    shapes: Sequence[Shape], most: int, goes_on: Callable[[], bool]
) -> list[Scenario]:
    """Draw from too many to make them all: as many of each number of threads."""
    choices = random.Random(0)
    found: dict[Scenario, None] = {}
    for _ in takewhile(lambda _: goes_on(), range(most)):
        for shape in shapes:
            made = shape.one(choices)
            if made is not None:
                found[made] = None
    return list(found)


class Pools:
    """What may be called where, and with which values.

    Attributes
    ----------
    free
        Operations that any thread may call.
    """

    def __init__(self, subject: Subject) -> None:
        from heald.generating.strategies import calls, scenarios

        scenarios(subject, threads=max(2, len(subject.roles)))  # raises what is wrong
        self.subject = subject
        operations = subject.operations.values()
        self.free = [o.name for o in operations if self._may(o.name, "threads", None)]
        fillers = [
            o.name for o in operations if o.arguments and "before" in o.operation.when
        ]
        self.fillings: list[_Word] = [
            (),
            *((name,) * 2 for name in fillers[:1]),
        ]
        emptying = [
            o.name for o in operations if not o.arguments and "after" in o.operation.when
        ]
        self.emptied = () if subject.after else tuple(n for n in emptying for _ in "12")
        self.values = {o.name: _some_calls(calls(o)) for o in operations}

    def _may(self, name: str, part: str, role: str | None) -> bool:
        operation = self.subject.operations[name].operation
        return part in operation.when and operation.role in (None, role)

    def words(self, role: str | None, most: int) -> list[_Word]:
        """Return what a thread of a role may call, up to so many calls, the short ones first."""
        names = [n for n in self.subject.operations if self._may(n, "threads", role)]
        return [
            word
            for length in range(1, most + 1)
            for word in product(names, repeat=length)
        ]

    def scenario_that_ends(
        self, filled: _Word, words: tuple[_Word, ...]
    ) -> Scenario | None:
        """Return a scenario: what runs before, each thread's calls, and what empties it.

        Where a model waits, less is put in before and less is taken out after, so that what
        may wait for ever is only left out when the threads themselves may.
        """
        for first in (filled, filled[:-1]) if filled[1:] else (filled,):
            for last in range(len(self.emptied), -1, -1):
                made = self._scenario(first, words, self.emptied[:last])
                if not may_wait_for_ever(self.subject, made):
                    return made
        return None

    def _scenario(
        self, filled: _Word, words: tuple[_Word, ...], emptied: _Word
    ) -> Scenario:
        used = {name: count() for name in self.values}

        def call(name: str) -> Call:
            values = self.values[name]
            return values[next(used[name]) % len(values)]

        first = tuple(map(call, filled))
        threads = tuple(tuple(map(call, word)) for word in words)
        last = tuple(map(call, emptied))
        return Scenario(
            threads=threads,
            before=(*self.subject.before, *first),
            after=(*last, *self.subject.after),
        )


def _some_calls(strategy: SearchStrategy[Call]) -> list[Call]:
    """Draw a few different calls, the simplest first; always the same ones."""
    found: dict[Call, None] = {}
    draw_each(strategy, found.setdefault, most=5 * _VALUES, seed=0)
    return sorted(found, key=lambda call: [abs(a) for a in call.args])[:_VALUES]
