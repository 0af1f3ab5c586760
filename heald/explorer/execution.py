"""One execution of a scenario, by its schedule: shown, kept in a capsule, replayed.

A failure of the explorer is a scenario, a memory model and a schedule. Running these once
gives the same execution again, on any machine; that takes milliseconds. What is shown to
people is made here, once, so that a terminal, pytest, JUnit and JSON say the same.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.explorer.exploration import Exploration, explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.precedence import Precedence, in_time_of, in_words
from heald.scenario import Scenario
from heald.showing.calls import named_calls, shortened
from heald.showing.diagnosis import Diagnosis, diagnose
from heald.verdicts import UsageError, Verdict

if TYPE_CHECKING:
    from heald.capsule import Capsule
    from heald.replaying.replay import Replay
    from heald.subject.subject import Subject
    from heald.violation import Violated

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
    """

    finding: Finding
    scenario: Scenario
    options: Options
    failure: Mapping[str, Any]
    diagnosis: Diagnosis

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
            f"under {_conditions(self.options)}:",
            _without_headline(render(told, width=width, color=color)),
            f"to change: {self.diagnosis.advice}" if self.diagnosis.advice else "",
        ]
        return "\n".join(part for part in parts if part)

    def to_json(self) -> dict[str, Any]:
        """Return its parts; ``trace`` is the shortened one that people see."""
        told = shortened(self.failure)
        return {
            "kind": self.finding.kind,
            "message": self.finding.message,
            "diagnosis": self.diagnosis.to_json(),
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


def _conditions(options: Options) -> str:
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


# --- capsules -----------------------------------------------------------------------------


def scheduled_capsule(
    subject: Subject, failed: ScheduledFailure, *, place: str
) -> Capsule:
    """Make the capsule that replays the execution.

    Parameters
    ----------
    place
        Where a replay finds the subject: a folder, a file or a module.
    """
    from heald.capsule import capsule_of
    from heald.targets.of_subject import SubjectTarget

    settings = {
        **failed.options.meaning(),
        "schedule": failed.schedule,
        "diagnosis": failed.diagnosis.to_json(),
    }
    if failed.in_time:
        settings["in_time"] = [list(pair) for pair in failed.in_time]
    finding = replace(failed.finding, detail=settings, scenario=failed.scenario)
    return capsule_of(
        finding,
        target=subject.name,
        place=_narrowed(place, subject),
        expected=subject.expected,
        identity=SubjectTarget(subject).identity(),
        check="explored",
    )


def scheduled_violation(
    subject: Subject, finding: Finding, options: Options, *, place: str
) -> Violated:
    """Write the capsule of a finding of the explorer; return the exception to raise.

    The execution shown is the easiest to follow that fails in the same way.
    """
    from heald.state import CAPSULES
    from heald.violation import Violated

    assert finding.scenario is not None
    easiest = replace(options, shortest=True, budget_s=_SHORTEN_S)
    found = explore_scenario(
        subject, finding.scenario, in_time=in_time_of(finding.detail), **vars(easiest)
    )
    same = [each for each in found.findings if each.kind == finding.kind]
    failed = scheduled_failure(subject, same[0] if same else finding, options)
    capsule = scheduled_capsule(subject, failed, place=place)
    return Violated(
        f"{subject.name}: {finding.kind}\n{failed.text()}",
        finding=failed.finding,
        capsule=capsule.try_to_save(CAPSULES),
    )


def _narrowed(place: str, subject: Subject) -> str:
    """Name the file in a folder that has the subject: a replay need not import the others."""
    from heald.targets.places import targets_in

    file = subject.place
    if file is None or not Path(place).is_dir():
        return place
    if not file.is_relative_to(Path(place).resolve()):
        return place
    shown = str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
    with contextlib.suppress(UsageError):
        if any(target.name == subject.name for target in targets_in(shown)):
            return shown
    return place


@dataclass
class _Again:
    """What running the schedule, or searching anew, has shown."""

    exploration: Exploration
    failed: ScheduledFailure | None
    others: dict[str, int] = field(default_factory=dict)


def replay_explored(capsule: Capsule, budget_s: float) -> Replay:
    """Replay a capsule of the explorer, of a scenario or of a whole program."""
    if capsule.scenario is None:
        from heald.explorer.program import replay_explored as replay_program

        return replay_program(capsule, budget_s)
    return _replay_scenario(capsule, budget_s)


def _replay_scenario(capsule: Capsule, budget_s: float) -> Replay:
    from heald.replaying.replay import Replay, target_of

    target = target_of(capsule)
    subject: Subject | None = getattr(target, "subject", None)
    if subject is None:
        raise UsageError(f"{capsule.target} is no subject, its scenarios cannot be run")
    if "mutant" in capsule.settings:
        from heald.mutation.mutants import mutant_of

        subject = mutant_of(subject, str(capsule.settings["mutant"]))
    changed = _changed(capsule)
    began = time.monotonic()
    again = _run_again(capsule, subject)
    if again.failed is None and changed:
        again = _search_again(capsule, subject, budget_s)
    verdict = Verdict.FAILED
    if again.failed is None and not again.others:
        verdict = again.exploration.verdict if changed else Verdict.UNDECIDED
    counts = again.exploration
    return Replay(
        verdict=verdict,
        failures=int(again.failed is not None),
        samples=max(1, counts.executions + counts.blocked),
        seconds=time.monotonic() - began,
        changed=changed,
        finding=again.failed.finding if again.failed else None,
        other_kinds=again.others,
        message=_message(again, changed),
    )


def _changed(capsule: Capsule) -> dict[str, str]:
    """Compare the sources with the capsule's digests; nothing is compiled for that."""
    from heald.replaying.replay import digest_of

    now = {path: digest_of(Path(path)) for path in capsule.sources}
    return {
        path: "changed" if now[path] else "gone"
        for path, then in capsule.sources.items()
        if now[path] != then
    }


def _run_again(capsule: Capsule, subject: Subject) -> _Again:
    settings = capsule.settings
    options = Options.from_settings(settings).one_run(str(settings["schedule"]))
    return _looked_for(capsule, subject, options)


def _search_again(capsule: Capsule, subject: Subject, budget_s: float) -> _Again:
    options = replace(
        Options.from_settings(capsule.settings), budget_s=budget_s, shortest=True
    )
    return _looked_for(capsule, subject, options)


def _looked_for(capsule: Capsule, subject: Subject, options: Options) -> _Again:
    scenario = capsule.finding().scenario
    assert scenario is not None
    found = explore_scenario(
        subject, scenario, in_time=in_time_of(capsule.settings), **vars(options)
    )
    same = [each for each in found.findings if each.kind == capsule.kind]
    if same:
        return _Again(found, scheduled_failure(subject, same[0], options))
    return _Again(found, None, {each.kind: each.count for each in found.findings})


def _message(again: _Again, changed: Mapping[str, str]) -> str:
    if again.failed is not None:
        return f"failed again\n{again.failed.text()}"
    if again.others:
        return f"failed in another way: {', '.join(again.others)}"
    seen = again.exploration
    if not changed:
        return (
            "the schedule did not fail, though the source is as it was: another compiler, "
            "or other flags, than it was found with?"
        )
    under = f"under {_conditions(seen.options)}"
    if seen.exhaustive:
        return f"did not fail: all {seen.executions:,} executions {under}"
    return f"did not fail in {seen.executions:,} executions {under}"
