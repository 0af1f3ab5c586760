"""One trial: a scenario on real threads for a moment, and what that means.

The native runner says what it saw; the subject's model says what of it must not be. A
forbidden outcome becomes a finding here, beside the crashes and hangs of the runner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from heald.finding import Finding
from heald.kinds import FORBIDDEN_OUTCOME
from heald.models.grading import Grade, Grading, grade
from heald.native.histories import misplaced
from heald.scenario import Outcome, Scenario
from heald.subject.defined import definitions

if TYPE_CHECKING:
    from heald.building.flavours import Flavour
    from heald.native import NativeResult, NativeSession, Settings
    from heald.stop import Stop
    from heald.subject.subject import Subject


@dataclass(frozen=True)
class Trial:
    """What one trial showed.

    Attributes
    ----------
    samples, seconds
        How much was run.
    outcomes
        The scenario with its results on one line, to how often it was seen.
    findings
        What speaks against the subject, forbidden outcomes included.
    notes, doubts
        As the runner gives them; with doubts a pass is worth nothing.
    """

    scenario: Scenario
    seed: int
    samples: int
    seconds: float
    outcomes: Mapping[str, int] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    notes: Sequence[str] = ()
    doubts: Sequence[str] = ()

    @property
    def failed(self) -> bool:
        """Whether something speaks against the subject."""
        return bool(self.findings)

    @property
    def trustworthy(self) -> bool:
        """Whether it could have seen a failure."""
        return not self.doubts


class Judge:
    """Remembers which outcomes of one scenario are forbidden: each is looked at once."""

    def __init__(self, subject: Subject, scenario: Scenario) -> None:
        self._subject = subject
        self._scenario = scenario
        self._forbidden: dict[Outcome, bool] = {}

    def forbids_any(self, outcomes: Mapping[Outcome, int]) -> bool:
        """Whether one of them is forbidden."""
        return any(map(self._forbids, outcomes))

    def _forbids(self, outcome: Outcome) -> bool:
        known = self._forbidden.get(outcome)
        if known is None:
            known = bool(grade(self._subject, self._scenario, {outcome: 1}).forbidden)
            self._forbidden[outcome] = known
        return known


def try_scenario(
    session: NativeSession,
    subject: Subject,
    scenario: Scenario,
    *,
    seed: int,
    budget_s: float,
    settings: Settings | None = None,
    until_failure: bool = False,
    check_power: bool | Literal["once"] = True,
    most_lost: int = 1,
    flavour: Flavour | str = "native",
    stop: Stop | None = None,
) -> Trial:
    """Run a scenario and judge what came of it.

    Parameters
    ----------
    seed, budget_s, settings, check_power, most_lost, flavour, stop
        As of ``NativeSession.run``.
    until_failure
        End as soon as an outcome is seen that is forbidden.

    Raises
    ------
    UsageError
        If the subject does not compile, or the scenario does not fit it.
    """
    judge = Judge(subject, scenario)
    result = session.run(
        subject,
        scenario,
        seed=seed,
        budget_s=budget_s,
        settings=settings,
        check_power=check_power,
        most_lost=most_lost,
        stop=stop,
        stop_when=judge.forbids_any if until_failure else None,
        flavour=flavour,
    )
    return judged(subject, result)


def judged(subject: Subject, result: NativeResult) -> Trial:
    """Turn a native result into a trial: its outcomes graded, its findings in one list."""
    from heald.native.findings import NOT_THE_SUBJECT

    grading = grade(subject, result.scenario, result.histogram)
    findings = [f for f in result.findings if f.kind not in NOT_THE_SUBJECT]
    if grading.forbidden:
        findings.append(_defined(subject, _forbidden_outcome(result, grading)))
    elif (wrong := misplaced(subject, result)) is not None:
        findings.append(_defined(subject, wrong))
    return Trial(
        scenario=result.scenario,
        seed=result.seed,
        samples=result.samples,
        seconds=result.seconds,
        outcomes={
            result.scenario.line(row.outcome): row.count
            for row in grading.rows
            if row.grade is not Grade.FORBIDDEN
        },
        findings=tuple(findings),
        notes=tuple(result.notes),
        doubts=tuple(result.doubts),
    )


def _defined(subject: Subject, finding: Finding) -> Finding:
    """Add where the functions are that were called: of a result nothing else has a line."""
    assert finding.scenario is not None
    places = definitions(subject, finding.scenario)
    return replace(finding, detail={**finding.detail, "defined": places})


def _forbidden_outcome(result: NativeResult, grading: Grading) -> Finding:
    worst = max(grading.forbidden, key=lambda row: row.count)
    count = sum(row.count for row in grading.forbidden)
    shown = result.scenario.line(worst.outcome)
    distinct = len(grading.forbidden)
    message = (
        f"{count:,} of {result.samples:,} samples gave {distinct} "
        f"outcome{'s' if distinct > 1 else ''} that the model forbids"
        f"{', most often' if distinct > 1 else ''}: {shown}"
    )
    detail = {
        "settings": None if result.settings is None else result.settings.to_json(),
        "samples": result.samples,
        "columns": result.scenario.columns(worst.outcome),
        "explanation": None if worst.explanation is None else str(worst.explanation),
    }
    return Finding(
        FORBIDDEN_OUTCOME,
        message,
        scenario=result.scenario,
        outcome=worst.outcome,
        seed=result.seed,
        count=count,
        detail=detail,
    )
