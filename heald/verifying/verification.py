"""What a verification covered, step by step, and the one verdict of all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heald.deadline import OutOfTime
from heald.showing.brief import brief
from heald.verdicts import Verdict


@dataclass(frozen=True)
class Step:
    """One way to look.

    Attributes
    ----------
    name
        Such as ``"every execution"``.
    verdict
        Its own; None where it answers another question (which orders are needed) and does not
        decide.
    covered
        What was looked at, and what that is worth, in a line.
    seconds
        By the clock.
    """

    name: str
    verdict: Verdict | None
    covered: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "name": self.name,
            "verdict": self.verdict.value if self.verdict else None,
            "covered": self.covered,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Verification:
    """All steps of one target.

    Attributes
    ----------
    message
        Of a failure, whole; else empty.
    failure
        Its kind, message and capsule.
    patch
        That mends it, verified; empty if there is none, or none was found in time.
    sentence
        What a pass comes to.
    shown
        The failure with its trace, for a page; its places and its name go into the JSON.
    """

    name: str
    verdict: Verdict
    steps: Sequence[Step]
    message: str = ""
    failure: Mapping[str, Any] | None = None
    patch: str = ""
    sentence: str = ""
    shown: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``heald verify --json`` prints."""
        return {
            "name": self.name,
            "verdict": self.verdict.value,
            "steps": [step.to_json() for step in self.steps],
            "sentence": self.sentence,
            "failure": self._failure(),
            "message": self.message,
            "patch": self.patch,
        }

    def _failure(self) -> dict[str, Any] | None:
        if self.failure is None:
            return None
        return {**brief(self.shown or self.failure), **self.failure}


@dataclass
class Walk:
    """The steps so far, and the time that is left for the others.

    Attributes
    ----------
    on_step
        Called with the name of each step as it begins.
    """

    budget_s: float
    on_step: Callable[[str], None] | None = None
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._end = time.monotonic() + self.budget_s
        self._step_began = time.monotonic()
        self._step = ""

    def left_s(self) -> float:
        """Return what is left of the budget, at least 0."""
        return max(0.0, self._end - time.monotonic())

    def share_s(self, share: float) -> float:
        """Return a share of what is left, at least a tenth of a second."""
        return max(0.1, share * self.left_s())

    def begin(self, name: str) -> None:
        """Say what comes now."""
        self._step = name
        self._step_began = time.monotonic()
        if self.on_step is not None:
            self.on_step(name)

    def end(self, name: str, verdict: Verdict | None, covered: str) -> None:
        """Note what it came to."""
        took = time.monotonic() - self._step_began
        self.steps.append(Step(name, verdict, covered, took))
        self._step = ""

    def cut(self, ended: OutOfTime) -> None:
        """Note that the budget ended in the middle of what was begun last."""
        self.end(self._step or "compiling", Verdict.UNDECIDED, str(ended))

    def verdict(self) -> Verdict:
        """Return the one of all: a failure, then a doubt, then what was not decided."""
        verdicts = {step.verdict for step in self.steps}
        for verdict in (Verdict.FAILED, Verdict.UNTRUSTWORTHY, Verdict.UNDECIDED):
            if verdict in verdicts:
                return verdict
        return Verdict.PASSED if Verdict.PASSED in verdicts else Verdict.UNTRUSTWORTHY


def patch_of(changes: int) -> str:
    """Say how big the patch is that mends it."""
    return f"a patch of {changes} {'line' if changes == 1 else 'lines'}, verified"
