"""A failure seen once on real threads, searched for in the explorer.

Real threads show that a scenario can fail; the explorer shows how. The scenario is explored
under each memory model, the plainest first: what plain interleaving explains needs no weak
memory. What is found is shrunk there, where the same question always has the same answer,
and comes back with a schedule, a trace and the bug's name.

A crash is not searched for as a crash: the explorer sees its cause, a use after free say,
before anything crashes. So kinds match by family, the nearest first. What is not found is
not excused: the models and bounds under which it was not are part of the answer.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.check import Options
from heald.durations import show_seconds
from heald.engine import engine_path
from heald.exploration import (
    NOT_LINEARIZABLE,
    WRONG_OUTCOME,
    Exploration,
    explore_scenario,
    program_of,
)
from heald.finding import Finding
from heald.grading import allowed_outcomes
from heald.scenario import Scenario
from heald.scheduled import ScheduledFailure, scheduled_capsule, scheduled_failure
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.capsule import Capsule
    from heald.subject import Subject

#: Seconds that pytest and ``heald replay --explain`` spend unless told otherwise.
BUDGET_S = 5.0

_JUDGED = frozenset({WRONG_OUTCOME, NOT_LINEARIZABLE})
_MEMORY = frozenset(
    {
        "use after free",
        "double free",
        "invalid free",
        "out of bounds",
        "uninitialised read",
        "wild access",
        "stack overflow",
        "arithmetic fault",
        "illegal instruction",
    }
)
_ENDED = frozenset({"assertion", "abort", "uncaught exception", "misuse"})
_STUCK = frozenset({"deadlock", "livelock", "endless loop"})
_RACE = frozenset({"data race"})
_INVARIANT = frozenset({"broken invariant"})
_CORRUPTION = _JUDGED | _MEMORY | _INVARIANT | _ENDED

#: Kind on real threads to kinds in the explorer, the nearest first. A race comes last: it
#: allows everything, but says least about what happened.
_FAMILIES: Mapping[str, tuple[frozenset[str], ...]] = {
    "forbidden outcome": (_JUDGED, _CORRUPTION, _RACE),
    "non-linearizable history": (_JUDGED, _CORRUPTION, _RACE),
    "crash": (_MEMORY, _CORRUPTION, _RACE),
    "abort": (_ENDED | {"double free", "invalid free"}, _CORRUPTION, _RACE),
    "hang": (_STUCK, _CORRUPTION, _RACE),
    "memory": (_STUCK, _CORRUPTION, _RACE),
    "broken invariant": (_INVARIANT, _CORRUPTION, _RACE),
}

_CONDITIONS = (  # the plainest explanation first; x86 hardware is tso
    ("sc", "allow"),
    ("tso", "allow"),
    ("rc11", "allow"),
    ("sc", "fail"),
)
_SAMPLED_SHARE = 0.25
_SHRINK_SHARE = 0.4
_ENDLESS_MS = 100
_MOST_EVENTS = 2_000
_LOOKED_AT = 4


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
class Explained:
    """What searching for a native failure has given.

    Attributes
    ----------
    failed
        The execution that explains it, or ``None``.
    nearness
        0 the same outcome (or kind, where there is none), 1 another outcome that the model
        forbids, 2 another corruption, 3 a data race.
    attempts
        Every search, in order.
    capsule
        Of the execution, if one was written.
    """

    finding: Finding
    failed: ScheduledFailure | None
    nearness: int
    attempts: tuple[Attempt, ...]
    seconds: float
    capsule: Path | None = None

    @property
    def found(self) -> bool:
        """Whether an execution explains the failure."""
        return self.failed is not None

    def text(self, *, width: int | None = None, color: bool = False) -> str:
        """Say what explains the failure, or under which bounds nothing did."""
        if self.failed is None:
            tried = "\n".join(f"  {attempt}" for attempt in self.attempts)
            return (
                "not explained: the explorer did not find this failure in "
                f"{show_seconds(self.seconds)}\n{tried}"
            )
        lines = [
            f"explained: {self._how_near()}{self.failed.text(width=width, color=color)}"
        ]
        if self.capsule is not None:
            lines.append(f"replay exactly: heald replay {self.capsule}")
        return "\n".join(lines)

    def _how_near(self) -> str:
        if self.nearness == 0:
            return ""
        assert self.failed is not None
        if self.nearness == 1:
            return "not this outcome, but another that the model forbids\n"
        return (
            f"no {self.finding.kind} was found in the explorer, but a "
            f"{self.failed.finding.kind} that can lead to it\n"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the field ``explanation`` of capsules and reports."""
        return {
            "found": self.found,
            "nearness": self.nearness if self.found else None,
            "failure": None if self.failed is None else self.failed.to_json(),
            "attempts": [attempt.to_json() for attempt in self.attempts],
            "seconds": round(self.seconds, 3),
            "capsule": None if self.capsule is None else str(self.capsule),
            "text": self.text(),
        }


