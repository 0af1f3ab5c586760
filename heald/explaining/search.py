"""The searches behind an explanation: where a native failure shows itself, and how small.

First the scenario as it failed, under each memory model, the plainest first; then smaller
scenarios with the same bug; then the smallest under the plainest model that shows it, for
the execution that is easiest to follow.

Why       An explanation is made while somebody waits, on any machine. Each search ends after
          so many executions, which is the same everywhere; seconds only guard against what
          is too slow, and all of it together never takes longer than the budget says.
Time      A history of real threads is searched for as one: its calls keep their order in
          time (``heald.precedence``), so an execution that returns the same is the same history.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from heald.building.engine import engine_path
from heald.explorer.execution import bug_of, completed
from heald.explorer.exploration import (
    Exploration,
    explore_scenario,
    program_of,
)
from heald.explorer.options import Options
from heald.finding import Finding
from heald.generating.small import small_scenarios
from heald.generating.smaller import size_of, smaller_scenarios
from heald.history import History
from heald.kinds import (
    BROKEN_INVARIANT,
    CRASH,
    FORBIDDEN_OUTCOME,
    HANG,
    NOT_LINEARIZABLE,
    Family,
    Finder,
    of,
)
from heald.models.grading import allowed_outcomes
from heald.orders.advice import with_change
from heald.precedence import (
    Precedence,
    in_time_of,
    outcome_of,
    precedence_of,
    restricted,
)
from heald.scenario import Outcome, Scenario
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.subject.subject import Subject

_JUDGED = of(Family.JUDGED)
_MEMORY = of(Family.MEMORY, Family.HEAP)
_ENDED = of(Family.ENDED)
_STUCK = of(Family.STUCK, by=Finder.EXPLORER)
_RACE = of(Family.RACE)
_INVARIANT = of(Family.INVARIANT)
_CORRUPTION = _JUDGED | _MEMORY | _INVARIANT | _ENDED

#: Kind on real threads to kinds in the explorer, the nearest first. A race comes last: it
#: allows everything, but says least about what happened.
FAMILIES: Mapping[str, tuple[frozenset[str], ...]] = {
    FORBIDDEN_OUTCOME: (_JUDGED, _CORRUPTION, _RACE),
    NOT_LINEARIZABLE: (_JUDGED, _CORRUPTION, _RACE),
    CRASH: (_MEMORY, _CORRUPTION, _RACE),
    "abort": (_ENDED | {"double free", "invalid free"}, _CORRUPTION, _RACE),
    HANG: (_STUCK, _CORRUPTION, _RACE),
    "memory": (_STUCK, _CORRUPTION, _RACE),
    BROKEN_INVARIANT: (_INVARIANT, _CORRUPTION, _RACE),
}

_CONDITIONS = (  # the plainest explanation first; x86 hardware is tso
    ("sc", "allow"),
    ("tso", "allow"),
    ("rc11", "allow"),
    ("sc", "fail"),
)
_SEARCHING, _SHRINKING = 0.5, 0.85  # of the budget is over by the end of each
_MOST_EXECUTIONS = 200_000
_SAMPLES = 10_000
_SMALLER_EXECUTIONS = 20_000
_MOST_TRIED = 400  # scenarios, while shrinking
_SMALL_SCENARIOS = 150
_ENDLESS_MS = 100
_MOST_EVENTS = 2_000
_LOOKED_AT = 4
_SHORTEST_S = 0.05  # of a search; with less there is no point in beginning


@dataclass(frozen=True)
class Attempt:
    """One search: under which conditions, how far, and what it saw."""

    model: str
    races: str
    search: str
    exhaustive: bool
    executions: int
    seconds: float
    kinds: tuple[str, ...] = ()
    problem: str = ""

    def __str__(self) -> str:
        races = " with races allowed" if self.races == "allow" else ""
        if self.problem:
            return f"{self.model}{races}: {self.problem}"
        how = "all" if self.exhaustive else f"{self.search}, not all:"
        return f"{self.model}{races}: {how} {self.executions:,} executions"

    def to_json(self) -> dict[str, Any]:
        """Return its parts by name."""
        return {**vars(self), "kinds": list(self.kinds)}


@dataclass(frozen=True)
class Hit:
    """A finding of the explorer that explains, under which conditions, and its name."""

    finding: Finding
    nearness: int
    options: Options
    bug: str


class Search:
    """The searches for one failure, within one budget.

    Parameters
    ----------
    finding
        Native; what its ``detail`` has of a history is held to.
    budget_s
        Seconds for everything but compiling.
    """

    def __init__(
        self, subject: Subject, finding: Finding, scenario: Scenario, budget_s: float
    ) -> None:
        self.subject = subject
        self.finding = finding
        self.scenario = scenario
        self.budget_s = budget_s
        self.in_time, self.outcome = _in_time(finding, scenario)
        self.began = time.monotonic()
        self.attempts: list[Attempt] = []
        self.was_cut = False

    @property
    def seconds(self) -> float:
        """Since the search began."""
        return time.monotonic() - self.began

    def _left_s(self, share: float) -> float:
        """Return the seconds until so much of the budget is used up."""
        return self.budget_s * share - self.seconds

    # --- searching ------------------------------------------------------------------------

    def best(self) -> Hit | None:
        """Search under each condition until something near explains the failure."""
        self._compile()
        best: Hit | None = None
        for number, (model, races) in enumerate(_CONDITIONS):
            # Each has its part of the time; what one does not need is the next one's.
            share = _SEARCHING * (number + 1) / len(_CONDITIONS)
            for search in ("exhaustive", "mixed"):
                part = share if search == "mixed" else share - _SEARCHING / 16
                hit, is_done = self._under(model, races, search, self._left_s(part))
                if hit and (best is None or hit.nearness < best.nearness):
                    best = hit
                if best is not None and best.nearness == 0:
                    return best
                if is_done:
                    break
        return best

    def _compile(self) -> None:
        """Compile before the budget begins to count."""
        with contextlib.suppress(UsageError):  # each search says so for itself
            engine_path("explore")
            program_of(self.subject)
        self.began = time.monotonic()

    def _under(
        self, model: str, races: str, search: str, budget_s: float
    ) -> tuple[Hit | None, bool]:
        most = _SAMPLES if search == "mixed" else _MOST_EXECUTIONS
        options = replace(
            _options(model, races, max(_SHORTEST_S, budget_s), most), search=search
        )
        try:
            found = self._explore(self.scenario, self.in_time, options)
        except UsageError as error:
            words = str(error).splitlines()[0]
            self.attempts.append(
                Attempt(model, races, search, False, 0, 0.0, problem=words)
            )
            return None, True
        kinds = tuple(dict.fromkeys(each.kind for each in found.findings))
        seen = (found.exhaustive, found.executions, round(found.seconds, 3), kinds)
        self.attempts.append(Attempt(model, races, search, *seen))
        return self._nearest(found, options), found.exhaustive

    def _explore(
        self, scenario: Scenario, in_time: Precedence, options: Options
    ) -> Exploration:
        return explore_scenario(self.subject, scenario, in_time=in_time, **vars(options))

    def _nearest(self, found: Exploration, options: Options) -> Hit | None:
        ranked = [
            (rank, number, each)
            for number, each in enumerate(found.findings)
            if (rank := self._rank(each)) is not None
        ]
        if not ranked:
            return None
        rank, _, finding = min(ranked, key=lambda row: row[:2])
        told = completed(self.subject, finding, options)
        return Hit(finding, rank, options, bug_of(told).name)

    def _rank(self, explored: Finding) -> int | None:
        """Say how near a finding of the explorer is; see ``Explained.nearness``."""
        for nearness, kinds in enumerate(FAMILIES[self.finding.kind]):
            if explored.kind in kinds:
                same = self.outcome in (None, explored.outcome)
                return nearness + 1 if nearness else int(not same)
        return None

    # --- shrinking ------------------------------------------------------------------------

    def shrunk(self, hit: Hit) -> Hit:
        """Return the same bug in the smallest scenario that shows it."""
        scenario, in_time = hit.finding.scenario, self.in_time
        assert scenario is not None
        tried: set[Scenario] = {scenario}
        while True:
            smaller = self._one_smaller(scenario, in_time, hit, tried)
            if smaller is None:
                break
            scenario, in_time = smaller
        return self._shortest(scenario, in_time, hit)

    def _one_smaller(
        self, scenario: Scenario, in_time: Precedence, hit: Hit, tried: set[Scenario]
    ) -> tuple[Scenario, Precedence] | None:
        for candidate, order in self._candidates(scenario, in_time):
            if candidate in tried:
                continue
            if len(tried) > _MOST_TRIED or self._left_s(_SHRINKING) < _SHORTEST_S:
                self.was_cut = True
                return None
            tried.add(candidate)
            if self._still_fails(candidate, order, hit):
                return candidate, order
        return None

    def _candidates(
        self, scenario: Scenario, in_time: Precedence
    ) -> Iterator[tuple[Scenario, Precedence]]:
        for smaller in smaller_scenarios(self.subject, scenario):
            order = restricted(in_time, scenario, smaller.scenario, smaller.kept)
            yield smaller.scenario, order
        if in_time:
            return  # what real threads saw of other calls is not known
        bound = size_of(scenario)
        known = {*self.subject.interesting}
        if self.subject.scenarios is None:  # drawing from a strategy takes too long
            known |= {*small_scenarios(self.subject, most=_SMALL_SCENARIOS).scenarios}
        for candidate in sorted(known, key=size_of):
            if size_of(candidate) < bound:
                yield candidate, ()

    def _still_fails(self, scenario: Scenario, order: Precedence, hit: Hit) -> bool:
        options = replace(
            hit.options,
            shortest=False,
            budget_s=self._left_s(_SHRINKING),
            max_executions=_SMALLER_EXECUTIONS,
        )
        return self._explore_for(scenario, order, options, hit) is not None

    def _shortest(self, scenario: Scenario, in_time: Precedence, hit: Hit) -> Hit:
        """Look at the smallest scenario under the plainest conditions that show it."""
        for model, races in _CONDITIONS:
            if races != hit.options.races:
                continue
            budget_s = max(_SHORTEST_S, self._left_s(1.0) / 2)
            options = replace(
                _options(model, races, budget_s, _MOST_EXECUTIONS),
                search=hit.options.search,
            )
            finding = self._explore_for(scenario, in_time, options, hit)
            if finding is not None:
                return replace(hit, finding=finding, options=options)
            if model == hit.options.model:
                break
        return hit

    def _explore_for(
        self, scenario: Scenario, in_time: Precedence, options: Options, hit: Hit
    ) -> Finding | None:
        if not _can_end(self.subject, scenario):
            return None
        try:
            found = self._explore(scenario, in_time, options)
        except UsageError:
            return None
        same = [each for each in found.findings if each.kind == hit.finding.kind]
        for finding in same[:_LOOKED_AT]:  # a smaller scenario may show another bug
            told = completed(self.subject, finding, options)
            if bug_of(told).name == hit.bug:
                return finding
        return None

    def told(self, hit: Hit) -> Finding:
        """Complete what was found."""
        failed = completed(self.subject, hit.finding, hit.options)
        return with_change(self.subject, failed, hit.options)


def _in_time(finding: Finding, scenario: Scenario) -> tuple[Precedence, Outcome | None]:
    """Return which calls of the failure were over before others began, and the results."""
    data = finding.detail.get("history")
    if data is None:
        return in_time_of(finding.detail), finding.outcome
    history = History.from_json(data)
    return precedence_of(history, scenario), outcome_of(history, scenario)


def _options(model: str, races: str, budget_s: float, most: int) -> Options:
    return Options(
        model=model,
        races=races,
        budget_s=budget_s,
        max_executions=most,
        shortest=True,
        endless_ms=_ENDLESS_MS,
        max_events=_MOST_EVENTS,
    )


def _can_end(subject: Subject, scenario: Scenario) -> bool:
    """Whether the scenario itself is sensible: some order of its calls never waits."""
    return subject.model is None or bool(allowed_outcomes(subject.machine, scenario))
