"""A transfer or a parser verified: its faults and bulk inputs, in slices that cannot do harm."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

from heald import deadline
from heald.capsule import capsule_of
from heald.finding import Finding
from heald.intervals import bound_on_missed, show_rate
from heald.showing.cures import CURES
from heald.showing.evidence import failure_of
from heald.showing.terminal import terminal_width
from heald.state import CAPSULES
from heald.targets.isolated import IsolatedSlice
from heald.targets.places import file_of
from heald.targets.so_far import UntilOneFails
from heald.targets.target import Target
from heald.verdicts import UsageError, Verdict
from heald.verifying.verification import Verification, Walk

CASES = "faults and inputs"
_LATE_S = 20.0
_LAST_MOMENT_S = 0.5


def verify_target(
    target: Target,
    *,
    place: str | None = None,
    budget_s: float = 120.0,
    seed: int = 0,
    on_step: Callable[[str], None] | None = None,
) -> Verification:
    """Run a target for a budget, in a process of its own.

    Parameters
    ----------
    place
        Where a replay finds it; without one no capsule is written.
    """
    walk = Walk(budget_s, on_step)
    walk.begin(CASES)
    seconds = walk.share_s(0.95)
    ended = IsolatedSlice(
        lambda stop: target.run_slice(
            seconds=seconds, seed=seed, stop=UntilOneFails(stop)
        )
    ).wait(_patience_s(seconds))
    if ended.how == "usage error":
        raise UsageError(ended.message)
    if ended.how in ("signal", "exit"):
        text = f"the process that ran it ended: {ended.message}"
        walk.end(CASES, Verdict.FAILED, text)
        failure = {"kind": "crash", "message": text, "capsule": None}
        return Verification(
            target.name, Verdict.FAILED, walk.steps, message=text, failure=failure
        )
    result = ended.result
    if ended.how == "killed" and (result is None or not result.findings):
        walk.end(CASES, Verdict.UNDECIDED, f"the budget ended first: {ended.message}")
        return Verification(target.name, Verdict.UNDECIDED, walk.steps)
    if result is None or (not result.samples and not result.findings):
        walk.end(CASES, Verdict.UNTRUSTWORTHY, "no case was run")
        return Verification(target.name, Verdict.UNTRUSTWORTHY, walk.steps)
    if result.findings:
        return _failed(target, result.findings[0], walk, place)
    bound = show_rate(bound_on_missed(result.samples))
    text = f"{result.samples:,} cases; 95 % sure that fewer than {bound} fail"
    verdict = Verdict.PASSED if result.trustworthy else Verdict.UNTRUSTWORTHY
    walk.end(CASES, verdict, text)
    return Verification(target.name, verdict, walk.steps, sentence=f"verified: {text}")


def _patience_s(seconds: float) -> float:
    """Return how long a slice may take: a while more, but no longer than there is time."""
    left_s = deadline.left_s()
    late_s = seconds + _LATE_S
    return late_s if left_s is None else min(late_s, left_s + _LAST_MOMENT_S)


def _failed(
    target: Target, finding: Finding, walk: Walk, place: str | None
) -> Verification:
    """Say all that is known of it, and write its capsule."""
    walk.end(CASES, Verdict.FAILED, finding.kind)
    saved = None if place is None else _saved(target, finding, place)
    identity: dict[str, Any] = getattr(target, "identity", dict)()
    shown = failure_of(finding, capsule=saved, sources=[*identity.get("sources", ())])
    lines = [f"{target.name}: {finding.kind}: {finding.message}"]
    lines += [f"  {line}" for line in finding.detail.get("shown", ())]
    if finding.kind in CURES:
        told = f"Known cures: {CURES[finding.kind]}."
        columns = min(90, terminal_width() or 90)
        lines += ["", *textwrap.wrap(told, columns, break_on_hyphens=False)]
    failure = {"kind": finding.kind, "message": finding.message, "capsule": saved}
    return Verification(
        target.name,
        Verdict.FAILED,
        walk.steps,
        message="\n".join(lines),
        failure=failure,
        shown=shown,
    )


def _saved(target: Target, finding: Finding, place: str) -> str:
    capsule = capsule_of(
        finding,
        target=target.name,
        place=place,
        expected=target.expected,
        identity=getattr(target, "identity", dict)(),
        file=file_of(target.name, place),
    )
    return str(capsule.try_to_save(CAPSULES))
