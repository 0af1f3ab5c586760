"""Mutation: which memory orders of a subject are needed, and whether scenarios notice.

Each order that the sources name is made one step weaker, and every execution of the mutant
is explored, scenario after scenario, until one fails.

caught      A scenario fails that the subject itself passes: the order is needed, and these
            scenarios are good enough to show it.
survived    Every execution of every scenario is right: stronger than needed, as far as
            these scenarios go. That is a proof for them and for nothing bigger.
undecided   The budget ended first, or the mutant has far more executions than the subject.

The score is the share of caught ones among those that did not survive: 100 % says that
every order that matters within these bounds is guarded by a scenario.

What is explored  The subject's interesting scenarios and small ones made for the purpose
                  (``heald.generating.small``). First the subject itself runs through all:
                  a scenario that it cannot finish within so many executions is left out
                  (and, if it is an interesting one, sampled), so that the bounds depend on
                  counts and never on the machine. Cheap scenarios come first.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any, Literal

from heald.explorer.exploration import Exploration, explore_scenario
from heald.generating.small import SmallScenarios, small_scenarios
from heald.orders.mutants import Candidate, candidates, local_files
from heald.orders.weakening import Weakened, unnamed_in
from heald.scenario import Scenario
from heald.subject.subject import Subject
from heald.verdicts import Verdict

State = Literal["caught", "survived", "undecided", "rejected", "absent"]
OnProgress = Callable[[str], None]

_MUTANTS_MORE = 20
"""A mutant may have so many times the executions that the subject was allowed."""
_SAMPLES = 2000
_WAITS = ("deadlock", "livelock")


@dataclass(frozen=True)
class Bounds:
    """How much is explored.

    Attributes
    ----------
    scenarios
        Small ones, at most, besides the interesting ones.
    executions
        Of one scenario of the subject; one that has more is left out.
    all_executions
        Of all scenarios of the subject together; what comes later is left out.
    """

    scenarios: int = 120
    executions: int = 20_000
    all_executions: int = 100_000


@dataclass(frozen=True)
class Baseline:
    """What the subject itself does in a scenario that it passes."""

    scenario: Scenario
    executions: int


@dataclass(frozen=True)
class Grounds:
    """What mutants are explored over.

    Attributes
    ----------
    explored
        Scenarios whose every execution the subject passes, cheapest first.
    sampled
        Interesting ones that are too big.
    left_out
        How many others there are: too big for the bounds, or a call may wait for ever.
    small
        What the small ones were chosen from.
    failure
        An exploration that the subject itself fails: nothing can be said of its mutants.
    """

    explored: tuple[Baseline, ...]
    sampled: tuple[Scenario, ...]
    left_out: int
    small: SmallScenarios
    failure: Exploration | None = None
    complete: bool = True

    @property
    def executions(self) -> int:
        """Of the subject, in all explored scenarios."""
        return sum(baseline.executions for baseline in self.explored)

    def __str__(self) -> str:
        text = (
            f"every execution of {len(self.explored):,} scenarios "
            f"({self.executions:,} of the subject itself), from {self.small}"
        )
        if self.left_out:
            text += f"; {self.left_out:,} left out (too many executions, or a call waits for ever)"
        if self.sampled:
            text += f"; {len(self.sampled)} too big, {_SAMPLES:,} executions sampled"
        return text


@dataclass(frozen=True)
class MutantResult:
    """What became of one weaker order.

    Attributes
    ----------
    kind, message, schedule
        Of the finding that caught it, and a schedule that gives it again.
    scenario
        Where it was caught.
    scenarios, executions
        How many were explored, all of them exhaustively if it survived.
    why
        Why it is rejected, absent or undecided.
    """

    change: Weakened
    state: State
    kind: str = ""
    message: str = ""
    scenario: Scenario | None = None
    schedule: str = ""
    scenarios: int = 0
    executions: int = 0
    seconds: float = 0.0
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return one entry of ``mutants`` in the JSON of ``heald mutate``."""
        place = self.change.place
        return {
            "file": str(place.file) if place.file else None,
            "line": place.line,
            "column": place.column,
            "macro": place.macro,
            "fence": place.fence,
            "from": place.order,
            "to": self.change.order,
            "state": self.state,
            "kind": self.kind or None,
            "message": self.message or None,
            "scenario": self.scenario.to_json() if self.scenario else None,
            "schedule": self.schedule or None,
            "scenarios": self.scenarios,
            "executions": self.executions,
            "seconds": round(self.seconds, 3),
            "why": self.why or None,
        }


