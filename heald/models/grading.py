"""Which outcomes a model allows, and why not the others.

An outcome says what every call returned, not when. It is allowed if some interleaving of
whole calls, each thread's in its own order, gives these results: between the threads no
call is known to end before another begins. (Where the times are known, that is a history,
and linearizability asks for more.)

Why       Real threads give millions of samples but few distinct outcomes; each is judged
          once.
Cost      Calls of one thread are taken in order, so what matters of a partial
          interleaving is how far each thread is and the model's state. Both searches
          remember these pairs; 3 threads with 4 calls each have at most 125 positions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Protocol, TypeAlias

from heald.models.instead import Instead, right_instead, told_instead
from heald.models.machine import Machine, Model, freeze
from heald.scenario import Call, Outcome, Result, Scenario, show_result
from heald.verdicts import UsageError

Positions: TypeAlias = tuple[int, ...]
"""How many calls of each sequence have been placed."""


#: Of so many forbidden outcomes, the most frequent ones, it is said what would be right.
_MOST_TOLD = 3


class Grade(Enum):
    """What is known of an outcome; the value is the word in tables and JSON."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    UNGRADED = "ungraded"


@dataclass(frozen=True)
class Placed:
    """One call that found its place: its sequence, and what it returned."""

    sequence: int
    call: Call
    result: Result


@dataclass(frozen=True)
class Stuck:
    """A call that cannot come next, and what the model would have accepted instead.

    ``accepted`` is empty where the model says that the call would wait.
    """

    sequence: int
    call: Call
    result: Result
    accepted: tuple[Result, ...]


@dataclass(frozen=True)
class Explanation:
    """Why an outcome is forbidden.

    Attributes
    ----------
    order
        A longest run of calls that the model accepts.
    stuck
        The calls that could come next, none of which fits.
    instead
        Calls that are wrong alone, with the results that would be right.
    """

    order: tuple[Placed, ...]
    stuck: tuple[Stuck, ...]
    instead: tuple[Instead, ...] = ()

    def __str__(self) -> str:
        lines = []
        if self.order:
            shown = ", ".join(p.call.with_result(p.result) for p in self.order)
            lines.append(f"the model agrees with {shown}; then")
        for stuck in self.stuck:
            accepts = " or ".join(map(show_result, stuck.accepted))
            instead = (
                f"the model accepts {accepts}" if accepts else "the model would wait"
            )
            lines.append(f"  {stuck.call.with_result(stuck.result)}   {instead}")
        known = [(stuck.call, stuck.accepted) for stuck in self.stuck]
        lines += filter(None, [told_instead(self.instead, known)])
        return "\n".join(lines)


@dataclass(frozen=True)
class GradedOutcome:
    """One distinct outcome of a run; ``explanation`` only where it is forbidden."""

    outcome: Outcome
    count: int
    grade: Grade
    explanation: Explanation | None = None


@dataclass(frozen=True)
class Grading:
    """A histogram, graded: forbidden outcomes first, then by falling count."""

    scenario: Scenario
    rows: tuple[GradedOutcome, ...]

    @property
    def samples(self) -> int:
        """Samples in all."""
        return sum(row.count for row in self.rows)

    @property
    def forbidden(self) -> tuple[GradedOutcome, ...]:
        """The outcomes that must not be."""
        return tuple(row for row in self.rows if row.grade is Grade.FORBIDDEN)

    def __str__(self) -> str:
        width = len(f"{max((row.count for row in self.rows), default=0):,}")
        return "\n".join(
            f"{row.count:>{width},}  {row.grade.value:9}  {self.scenario.line(row.outcome)}"
            for row in self.rows
        )


def allowed_outcomes(model: Machine | Model, scenario: Scenario) -> set[Outcome]:
    """Compute every outcome that the model allows.

    Parameters
    ----------
    model
        Or the machine of one, which remembers what it has computed.
    scenario
        Any; but the number of outcomes grows exponentially with the number of calls.

    Returns
    -------
    set of outcomes
        Empty if every interleaving gets stuck in calls that would wait.
    """
    machine = model if isinstance(model, Machine) else Machine(model)
    known: dict[tuple[Positions, int], frozenset[Outcome]] = {}
    sequences = scenario.sequences

    def endings(positions: Positions, state: int) -> frozenset[Outcome]:
        """Return the results still to come, per sequence, from here on."""
        found = known.get((positions, state))
        if found is not None:
            return found
        ready = _ready(scenario, positions)
        if not ready:
            return frozenset({tuple(() for _ in sequences)})
        made = set()
        for sequence in ready:
            call = sequences[sequence][positions[sequence]]
            further = _advanced(positions, sequence)
            for after, result in machine.steps(state, call):
                made |= {_with(e, sequence, result) for e in endings(further, after)}
        known[positions, state] = frozenset(made)
        return known[positions, state]

    return set(endings(tuple(0 for _ in sequences), 0))


