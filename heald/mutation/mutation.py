"""Mutation: which memory orders of a subject are needed, and whether scenarios notice.

Each order that executes is made weaker where it executes, step by step, and every execution is
explored, scenario after scenario, until one fails (``heald.orders.mutate``).

needed       A scenario fails that the subject itself passes: the order is needed, and these
             scenarios are good enough to show it.
stronger     Every execution of every scenario is right: stronger than needed, as far as
             these scenarios go. That is a proof for them and for nothing bigger.
never run    No scenario comes to the operation: a gap of the scenarios, and no part of a score.
undecided    The budget ended first, or there are far more executions than the subject has.

The score is the share of needed ones among those that are not stronger than needed: 100 %
says that every order that matters within these bounds is guarded by a scenario.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from heald.explorer.options import Options
from heald.orders.explorable import OutOfTime
from heald.orders.grounds import Bounds as Bounds
from heald.orders.grounds import Grounds
from heald.orders.mutate import mutate_explorable
from heald.orders.place_mutants import PlaceMutant, PlaceMutation, State
from heald.orders.subject import OrderedSubject
from heald.subject.subject import Subject
from heald.verdicts import Verdict

OnProgress = Callable[[str], None]

_WORDS = {"needed": "caught", "stronger": "survived"}
"""In JSON, where the words are older than those that people read."""


@dataclass(frozen=True)
class Mutation:
    """All mutants of one subject.

    Attributes
    ----------
    of_places
        What became of each.
    """

    subject: Subject
    of_places: PlaceMutation
    seconds: float = 0.0

    @property
    def model(self) -> str:
        """The memory model."""
        return self.of_places.model

    @property
    def grounds(self) -> Grounds:
        """What they were explored over."""
        return self.of_places.grounds

    @property
    def mutants(self) -> Sequence[PlaceMutant]:
        """One for each weaker order, and for each operation that never ran."""
        return self.of_places.mutants

    def count(self, state: State) -> int:
        """Count the mutants of one state."""
        return self.of_places.count(state)

    @property
    def score(self) -> float | None:
        """Needed ones among needed and undecided ones; ``None`` if there are none."""
        return self.of_places.score

    @property
    def verdict(self) -> Verdict:
        """Passed if every mutant is decided; an order too strong is an answer, no failure."""
        if self.grounds.failure is not None:
            return Verdict.FAILED
        if not self.grounds.complete:
            return Verdict.UNDECIDED
        return self.of_places.verdict

    def to_json(self) -> dict[str, Any]:
        """Return one entry of ``subjects`` in the JSON of ``heald mutate``."""
        failure = self.grounds.failure
        return {
            "subject": self.subject.name,
            "model": self.model,
            "verdict": self.verdict.value,
            "score": self.score,
            "caught": self.count("needed"),
            "survived": self.count("stronger"),
            "undecided": self.count("undecided"),
            "never_run": self.count("never run"),
            "bounds": self.grounds.to_json(),
            "failure": failure["message"] if failure else None,
            "mutants": [_entry(mutant) for mutant in self.mutants],
            "seconds": round(self.seconds, 3),
        }


def _entry(mutant: PlaceMutant) -> dict[str, Any]:
    found = mutant.to_json()
    return {
        **found,
        "macro": found["name"],
        "fence": mutant.operation == "fence",
        "state": _WORDS.get(mutant.state, mutant.state),
    }


def mutate(
    subject: Subject,
    *,
    model: str = "rc11",
    budget_s: float = 300.0,
    jobs: int = 1,
    bounds: Bounds | None = None,
    on_progress: OnProgress | None = None,
) -> Mutation:
    """Weaken every order of a subject and look for each mutant's failure.

    Parameters
    ----------
    model
        Memory model; under ``sc`` and ``tso`` few orders matter.
    budget_s
        Wall-clock seconds for everything.
    jobs
        Explorations at a time.
    on_progress
        Called with a line of text now and then.

    Raises
    ------
    UsageError
        If the subject does not compile, or does what the explorer cannot model.
    """
    began = time.monotonic()

    def said(explorations: int) -> None:
        if on_progress is not None:
            on_progress(f"{subject.name}: {explorations:,} explorations")

    options = Options(model=model, budget_s=budget_s, jobs=jobs)
    try:
        program = OrderedSubject(subject, (), options, said)
        mutated = _mutated(program, bounds or Bounds())
    except OutOfTime:  # it was not even compiled
        mutated = _undecided(subject, model)
    return replace(mutated, seconds=time.monotonic() - began)


def _undecided(subject: Subject, model: str) -> Mutation:
    grounds = Grounds(complete=False)
    nothing = PlaceMutation(subject.name, model, Verdict.UNDECIDED, grounds=grounds)
    return Mutation(subject, nothing)


def _mutated(program: OrderedSubject, bounds: Bounds) -> Mutation:
    subject, model = program.subject, program.options.model
    try:
        program.left_s()
        grounds = program.lay_grounds(bounds)
    except OutOfTime:
        grounds = Grounds(complete=False)
    if grounds.failure is not None:
        failed = PlaceMutation(
            subject.name, model, Verdict.FAILED, failure=grounds.failure, grounds=grounds
        )
        return Mutation(subject, failed)
    return Mutation(subject, mutate_explorable(program, grounds))