def explain(
    subject: Subject, finding: Finding, *, budget_s: float = BUDGET_S
) -> Explained:
    """Search for a failure of real threads in the explorer.

    Parameters
    ----------
    subject
        The one that failed.
    finding
        Native: with its scenario, and its outcome if it is about one.
    budget_s
        Seconds for all searches and for shrinking; compiling comes on top.

    Returns
    -------
    Explained
        With the execution in its shortest form for the smallest scenario found, or with
        the list of what was searched.

    Raises
    ------
    UsageError
        If the finding has no scenario, or is of a kind that has no counterpart.
    """
    if finding.scenario is None:
        raise UsageError(
            f"{finding.kind}: without a scenario there is nothing to explore"
        )
    if finding.kind not in _FAMILIES:
        raise UsageError(f"the explorer knows no counterpart of {finding.kind!r}")
    search = _Search(subject, finding, finding.scenario, budget_s)
    best = search.best()
    failed = None if best is None else search.told(search.shrunk(best))
    return Explained(
        finding=finding,
        failed=failed,
        nearness=0 if best is None else best.nearness,
        attempts=tuple(search.attempts),
        seconds=search.seconds,
    )


def explain_and_keep(
    subject: Subject,
    finding: Finding,
    *,
    place: str,
    folder: Path,
    budget_s: float = BUDGET_S,
) -> Explained:
    """Explain a failure and write the capsule of the execution that explains it."""
    explained = explain(subject, finding, budget_s=budget_s)
    if explained.failed is None:
        return explained
    capsule = scheduled_capsule(subject, explained.failed, place=place)
    return replace(explained, capsule=capsule.save(folder))


def explain_capsule(
    capsule: Capsule, file: Path, *, budget_s: float = BUDGET_S
) -> Explained:
    """Explain the failure in a capsule, and write the explanation into its file.

    The capsule of the execution that explains it is written beside it.

    Raises
    ------
    UsageError
        If it was not found on real threads, or its subject is not to be found.
    """
    from heald.replay import target_of

    subject: Subject | None = getattr(target_of(capsule), "subject", None)
    if capsule.check != "native" or subject is None:
        raise UsageError(
            f"only what was found on real threads is explained; this is a capsule of "
            f"check {capsule.check!r}"
        )
    explained = explain_and_keep(
        subject,
        capsule.finding(),
        place=capsule.place,
        folder=file.parent,
        budget_s=budget_s,
    )
    replace(capsule, explanation=explained.to_json()).save(file.parent)
    return explained


@dataclass(frozen=True)
class _Hit:
    """A finding of the explorer that explains, under which conditions, and its name."""

    finding: Finding
    nearness: int
    options: Options
    bug: str


