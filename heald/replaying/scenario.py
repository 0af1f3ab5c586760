"""An execution of a scenario in a capsule, and the same execution again.

Running the schedule once gives it, on any machine; that takes milliseconds. If the source
has changed and the schedule does not fail, all executions of the scenario are searched.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from heald.capsule import Capsule, capsule_of
from heald.explorer.execution import completed, conditions, shown_of, text_of
from heald.explorer.exploration import Exploration, explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.orders.advice import with_change
from heald.precedence import in_time_of
from heald.replaying.result import Replay
from heald.replaying.sources import changed_sources
from heald.showing.terminal import terminal_width
from heald.subject.identity import identity_of
from heald.targets.places import target_named, targets_in
from heald.verdicts import UsageError, Verdict

if TYPE_CHECKING:
    from heald.subject.subject import Subject


def scheduled_capsule(subject: Subject, failed: Finding, *, place: str) -> Capsule:
    """Make the capsule that replays the execution of a completed finding.

    Parameters
    ----------
    place
        Where a replay finds the subject: a folder, a file or a module.
    """
    meaning = Options.from_settings(failed.detail).meaning()
    kept = (*meaning, "schedule", "diagnosis", "in_time")
    settings = {key: failed.detail[key] for key in kept if key in failed.detail}
    return capsule_of(
        replace(failed, detail=settings),
        target=subject.name,
        place=_narrowed(place, subject),
        expected=subject.expected,
        identity=identity_of(subject),
        check="explored",
    )


def _narrowed(place: str, subject: Subject) -> str:
    """Name the file in a folder that has the subject: a replay need not import the others."""
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
    failed: Finding | None
    others: dict[str, int] = field(default_factory=dict)


def replay_scenario(capsule: Capsule, budget_s: float) -> Replay:
    """Replay a capsule of the explorer that has a scenario."""
    target = target_named(capsule.target, capsule.place)
    subject: Subject | None = getattr(target, "subject", None)
    if subject is None:
        raise UsageError(f"{capsule.target} is no subject, its scenarios cannot be run")
    if "mutant" in capsule.settings:
        raise UsageError(
            f"the capsule is of a changed text, {capsule.settings['mutant']!r}, which this heald "
            "does not make any more: run heald mutate again, it changes orders in place"
        )
    changed = changed_sources(capsule)
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
        finding=again.failed,
        other_kinds=again.others,
        message=_message(again, changed),
        shown=[shown_of(again.failed)] if again.failed else (),
    )


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
        failed = completed(subject, same[0], options)
        return _Again(found, with_change(subject, failed, options))
    return _Again(found, None, {each.kind: each.count for each in found.findings})


def _message(again: _Again, changed: Mapping[str, str]) -> str:
    if again.failed is not None:
        return f"failed again\n{text_of(again.failed, width=terminal_width())}"
    if again.others:
        return f"failed in another way: {', '.join(again.others)}"
    seen = again.exploration
    if not changed:
        return (
            "the schedule did not fail, though the source is as it was: another compiler, "
            "or other flags, than it was found with?"
        )
    under = f"under {conditions(seen.options)}"
    if seen.exhaustive:
        return f"did not fail: all {seen.executions:,} executions {under}"
    return f"did not fail in {seen.executions:,} executions {under}"