def explain(
    model: Machine | Model, scenario: Scenario, outcome: Outcome
) -> Explanation | None:
    """Say why an outcome is forbidden; ``None`` if the model allows it.

    Follows only results that the outcome has, so it copes with scenarios whose outcomes
    are too many to list.
    """
    machine = model if isinstance(model, Machine) else Machine(model)
    outcome = _checked(scenario, outcome)
    start = (tuple(0 for _ in scenario.sequences), 0)
    reached: dict[tuple[Positions, int], tuple[Placed, ...]] = {start: ()}
    pending, furthest = [start], start
    while pending:
        here = pending.pop()
        positions, state = here
        ready = _ready(scenario, positions)
        if not ready:
            return None
        if sum(positions) > sum(furthest[0]):
            furthest = here
        for sequence in reversed(ready):
            call = scenario.sequences[sequence][positions[sequence]]
            result = outcome[sequence][positions[sequence]]
            for after, expected in machine.steps(state, call):
                there = (_advanced(positions, sequence), after)
                if expected == result and there not in reached:
                    reached[there] = (*reached[here], Placed(sequence, call, result))
                    pending.append(there)
    return Explanation(reached[furthest], _stuck(machine, scenario, outcome, *furthest))


def _with_instead(
    row: GradedOutcome, subject: Specified, scenario: Scenario
) -> GradedOutcome:
    """Add what each call should have returned, in the order of before, threads, after."""
    if row.explanation is None:
        return row
    outcome = _checked(scenario, row.outcome)
    results = [result for sequence in outcome for result in sequence]
    before: list[range] = []
    first, last = len(scenario.before), len(results) - len(scenario.after)
    for sequence in scenario.sequences:
        begins = len(before)
        for index in range(begins, begins + len(sequence)):
            alone = index < first or index >= last
            before.append(range(0 if alone else begins, index))
    order = [{*mine, *range(min(first, index))} for index, mine in enumerate(before)]
    calls = [*zip(scenario.calls, results, strict=True)]
    instead = right_instead(subject.machine, calls, order)
    return replace(row, explanation=replace(row.explanation, instead=instead))


class Specified(Protocol):
    """What says which outcomes are right: a subject."""

    @property
    def model(self) -> Any:
        """Its model, or None."""

    @property
    def machine(self) -> Machine:
        """The machine of the model."""

    @property
    def outcomes(self) -> Any:
        """Its own table, a function from a scenario to the allowed outcomes, or None."""


def grade(
    subject: Specified, scenario: Scenario, histogram: Mapping[Outcome, int]
) -> Grading:
    """Grade what a run showed.

    A table of outcomes that the subject brings comes first, then its model; with neither
    everything stays ungraded.
    """
    rows = [
        _graded(subject, scenario, outcome, count) for outcome, count in histogram.items()
    ]
    first = {Grade.FORBIDDEN: 0, Grade.UNGRADED: 1, Grade.ALLOWED: 2}
    rows.sort(key=lambda row: (first[row.grade], -row.count))
    told = [_with_instead(row, subject, scenario) for row in rows[:_MOST_TOLD]]
    return Grading(scenario, (*told, *rows[_MOST_TOLD:]))


def _graded(
    subject: Specified, scenario: Scenario, outcome: Outcome, count: int
) -> GradedOutcome:
    listed = _listed(subject, scenario, outcome)
    if listed is not Grade.UNGRADED or subject.model is None:
        return GradedOutcome(outcome, count, listed)
    why = explain(subject.machine, scenario, outcome)
    return GradedOutcome(outcome, count, Grade.FORBIDDEN if why else Grade.ALLOWED, why)


def _listed(subject: Specified, scenario: Scenario, outcome: Outcome) -> Grade:
    """Look an outcome up in the subject's own table."""
    table = subject.outcomes
    if table is None:
        return Grade.UNGRADED
    if isinstance(table, Mapping):
        return Grade(table.get(outcome, Grade.UNGRADED.value))
    allowed: Collection[Outcome] = table(scenario)
    return Grade.ALLOWED if outcome in allowed else Grade.FORBIDDEN


def _ready(scenario: Scenario, positions: Positions) -> list[int]:
    """Return the sequences whose next call may come now: before, the threads, after."""
    lengths = [len(sequence) for sequence in scenario.sequences]
    last = len(lengths) - 1
    if positions[0] < lengths[0]:
        return [0]
    threads = [s for s in range(1, last) if positions[s] < lengths[s]]
    return threads or ([last] if positions[last] < lengths[last] else [])


def _advanced(positions: Positions, sequence: int) -> Positions:
    return (*positions[:sequence], positions[sequence] + 1, *positions[sequence + 1 :])


def _with(ending: Outcome, sequence: int, result: Result) -> Outcome:
    """Put a result in front of a sequence's."""
    longer = (result, *ending[sequence])
    return (*ending[:sequence], longer, *ending[sequence + 1 :])


def _stuck(
    machine: Machine,
    scenario: Scenario,
    outcome: Outcome,
    positions: Positions,
    state: int,
) -> tuple[Stuck, ...]:
    found = []
    for sequence in _ready(scenario, positions):
        call = scenario.sequences[sequence][positions[sequence]]
        accepted = tuple(dict.fromkeys(r for _, r in machine.steps(state, call)))
        result = outcome[sequence][positions[sequence]]
        found.append(Stuck(sequence, call, result, accepted))
    return tuple(found)


def _checked(scenario: Scenario, outcome: Outcome) -> Outcome:
    lengths = [len(sequence) for sequence in scenario.sequences]
    if [len(results) for results in outcome] != lengths:
        raise UsageError(
            f"an outcome of {scenario} has {lengths} results per sequence; "
            f"got {[len(results) for results in outcome]}"
        )
    return tuple(tuple(freeze(result) for result in results) for results in outcome)