@dataclass(frozen=True)
class Mutation:
    """All mutants of one subject.

    Attributes
    ----------
    unnamed
        Calls in its files that name no order and were therefore left alone.
    """

    subject: Subject
    model: str
    grounds: Grounds
    mutants: tuple[MutantResult, ...]
    unnamed: int = 0
    seconds: float = 0.0

    def count(self, state: State) -> int:
        """Count the mutants of one state."""
        return sum(mutant.state == state for mutant in self.mutants)

    @property
    def score(self) -> float | None:
        """Caught ones among caught and undecided ones; ``None`` if there are none."""
        wanted = self.count("caught") + self.count("undecided")
        return self.count("caught") / wanted if wanted else None

    @property
    def verdict(self) -> Verdict:
        """Passed if every mutant is decided; survivors are an answer, not a failure."""
        if self.grounds.failure is not None:
            return Verdict.FAILED
        if self.count("undecided") or not self.grounds.complete:
            return Verdict.UNDECIDED
        decided = self.count("caught") + self.count("survived")
        return Verdict.PASSED if decided else Verdict.UNTRUSTWORTHY

    def to_json(self) -> dict[str, Any]:
        """Return one entry of ``subjects`` in the JSON of ``heald mutate``."""
        failure = self.grounds.failure
        return {
            "subject": self.subject.name,
            "model": self.model,
            "verdict": self.verdict.value,
            "score": self.score,
            "caught": self.count("caught"),
            "survived": self.count("survived"),
            "undecided": self.count("undecided"),
            "bounds": {
                "text": str(self.grounds),
                "scenarios": len(self.grounds.explored),
                "executions": self.grounds.executions,
                "sampled": len(self.grounds.sampled),
                "left_out": self.grounds.left_out,
            },
            "failure": failure.findings[0].message if failure else None,
            "unnamed": self.unnamed,
            "mutants": [mutant.to_json() for mutant in self.mutants],
            "seconds": round(self.seconds, 3),
        }


