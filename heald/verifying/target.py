"""A transfer or a parser verified: its faults and bulk inputs, in slices that cannot do harm."""

from __future__ import annotations

from collections.abc import Callable

from heald.intervals import bound_on_missed, show_rate
from heald.showing.evidence import failure_of
from heald.targets.isolated import IsolatedSlice
from heald.targets.target import Target
from heald.verdicts import UsageError, Verdict
from heald.verifying.verification import Verification, Walk

CASES = "faults and inputs"
_LATE_S = 20.0


def verify_target(
    target: Target,
    *,
    budget_s: float = 120.0,
    seed: int = 0,
    on_step: Callable[[str], None] | None = None,
) -> Verification:
    """Run a target for a budget, in a process of its own."""
    walk = Walk(budget_s, on_step)
    walk.begin(CASES)
    seconds = walk.share_s(0.95)
    ended = IsolatedSlice(
        lambda stop: target.run_slice(seconds=seconds, seed=seed, stop=stop)
    ).wait(seconds + _LATE_S)
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
    if result is None or (not result.samples and not result.findings):
        walk.end(CASES, Verdict.UNTRUSTWORTHY, "no case was run")
        return Verification(target.name, Verdict.UNTRUSTWORTHY, walk.steps)
    if result.findings:
        finding = result.findings[0]
        text = f"{finding.kind}: {finding.message}"
        walk.end(CASES, Verdict.FAILED, text)
        return Verification(
            target.name,
            Verdict.FAILED,
            walk.steps,
            message=f"{target.name}: {text}",
            failure={"kind": finding.kind, "message": finding.message, "capsule": None},
            shown=failure_of(finding, sources=_sources(target)),
        )
    bound = show_rate(bound_on_missed(result.samples))
    text = f"{result.samples:,} cases; 95 % sure that fewer than {bound} fail"
    verdict = Verdict.PASSED if result.trustworthy else Verdict.UNTRUSTWORTHY
    walk.end(CASES, verdict, text)
    return Verification(target.name, verdict, walk.steps, sentence=f"verified: {text}")


def _sources(target: Target) -> list[str]:
    identity = getattr(target, "identity", None)
    return [*identity().get("sources", ())] if callable(identity) else []
