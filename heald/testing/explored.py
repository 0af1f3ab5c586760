"""``heald.explored``: a pytest test that explores drawn scenarios under memory models.

Hypothesis draws scenarios; each is explored to the end if that takes few executions, else
sampled. Exploring is deterministic, so a failing scenario shrinks like any other input: what
is reported has the fewest threads, calls and arguments that still fail.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from heald.explorer.exploration import Exploration, explore_scenario
from heald.explorer.notes import NOTES, UNSEEN_WRITE, told_notes
from heald.explorer.served import processor_s
from heald.finding import Finding
from heald.generating.drawing import Enough, draw_failing
from heald.generating.scope import Scope
from heald.generating.smaller import Size, size_of, smaller_scenarios
from heald.generating.strategies import Range, scenarios
from heald.scenario import Scenario
from heald.testing.remembered import Remembered
from heald.testing.repeated import Test, repeated
from heald.verdicts import UsageError, Verdict

if TYPE_CHECKING:
    from heald.subject.subject import Subject
    from heald.testing.repeated import HealdRun

MODELS: tuple[str, ...] = ("rc11",)
_MOST_SCENARIOS = 10_000
_MOST_EXECUTIONS = 50_000
"""Of one drawn scenario; beyond that the rest of it is sampled."""
_SAMPLES = 2_000
_SMALLER_SCENARIOS = 600
_SHRINKING_S = 60.0
_FEWEST_DRAWN, _MOST_DRAWN = 100, 1_000
_EXAMPLE_S = 0.02
"""What one drawn schedule costs: a process of the explorer."""
_MOST_REPEATED = 20
_FEWEST_OF_SCOPE = 30
"""Scenarios of a scope that are explored in any case, so that what fails there always does."""
_BUSY = 20


def explored(
    subject: Subject,
    *,
    threads: Range = 2,
    ops: Range = 2,
    before: Range = 1,
    after: Range = 1,
    models: Sequence[str] = MODELS,
    races: str = "fail",
    budget_s: float | None = None,
) -> Test:
    """Make a test: no execution of small scenarios fails under these memory models.

    Parameters
    ----------
    threads, ops, before, after
        Sizes of the scenarios; see ``heald.scenarios``. The subject's ``interesting``
        scenarios come first.
    models
        Any of ``"sc"``, ``"tso"``, ``"rc11"``.
    races
        ``"fail"``, or ``"allow"``: plain accesses are then relaxed atomic ones.
    budget_s
        Processor seconds of exploring; ``--heald-budget`` by default.

    Notes
    -----
    First come the subject's ``interesting`` scenarios, then all scenarios of these sizes, each
    once, in order of size: what fails there fails every time. Time that is left goes to
    drawn ones.

    Raises
    ------
    UsageError
        If there is no scenario of these sizes.
    """
    drawn = scenarios(subject, threads=threads, ops=ops, before=before, after=after)

    def check_explored(heald_run: HealdRun) -> None:
        __tracebackhide__ = True
        within_s = heald_run.budget_s if budget_s is None else budget_s
        search = ExploredSearch(subject, models, races, within_s, heald_run.seed)
        if heald_run.resume:
            search.remembered = Remembered.of(subject, models, races)
        search.run(drawn, Scope.of(subject, threads, ops))
        search.raise_failure()
        search.refuse_doubts()
        heald_run.say(search.effort())

    doc = f"{subject.name} is right in every execution that is explored."
    return repeated(check_explored, doc)


@dataclass
class ExploredSearch:
    """Looks for a failing scenario in the explorer, within a budget.

    Attributes
    ----------
    smallest
        The smallest failing scenario's exploration, if there is one.
    exhausted, sampled
        How many scenarios were explored to the end, and how many only in part.
    refused
        What the explorer cannot model, in its own words.
    scope, of_scope
        The scope that is gone through, and how many of its scenarios were explored.
    notes
        What limits the worth of all that, in sentences, each once.
    remembered, earlier
        What earlier runs explored to the end, and how many scenarios were left out for that.
    """

    subject: Subject
    models: Sequence[str]
    races: str
    budget_s: float
    seed: int
    kinds: tuple[str, ...] = ()
    smallest: Exploration | None = None
    exhausted: int = 0
    sampled: int = 0
    executions: int = 0
    refused: str | None = None
    scope: Scope | None = None
    of_scope: int = 0
    notes: dict[str, None] = field(default_factory=dict)
    remembered: Remembered | None = None
    earlier: int = 0
    _known: dict[Scenario, bool] = field(default_factory=dict)

    def run(self, drawn: Any, scope: Scope | None = None) -> None:
        """Try the interesting scenarios, all of a scope, then drawn ones until time is up."""
        self.scope = scope
        clock = _Clock(self.budget_s)
        for scenario in self.subject.interesting:
            if self.refused or (self._known and clock.is_late()):
                return
            if self.fails(scenario):
                break
        if self.smallest is None and scope is not None:
            self._go_through(scope, clock)
            if self.smallest is not None:
                self._make_smaller()
                return
        deadline = time.monotonic() + clock.left_s()
        self._draw(drawn, deadline)
        if self.smallest is None and self.sampled and not self.refused:
            self._draw_schedules(drawn, deadline)

    def _go_through(self, scope: Scope, clock: _Clock) -> None:
        """Explore the scenarios of a scope, the small ones first, until one fails."""
        for scenario in scope:
            if self.refused or (self.of_scope >= _FEWEST_OF_SCOPE and clock.is_late()):
                return
            if self.fails(scenario):
                return
            self.of_scope += 1

    def _make_smaller(self) -> None:
        """Take away what the failure does not need: the same steps every time."""
        clock = _Clock(_SHRINKING_S)
        found = True
        while found and not clock.is_late():
            assert self.smallest is not None
            ways = smaller_scenarios(self.subject, self.smallest.scenario)
            found = any(
                size_of(way.scenario) < size_of(self.smallest.scenario)
                and self.fails(way.scenario)
                for way in ways
            )

    def _draw_schedules(self, drawn: Any, deadline: float) -> None:
        """Draw schedules, too, where not every execution could be visited.

        Then scenario and schedule shrink together.
        """
        from heald.explorer.drawn import find_drawn_failure

        left_s = deadline - time.monotonic()
        examples = int(min(_MOST_DRAWN, max(_FEWEST_DRAWN, left_s / _EXAMPLE_S)))
        for model in self.models:
            found = find_drawn_failure(
                self.subject,
                drawn,
                seed=self.seed,
                max_examples=examples,
                model=model,
                races=self.races,
            )
            if found and (not self.kinds or found.finding.kind in self.kinds):
                self.smallest = Exploration(
                    found.scenario,
                    found.options,
                    Verdict.FAILED,
                    exhaustive=False,
                    executions=1,
                    blocked=0,
                    seconds=0.0,
                    findings=(found.finding,),
                )
                return

    def fails(self, scenario: Scenario) -> bool:
        """Explore a scenario under every model; remember the smallest that fails."""
        known = self._known.get(scenario)
        if known is None:
            known = self._known[scenario] = self._explore(scenario)
        return known

    def _explore(self, scenario: Scenario) -> bool:
        if self.remembered is not None and scenario in self.remembered:
            self.earlier += 1
            self.exhausted += len(self.models)
            return False
        all_exhausted = self.exhausted + len(self.models)
        for model in self.models:
            try:
                result = self._one(scenario, model)
            except UsageError as error:
                self.refused = str(error)
                return False
            if UNSEEN_WRITE in result.engine.get("notes", ()):
                self.refused = f"{self.subject.name}: {NOTES[UNSEEN_WRITE]}"
                return False
            self.notes |= dict.fromkeys(told_notes(result.engine, self.subject.trust))
            self.executions += result.executions
            self.exhausted += result.exhaustive
            self.sampled += not result.exhaustive and not result.findings
            if self._counted(result):
                if self.smallest is None or size_of(scenario) < size_of(
                    self.smallest.scenario
                ):
                    self.smallest = result
                return True
        is_right = self.exhausted == all_exhausted and not self.notes
        if self.remembered is not None and is_right:
            self.remembered.add(scenario)
        return False

    def _one(self, scenario: Scenario, model: str) -> Exploration:
        options: dict[str, Any] = {"model": model, "races": self.races}
        limit = max(0.5, self.budget_s)
        result = explore_scenario(
            self.subject,
            scenario,
            max_executions=_MOST_EXECUTIONS,
            budget_s=limit,
            **options,
        )
        if result.verdict is not Verdict.UNDECIDED:
            return result
        # Too many to visit all: the far corners of the tree are as likely as the near ones.
        sampled = explore_scenario(
            self.subject,
            scenario,
            search="mixed",
            seed=self.seed,
            max_executions=_SAMPLES,
            budget_s=limit,
            **options,
        )
        return sampled if sampled.findings else result

    def _counted(self, result: Exploration) -> list[Finding]:
        return [
            finding
            for finding in result.findings
            if not self.kinds or finding.kind in self.kinds
        ]

    def _draw(self, drawn: Any, deadline: float) -> None:
        """Draw until something fails or time is up; then look for something smaller.

        Hypothesis shrinks by small steps and can end where no single step leads on (a call
        moved from one thread to another is two). So it is asked again for anything smaller
        than what it found, until it finds nothing. What ends that is a number of scenarios,
        the same on any machine; seconds only guard against what is far too slow.
        """
        repeated = 0

        def check(scenario: Scenario) -> bool:
            nonlocal repeated
            fresh = scenario not in self._known
            if self.refused or self._is_late(deadline) or repeated > _MOST_REPEATED:
                raise Enough
            repeated = 0 if fresh else repeated + 1
            return self.fails(scenario)

        if self.smallest is None:
            self._search(drawn, check, _MOST_SCENARIOS)
        if self.smallest is not None:
            self._make_smaller()
        shrinking = _Clock(_SHRINKING_S)
        while self.smallest is not None:
            bound = size_of(self.smallest.scenario)
            fails = partial(self._fails_below, bound, shrinking)
            self._search(drawn, fails, _SMALLER_SCENARIOS)
            if size_of(self.smallest.scenario) == bound:
                return

    def _is_late(self, deadline: float) -> bool:
        """Whether time is up; one scenario is looked at in any case."""
        return bool(self._known) and time.monotonic() > deadline

    def _fails_below(self, bound: Size, clock: _Clock, scenario: Scenario) -> bool:
        """Whether a scenario is smaller than `bound` and fails."""
        if clock.is_late():
            raise Enough
        return size_of(scenario) < bound and self.fails(scenario)

    def _search(
        self, drawn: Any, fails: Callable[[Scenario], bool], most_examples: int
    ) -> None:
        draw_failing(drawn, fails, most=most_examples, seed=self.seed)

    def effort(self) -> str:
        """Say what was explored, and what limits its worth."""
        return "".join([self._extent(), *(f"; note: {note}" for note in self.notes)])

    def _extent(self) -> str:
        part = f", {self.sampled} of them in part" if self.sampled else ""
        if self.earlier:
            part += f", {self.earlier:,} of them in earlier runs"
        executions = f"{self.executions:,} executions"
        models = f"under {', '.join(self.models)}"
        if self.scope is None:
            return f"{executions} of {len(self._known)} scenarios{part}, {models}"
        if self.of_scope == self.scope.count and not self.sampled:
            text = f"all {self.scope}: all executions"
            more = len(self._known) - self.scope.count
            also = f", and {more} larger ones" if more > 0 else ""
            also += part
            return f"{text}{also} ({executions}), {models}"
        return (
            f"{self.of_scope:,} of all {self.scope} ({executions}), the small ones first"
            f"{part}, {models}"
        )

    def raise_failure(self) -> None:
        """Raise the smallest failure, with its capsule."""
        __tracebackhide__ = True
        if self.smallest is None:
            return
        from heald.targets.places import shown_place
        from heald.testing.violated import scheduled_violation

        finding = self._counted(self.smallest)[0]
        place = shown_place(self.subject.place)
        raise scheduled_violation(
            self.subject, finding, self.smallest.options, place=place
        )

    def refuse_doubts(self) -> None:
        """Fail a test that could not have failed."""
        __tracebackhide__ = True
        import pytest

        if self.refused:
            pytest.fail(f"cannot be explored: {self.refused}", pytrace=False)
        if self.executions == 0:
            pytest.fail(
                f"UNTRUSTWORTHY {self.subject.name}: no execution was complete",
                pytrace=False,
            )


class _Clock:
    """A budget of processor time, ours, of children and engines: a busy machine costs none.

    A machine that is far too busy ends it all the same.
    """

    def __init__(self, budget_s: float) -> None:
        self._budget_s = budget_s
        self._began_s = _processor_s()
        self._guard_s = time.monotonic() + _BUSY * budget_s

    def left_s(self) -> float:
        """Return what is left, at least 0."""
        return max(0.0, self._budget_s - (_processor_s() - self._began_s))

    def is_late(self) -> bool:
        """Whether time is up."""
        return self.left_s() <= 0 or time.monotonic() > self._guard_s


def _processor_s() -> float:
    times = os.times()
    ours = times.user + times.system + times.children_user + times.children_system
    return ours + processor_s()
