"""``test_stack = heald.verify(stack)``: all that applies to a subject, as one pytest test."""

from __future__ import annotations

from heald.subject.subject import Subject
from heald.testing.repeated import HealdRun, Test, repeated
from heald.testing.violated import without_capsule
from heald.verdicts import Verdict
from heald.verifying.subject import verify_subject

_TIMES = 10
"""A verification goes five ways and more, so it takes more than a check that goes one."""


def verify(subject: Subject, *, budget_s: float | None = None) -> Test:
    """Make a test that verifies a subject.

    Parameters
    ----------
    budget_s
        Seconds; by default ten times ``--heald-budget``.
    """

    def check_verify(heald_run: HealdRun) -> None:
        __tracebackhide__ = True
        import pytest

        within_s = _TIMES * heald_run.budget_s if budget_s is None else budget_s
        result = verify_subject(subject, budget_s=within_s, seed=heald_run.seed % 2**31)
        if result.verdict is Verdict.FAILED:
            patch = f"\nthis mends it:\n{result.patch}" if result.patch else ""
            raise without_capsule(result.message + patch)
        if result.verdict is Verdict.UNTRUSTWORTHY:
            said = "; ".join(
                f"{step.name}: {step.covered}"
                for step in result.steps
                if step.verdict is Verdict.UNTRUSTWORTHY
            )
            pytest.fail(f"UNTRUSTWORTHY {subject.name}: {said}", pytrace=False)
        heald_run.say(result.sentence)

    return repeated(check_verify, f"{subject.name} is verified.")
