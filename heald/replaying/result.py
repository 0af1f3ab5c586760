"""What a replay says: how often it failed again, and whether the code is as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heald.finding import Finding
from heald.intervals import rate_interval
from heald.verdicts import Verdict


@dataclass(frozen=True)
class Replay:
    """How often it failed again.

    Attributes
    ----------
    verdict
        Failed; passed if the source is another one now; undecided if it is the same and
        did not fail in time; untrustworthy if it could not have.
    failures, samples, seconds
        Failed samples of the capsule's kind, all samples, and the time they took.
    changed
        Source files that are not as they were, with what happened to each.
    finding
        The first failure, if any.
    other_kinds
        Failures of another kind than the capsule's, with their counts.
    message
        One paragraph for people.
    shown
        Failures with their traces, for a page; not part of the JSON.
    """

    verdict: Verdict
    failures: int
    samples: int
    seconds: float
    changed: Mapping[str, str]
    finding: Finding | None
    other_kinds: Mapping[str, int]
    message: str
    shown: Sequence[Mapping[str, Any]] = ()

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the failure rate."""
        return rate_interval(self.failures, self.samples)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``heald replay --json`` prints."""
        return {
            "verdict": self.verdict.value,
            "failures": self.failures,
            "samples": self.samples,
            "seconds": round(self.seconds, 3),
            "interval": list(self.interval),
            "changed": dict(self.changed),
            "other_kinds": dict(self.other_kinds),
            "message": self.message,
        }
