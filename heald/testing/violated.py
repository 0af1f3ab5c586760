"""The exception of a failed test, made with its capsule and, in time, its explanation.

Every test of heald's that fails comes through here, whether real threads found it, the
explorer or a target of the user's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heald.capsule import capsule_of
from heald.explaining.while_testing import EXPLANATIONS
from heald.explorer.execution import bug_of, completed, shown_of, text_of
from heald.explorer.exploration import explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.orders.advice import with_change
from heald.precedence import in_time_of
from heald.replaying.scenario import scheduled_capsule
from heald.showing.cures import CURES
from heald.showing.evidence import failure_in
from heald.showing.terminal import terminal_width
from heald.state import CAPSULES
from heald.violation import Violated

if TYPE_CHECKING:
    from heald.subject.subject import Subject

#: Seconds to look for an execution that is easier to follow.
_SHORTEN_S = 1.0


def violated(
    finding: Finding,
    *,
    target: str,
    place: str,
    expected: str | None = None,
    identity: Mapping[str, Any],
    subject: Subject | None = None,
    message: str | None = None,
) -> Violated:
    """Write the capsule of a finding and return the exception to raise.

    Parameters
    ----------
    target, place
        Where a replay finds it: its name, and the file, folder or module it is in.
    identity
        What the target says about itself: ``Target.identity()``.
    subject
        If it failed on real threads, the explorer is asked about it.
    message
        What to say; by default all that the finding knows.
    """
    capsule = capsule_of(
        finding, target=target, place=place, expected=expected, identity=identity
    )
    explained = EXPLANATIONS.explain(subject, finding, place) if subject else ""
    explanation, bug = str(explained), ""
    if not isinstance(explained, str):
        capsule = replace(capsule, explanation=explained.to_json())
        explanation = explained.text()
        bug = bug_of(explained.failed).line if explained.failed else ""
    saved = capsule.try_to_save(CAPSULES)
    said = message or _in_words(finding, target)
    if not bug and finding.kind in CURES:
        said = f"{said}\nknown cures: {CURES[finding.kind]}"
    return Violated(
        said,
        finding=finding,
        capsule=saved,
        explanation=explanation,
        bug=bug,
        failure=failure_in(capsule, saved),
    )


def without_capsule(message: str, finding: Finding | None = None) -> Violated:
    """Return the exception of a failure that no file replays: it has no place of its own."""
    return Violated(message, finding=finding)


def _in_words(finding: Finding, target: str) -> str:
    lines = [f"{target}: {finding.kind}: {finding.message}"]
    if finding.scenario is not None:
        lines.append(finding.scenario.columns(finding.outcome))
    if finding.detail.get("explanation"):
        lines.append(str(finding.detail["explanation"]))
    lines.append(f"seed {finding.seed}, seen {finding.count} times")
    return "\n".join(lines)


def scheduled_violation(
    subject: Subject, finding: Finding, options: Options, *, place: str
) -> Violated:
    """Write the capsule of a finding of the explorer; return the exception to raise.

    The execution shown is the easiest to follow that fails in the same way; without the calls
    that only look at what is left, where it fails without them.
    """
    assert finding.scenario is not None
    easiest = replace(options, shortest=True, budget_s=_SHORTEN_S)
    in_time = in_time_of(finding.detail)
    scenarios = [finding.scenario]
    if not in_time and len(finding.scenario.after) > len(subject.after):
        scenarios.insert(0, replace(finding.scenario, after=tuple(subject.after)))
    for scenario in scenarios:
        found = explore_scenario(subject, scenario, in_time=in_time, **vars(easiest))
        same = [each for each in found.findings if each.kind == finding.kind]
        if same:
            break
    failed = completed(subject, same[0] if same else finding, options)
    failed = with_change(subject, failed, options)
    capsule = scheduled_capsule(subject, failed, place=place)
    saved = capsule.try_to_save(CAPSULES)
    return Violated(
        f"{subject.name}: {finding.kind}\n{text_of(failed, width=terminal_width())}",
        finding=failed,
        capsule=saved,
        failure={**shown_of(failed), "capsule": str(saved)},
    )