class _Search:
    """The searches for one failure, within one budget."""

    def __init__(
        self, subject: Subject, finding: Finding, scenario: Scenario, budget_s: float
    ) -> None:
        self.subject = subject
        self.finding = finding
        self.scenario = scenario
        self.budget_s = budget_s
        self.began = time.monotonic()
        self.attempts: list[Attempt] = []

    @property
    def seconds(self) -> float:
        """Since the search began."""
        return time.monotonic() - self.began

    @property
    def left_s(self) -> float:
        """Of the budget; compiling is not part of it."""
        return max(0.0, self.budget_s - self.seconds)

    def best(self) -> _Hit | None:
        """Search under each condition until something near explains the failure."""
        self._compile()
        best: _Hit | None = None
        for model, races in _CONDITIONS:
            for search in ("exhaustive", "mixed"):
                hit, was_exhaustive = self._under(model, races, search)
                if hit and (best is None or hit.nearness < best.nearness):
                    best = hit
                if best is not None and best.nearness == 0:
                    return best
                if was_exhaustive or self.left_s <= 0:
                    break
        return best

    def _compile(self) -> None:
        """Compile before the budget begins to count."""
        with contextlib.suppress(UsageError):  # each search says so for itself
            engine_path("explore")
            program_of(self.subject)
        self.began = time.monotonic()

    def _under(self, model: str, races: str, search: str) -> tuple[_Hit | None, bool]:
        share = _SAMPLED_SHARE if search == "mixed" else 1 / len(_CONDITIONS)
        budget_s = min(self.left_s, self.budget_s * share * (1 - _SHRINK_SHARE))
        if budget_s <= 0:
            return None, True
        options = replace(_options(model, races, budget_s), search=search)
        try:
            found = explore_scenario(self.subject, self.scenario, **vars(options))
        except UsageError as error:
            words = str(error).splitlines()[0]
            self.attempts.append(
                Attempt(model, races, search, False, 0, 0.0, problem=words)
            )
            return None, True
        kinds = tuple(dict.fromkeys(each.kind for each in found.findings))
        self.attempts.append(
            Attempt(
                model,
                races,
                search,
                found.exhaustive,
                found.executions,
                round(found.seconds, 3),
                kinds,
            )
        )
        return self._nearest(found, options), found.exhaustive

    def _nearest(self, found: Exploration, options: Options) -> _Hit | None:
        ranked = [
            (rank, number, each)
            for number, each in enumerate(found.findings)
            if (rank := self._rank(each)) is not None
        ]
        if not ranked:
            return None
        rank, _, finding = min(ranked, key=lambda row: row[:2])
        told = scheduled_failure(self.subject, finding, options)
        return _Hit(finding, rank, options, told.diagnosis.name)

    def _rank(self, explored: Finding) -> int | None:
        """Say how near a finding of the explorer is; see ``Explained.nearness``."""
        for nearness, kinds in enumerate(_FAMILIES[self.finding.kind]):
            if explored.kind in kinds:
                same = self.finding.outcome in (None, explored.outcome)
                return nearness + 1 if nearness else int(not same)
        return None

    # --- shrinking ------------------------------------------------------------------------

    def shrunk(self, hit: _Hit) -> _Hit:
        """Return the same kind of failure in the smallest scenario that still shows it."""
        deadline = time.monotonic() + max(self.left_s, self.budget_s * _SHRINK_SHARE)
        scenario = hit.finding.scenario
        assert scenario is not None
        smaller = True
        while smaller:
            smaller = False
            for candidate in _smaller(self.subject, scenario):
                if time.monotonic() > deadline:
                    break
                if self._still_fails(candidate, hit):
                    scenario, smaller = candidate, True
                    break
        return self._shortest(scenario, hit)

    def _still_fails(self, scenario: Scenario, hit: _Hit) -> bool:
        return (
            self._explore_for(scenario, replace(hit.options, shortest=False), hit)
            is not None
        )

    def _shortest(self, scenario: Scenario, hit: _Hit) -> _Hit:
        """Look at the smallest scenario under the plainest conditions that show it."""
        for model, races in _CONDITIONS:
            if races != hit.options.races:
                continue
            budget_s = max(0.5, min(2.0, self.left_s))
            options = replace(_options(model, races, budget_s), search=hit.options.search)
            finding = self._explore_for(scenario, options, hit)
            if finding is not None:
                return replace(hit, finding=finding, options=options)
            if model == hit.options.model:
                break
        return hit

    def _explore_for(
        self, scenario: Scenario, options: Options, hit: _Hit
    ) -> Finding | None:
        if not _can_end(self.subject, scenario):
            return None
        try:
            found = explore_scenario(self.subject, scenario, **vars(options))
        except UsageError:
            return None
        same = [each for each in found.findings if each.kind == hit.finding.kind]
        for finding in same[:_LOOKED_AT]:  # a smaller scenario may show another bug
            told = scheduled_failure(self.subject, finding, options)
            if told.diagnosis.name == hit.bug:
                return finding
        return None

    def told(self, hit: _Hit) -> ScheduledFailure:
        """Complete what was found."""
        return scheduled_failure(self.subject, hit.finding, hit.options)


def _options(model: str, races: str, budget_s: float) -> Options:
    return Options(
        model=model,
        races=races,
        budget_s=budget_s,
        shortest=True,
        endless_ms=_ENDLESS_MS,
        max_events=_MOST_EVENTS,
    )


def _can_end(subject: Subject, scenario: Scenario) -> bool:
    """Whether the scenario itself is sensible: some order of its calls never waits."""
    return subject.model is None or bool(allowed_outcomes(subject, scenario))


def _smaller(subject: Subject, scenario: Scenario) -> Iterator[Scenario]:
    """Yield scenarios with one thread, or one call, less; the largest cuts first."""
    threads = scenario.threads
    if len(threads) > 1 and not subject.roles:
        for number in range(len(threads)):
            yield replace(scenario, threads=threads[:number] + threads[number + 1 :])
    if len(scenario.after) > len(subject.after) + 1:
        yield replace(scenario, after=subject.after)
    for number, thread in enumerate(threads):
        for call in range(len(thread) if len(thread) > 1 else 0):
            less = thread[:call] + thread[call + 1 :]
            yield replace(
                scenario, threads=(*threads[:number], less, *threads[number + 1 :])
            )
    fixed = len(subject.before)
    for call in range(fixed, len(scenario.before)):
        less = scenario.before[:call] + scenario.before[call + 1 :]
        yield replace(scenario, before=less)
    for call in range(len(scenario.after) - len(subject.after)):
        less = scenario.after[:call] + scenario.after[call + 1 :]
        yield replace(scenario, after=less)
