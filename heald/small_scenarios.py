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

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, count, islice, permutations, product
from typing import TYPE_CHECKING

from heald.scenario import Call, Scenario
from heald.strategies import calls, scenarios
from heald.subject import Subject

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_MOST_OPS = {2: 3, 3: 2}
"""Calls of one thread, by how many threads there are."""

_ENUMERATED = 20_000
_DRAWS_EACH = 8
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


def small_scenarios(subject: Subject, *, most: int) -> SmallScenarios:
    """Make up to `most` small scenarios; the same ones every time.

    Raises
    ------
    UsageError
        If threads have nothing to call.
    """
    systematic = subject.scenarios is None
    make = _enumerated if systematic else _drawn
    distinct = list(make(subject, most)) if most else []
    if len(distinct) > most:
        chosen = random.Random(0).sample(range(len(distinct)), most)
        kept = [distinct[i] for i in sorted(chosen)]
    else:
        kept = distinct
    kept.sort(key=size)
    return SmallScenarios(tuple(kept), len(distinct), systematic)


def size(scenario: Scenario) -> tuple[int, int]:
    """Return what a search grows with: calls at the same time, then all calls."""
    return sum(map(len, scenario.threads)), len(scenario.calls)


# --- drawn ----------------------------------------------------------------------------


def _drawn(subject: Subject, most: int) -> Iterator[Scenario]:
    import hypothesis
    from hypothesis import HealthCheck, Phase

    found: dict[object, Scenario] = {}

    @hypothesis.seed(0)
    @hypothesis.settings(
        max_examples=_DRAWS_EACH * most,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(scenarios(subject))
    def draw(scenario: Scenario) -> None:
        if _is_small(subject, scenario):
            found.setdefault(canonical(subject, scenario), scenario)

    draw()
    yield from found.values()


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


def _enumerated(subject: Subject, most: int) -> Iterator[Scenario]:
    del most  # all of them are needed to draw a fair sample
    pools = _Pools(subject)
    return islice(_in_turn(subject, pools), _ENUMERATED)


def _in_turn(subject: Subject, pools: _Pools) -> Iterator[Scenario]:
    words_of = pools.words
    roles = subject.roles
    least = max(2, len(roles))
    sizes = [n for n in _MOST_OPS if n >= least] or [least]
    if not pools.free:
        sizes = [least]
    for threads in sizes:
        most_ops = _MOST_OPS.get(threads, 1)
        own = [words_of(role, most_ops) for role in roles]
        free = words_of(None, most_ops) if pools.free else []
        for fixed in product(*own):
            for rest in combinations_with_replacement(free, threads - len(roles)):
                for filled in pools.fillings:
                    yield pools.scenario(filled, (*fixed, *rest))


class _Pools:
    """What may be called where, and with which values."""

    def __init__(self, subject: Subject) -> None:
        from heald.strategies import scenarios as checked

        checked(subject, threads=max(2, len(subject.roles)))  # raises what is wrong
        self.subject = subject
        operations = subject.operations.values()
        self.free = [o.name for o in operations if self._may(o.name, "threads", None)]
        fillers = [
            o.name for o in operations if o.arguments and "before" in o.operation.when
        ]
        self.fillings: list[tuple[str, ...]] = [
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

    def words(self, role: str | None, most: int) -> list[tuple[str, ...]]:
        names = [n for n in self.subject.operations if self._may(n, "threads", role)]
        return [
            word
            for length in range(1, most + 1)
            for word in product(names, repeat=length)
        ]

    def scenario(
        self, filled: tuple[str, ...], words: tuple[tuple[str, ...], ...]
    ) -> Scenario:
        used = {name: count() for name in self.values}

        def call(name: str) -> Call:
            values = self.values[name]
            return values[next(used[name]) % len(values)]

        first = tuple(map(call, filled))
        threads = tuple(tuple(map(call, word)) for word in words)
        last = tuple(map(call, self.emptied))
        return Scenario(
            threads=threads,
            before=(*self.subject.before, *first),
            after=(*last, *self.subject.after),
        )


def _some_calls(strategy: SearchStrategy[Call]) -> list[Call]:
    """Draw a few different calls, the simplest first; always the same ones."""
    import hypothesis
    from hypothesis import HealthCheck, Phase

    found: dict[Call, None] = {}

    @hypothesis.seed(0)
    @hypothesis.settings(
        max_examples=5 * _VALUES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def keep(call: Call) -> None:
        found[call] = None

    keep()
    return sorted(found, key=lambda call: [abs(a) for a in call.args])[:_VALUES]
