"""One execution of a scenario, by its schedule: shown, kept in a capsule, replayed.

A failure of the explorer is a scenario, a memory model and a schedule. Running these once
gives the same execution again, on any machine; that takes milliseconds. What is shown to
people is made here, once, so that a terminal, pytest, JUnit and JSON say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from heald.explorer.exploration import explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.precedence import Precedence, in_time_of, in_words
from heald.scenario import Scenario
from heald.showing.calls import named_calls, shortened
from heald.showing.diagnosis import Diagnosis, diagnose
from heald.showing.evidence import failure_of

if TYPE_CHECKING:
    from heald.subject.subject import Subject

#: Seconds to look for an execution that is easier to follow.
_SHORTEN_S = 1.0


@dataclass(frozen=True)
class ScheduledFailure:
    """A failing execution of a scenario.

    Attributes
    ----------
    finding
        As the explorer gave it; ``detail["schedule"]`` is the schedule.
    options
        How it was explored.
    failure
        In the form of ``heald check --json``, all steps, calls and blocks named.
    diagnosis
        The bug by name.
    change
        What was changed and tried, and mends the scenario (``heald.orders.advice``).
    is_algorithms
        Whether it fails under ``sc``, too, so that no order can mend it.
    """

    finding: Finding
    scenario: Scenario
    options: Options
    failure: Mapping[str, Any]
    diagnosis: Diagnosis
    change: str = ""
    is_algorithms: bool = False

    @property
    def schedule(self) -> str:
        """What names the execution."""
        return str(self.finding.detail["schedule"])

    @property
    def in_time(self) -> Precedence:
        """Calls that were over before others began, as on real threads."""
        return in_time_of(self.finding.detail)

    def text(self, *, width: int | None = None, color: bool = False) -> str:
        """Show the failure: bug, scenario, reason, run, advice."""
        from heald.showing.trace import render

        told = shortened(self.failure)
        columns = self.scenario.columns(self.finding.outcome)
        explanation = str(self.finding.detail.get("explanation") or "")
        parts = [
            self.diagnosis.line,
            "\n".join(f"  {line}" for line in columns.splitlines()),
            explanation,
            in_words(self.scenario, self.in_time),
            f"under {conditions(self.options)}:",
            _without_headline(render(told, width=width, color=color, reason=False)),
            self._advice(),
        ]
        return "\n".join(part for part in parts if part)

    def _advice(self) -> str:
        """Say what mends it, if that was tried; else what is known of such bugs."""
        if self.change:
            return f"to change: {self.change}"
        if self.diagnosis.advice:
            return f"known cures: {self.diagnosis.advice}"
        if self.is_algorithms:
            return "no memory order mends it: it fails under sc, too"
        if self.diagnosis.suspicion:
            return f"it seems, and was not tried: {self.diagnosis.suspicion}"
        return ""

    def shown(self) -> dict[str, Any]:
        """Return it for a page: its parts, and the scenario's calls with their results."""
        return failure_of(replace(self.finding, scenario=self.scenario)) | self.to_json()

    def to_json(self) -> dict[str, Any]:
        """Return its parts; ``trace`` is the shortened one that people see."""
        told = shortened(self.failure)
        return {
            "kind": self.finding.kind,
            "message": self.finding.message,
            "diagnosis": self.diagnosis.to_json(),
            "change": self.change,
            "scenario": self.scenario.to_json(),
            "options": self.options.meaning(),
            "schedule": self.schedule,
            "in_time": [list(pair) for pair in self.in_time],
            "where": list(told.get("where", ())),
            "trace": told["trace"],
        }


def _without_headline(text: str) -> str:
    """Leave out kind and message: the diagnosis and the columns have said them."""
    return "\n".join(text.splitlines()[1:]).lstrip("\n")


def conditions(options: Options) -> str:
    """Name the memory model, and what else an execution was allowed."""
    races = ", plain accesses taken as relaxed atomic ones" if _lenient(options) else ""
    return f"{options.model}{races}"


def _lenient(options: Options) -> bool:
    return options.races == "allow"


def scheduled_failure(
    subject: Subject, finding: Finding, options: Options
) -> ScheduledFailure:
    """Complete a finding of the explorer: with its trace, and the bug's name.

    Parameters
    ----------
    finding
        Of ``explore_scenario``, with its schedule. One about an outcome has no trace yet;
        its execution is run once more.
    options
        Those it was found with.
    """
    assert finding.scenario is not None
    detail = finding.detail
    if "trace" not in detail:
        once = replace(options.one_run(str(detail["schedule"])), traces=1)
        again = explore_scenario(
            subject, finding.scenario, in_time=in_time_of(detail), **vars(once)
        )
        detail = {**detail, **(again.traces[0] if again.traces else _NO_TRACE)}
    failure = {
        "kind": finding.kind,
        "message": finding.message,
        "where": detail.get("where", []),
        "schedule": detail["schedule"],
        "trace": detail["trace"],
    }
    named = named_calls(failure, subject, finding.scenario)
    return ScheduledFailure(finding, finding.scenario, options, named, diagnose(named))


_NO_TRACE: Mapping[str, Any] = {"trace": {"threads": [], "steps": [], "pending": []}}