def mutate(
    subject: Subject,
    *,
    model: str = "rc11",
    budget_s: float = 300.0,
    jobs: int = 2,
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
    run = _Run(subject, model, bounds or Bounds(), began + budget_s, jobs, on_progress)
    with ThreadPoolExecutor(max_workers=jobs) as run.pool:
        try:
            run.find_candidates()
            if any(c.sort == "mutant" for c in run.candidates):
                run.lay_grounds()
            results = tuple(run.results())
        except BaseException:  # an interrupt, too: what waits must not begin
            run.end = 0.0
            run.pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Mutation(
        subject=subject,
        model=model,
        grounds=run.grounds,
        mutants=results,
        unnamed=run.unnamed,
        seconds=time.monotonic() - began,
    )


@dataclass
class _Run:
    subject: Subject
    model: str
    bounds: Bounds
    end: float
    jobs: int
    on_progress: OnProgress | None
    candidates: list[Candidate] = field(default_factory=list)
    unnamed: int = 0

    def __post_init__(self) -> None:
        self.pool: ThreadPoolExecutor
        nothing = SmallScenarios((), 0, True)
        self.grounds = Grounds((), (), 0, nothing)

    def say(self, text: str) -> None:
        if self.on_progress is not None:
            self.on_progress(f"{self.subject.name}: {text}")

    def left_s(self) -> float:
        return self.end - time.monotonic()

    def explore(
        self, subject: Subject, scenario: Scenario, **options: Any
    ) -> Exploration:
        left_s = max(0.001, self.left_s())
        return explore_scenario(
            subject, scenario, model=self.model, budget_s=left_s, **options
        )

    # --- the mutants ------------------------------------------------------------------

    def find_candidates(self) -> None:
        self.unnamed = sum(map(unnamed_in, local_files(self.subject)))
        for candidate in candidates(self.subject):
            self.candidates.append(candidate)
            self.say(f"{len(self.candidates)} weaker orders compiled")

    # --- the subject itself -----------------------------------------------------------

    def lay_grounds(self) -> None:
        """Explore the subject itself: what it passes in time is what mutants must pass."""
        small = small_scenarios(self.subject, most=self.bounds.scenarios)
        interesting = tuple(dict.fromkeys(self.subject.interesting))
        rest = [s for s in small.scenarios if s not in interesting]
        explored: list[Baseline] = []
        sampled: list[Scenario] = []
        total, complete = 0, True
        for scenario, done in self.on_its_own([*interesting, *rest]):
            if done is None or self.left_s() <= 0:
                complete = False
                continue
            wanted = scenario in interesting
            if done.findings:
                if not wanted and all(f.kind in _WAITS for f in done.findings):
                    continue
                self.grounds = replace(self.grounds, small=small, failure=done)
                self.end = 0.0
                return
            total += done.executions
            if done.verdict is Verdict.PASSED and total <= self.bounds.all_executions:
                explored.append(Baseline(scenario, done.executions))
            elif wanted:
                sampled.append(scenario)
        explored.sort(key=lambda baseline: baseline.executions)
        left_out = len(interesting) + len(rest) - len(explored) - len(sampled)
        self.grounds = Grounds(
            tuple(explored), tuple(sampled), left_out, small, None, complete
        )

    def on_its_own(
        self, scenarios: Sequence[Scenario]
    ) -> Iterator[tuple[Scenario, Exploration | None]]:
        """Explore the subject, several scenarios at a time, in their order."""
        subjects: SimpleQueue[Subject] = SimpleQueue()
        for _ in range(self.jobs):
            own = copy.copy(self.subject)
            own.__dict__.pop("machine", None)  # it remembers: one for each thread
            subjects.put(own)
        total = 0

        def explored(scenario: Scenario) -> Exploration | None:
            if self.left_s() <= 0:
                return None
            subject = subjects.get()
            try:
                return self.explore(
                    subject, scenario, max_executions=self.bounds.executions
                )
            finally:
                subjects.put(subject)

        for at in range(0, len(scenarios), self.jobs):
            part = scenarios[at : at + self.jobs]
            self.say(f"the subject itself, scenario {at + 1} of {len(scenarios)}")
            for scenario, done in zip(part, self.pool.map(explored, part), strict=True):
                total += done.executions if done else 0
                yield scenario, done
            if total > self.bounds.all_executions:
                return

    # --- exploring them ---------------------------------------------------------------

    def results(self) -> Iterator[MutantResult]:
        waiting: list[Future[MutantResult] | MutantResult] = []
        failed = self.grounds.failure is not None
        for candidate in self.candidates:
            if candidate.sort == "mutant" and failed:
                why = "the subject itself fails"
                waiting.append(MutantResult(candidate.change, "undecided", why=why))
            elif candidate.sort == "mutant":
                waiting.append(self.pool.submit(self.judge, candidate))
            else:
                waiting.append(
                    MutantResult(candidate.change, candidate.sort, why=candidate.why)
                )
        for number, entry in enumerate(waiting, 1):
            if isinstance(entry, MutantResult):
                yield entry
                continue
            yield entry.result()
            self.say(f"{number} of {len(waiting)} weaker orders decided")

    def judge(self, candidate: Candidate) -> MutantResult:
        """Explore a mutant until it fails, survives, or the budget ends."""
        assert candidate.subject is not None
        began, executions, scenarios = time.monotonic(), 0, 0
        undecided = "" if self.grounds.complete else "the budget ended first"
        if not self.grounds.explored:
            undecided = (
                undecided or "no scenario is small enough to be explored to the end"
            )
        for scenario, options in self.tasks():
            if self.left_s() <= 0:
                undecided = "the budget ended first"
                break
            done = self.explore(candidate.subject, scenario, **options)
            executions += done.executions
            scenarios += 1
            if done.findings:
                first = done.findings[0]
                return MutantResult(
                    candidate.change,
                    "caught",
                    kind=first.kind,
                    message=first.message,
                    scenario=scenario,
                    schedule=str(first.detail.get("schedule", "")),
                    scenarios=scenarios,
                    executions=executions,
                    seconds=time.monotonic() - began,
                )
            if done.verdict is not Verdict.PASSED:
                ended = self.left_s() <= 0
                undecided = (
                    "the budget ended first"
                    if ended
                    else f"more than {done.executions:,} executions of {scenario}"
                )
        return MutantResult(
            candidate.change,
            "undecided" if undecided else "survived",
            scenarios=scenarios,
            executions=executions,
            seconds=time.monotonic() - began,
            why=undecided,
        )

    def tasks(self) -> Iterator[tuple[Scenario, dict[str, Any]]]:
        most = _MUTANTS_MORE * self.bounds.executions
        for baseline in self.grounds.explored:
            yield baseline.scenario, {"max_executions": most}
        for scenario in self.grounds.sampled:
            yield scenario, {"search": "pos", "max_executions": _SAMPLES}
