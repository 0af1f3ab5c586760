"""Which findings of a campaign are explained, and for how long: within the budget, by rule.

A failure on real threads is worth a few seconds of searching the explorer for it. So that a
campaign cannot spend its night on that, all explanations together get a share of the budget
and each at most so many seconds; one of each kind is explained for a target, the targets
that are meant to fail excepted. What is left over says how to ask for it.

The rule has no clock and no files: the loop in ``run.py`` runs what ``next`` gives, in a
process of its own, where ``explain_request`` does the work.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from heald.campaign.record import Record
from heald.finding import Finding
from heald.stop import Stop
from heald.subject.subject import Subject
from heald.targets.target import SliceResult, Target

SHARE = 0.25
"""Of the budget: all explanations together."""

LONGEST_S, FAIR_S, SHORTEST_S = 15.0, 3.0, 0.5
"""Of one explanation, its compiling included; while others wait, not more than is fair."""

RESERVE = 0.05
"""Of the budget: kept at its end for what was found last, if there is something."""

_COMPILING = 0.3  # of an explanation's time may go into compiling

NOT_EXPLAINED = "not explained: time was up; heald replay CAPSULE --explain does it"


@dataclass(frozen=True)
class Request:
    """A finding that is to be explained, in its capsule."""

    record: Record
    finding: Finding
    subject: Subject
    place: str
    capsule: str


@dataclass
class Explanations:
    """The findings that wait to be explained.

    Parameters
    ----------
    budget_s
        Of the whole campaign.
    """

    budget_s: float
    waiting: deque[Request] = field(default_factory=deque)
    spent_s: float = 0.0
    _asked: set[tuple[str, str]] = field(default_factory=set)

    def offer(
        self, record: Record, target: Target, finding: Finding, place: str, capsule: str
    ) -> None:
        """Take a finding on, if it is one that can and should be explained."""
        from heald.explaining.search import FAMILIES

        subject = _subject_of(target)
        key = record.name, finding.kind
        if (
            subject is None
            or record.expected == "flawed"
            or finding.scenario is None
            or finding.kind not in FAMILIES
            or key in self._asked
        ):
            return
        self._asked.add(key)
        self.waiting.append(Request(record, finding, subject, place, capsule))

    @property
    def reserve_s(self) -> float:
        """Seconds that no ordinary slice should take: something waits for them."""
        return min(LONGEST_S, RESERVE * self.budget_s) if self.waiting else 0.0

    def next(self, left_s: float) -> tuple[Request, float] | None:
        """Return what to explain now, and for how many seconds; ``None`` if nothing."""
        if not self.waiting:
            return None
        allowed_s = SHARE * self.budget_s - self.spent_s
        fair_s = max(FAIR_S, allowed_s / len(self.waiting))
        allowed_s = min(LONGEST_S, fair_s, allowed_s, left_s)
        if allowed_s < SHORTEST_S:
            return None
        return self.waiting.popleft(), allowed_s

    def spent(self, seconds: float) -> None:
        """Count what an explanation took."""
        self.spent_s += seconds


def explain_request(request: Request, limit_s: float) -> SliceResult:
    """Explain a finding, and write that into its capsule.

    Parameters
    ----------
    limit_s
        Seconds, compiling included. Whoever calls it ends it soon after.
    """
    from heald.capsule import load_capsule
    from heald.explaining.explanation import explain_and_keep

    began = time.monotonic()
    file = Path(request.capsule)
    explained = explain_and_keep(
        request.subject,
        request.finding,
        place=request.place,
        folder=file.parent,
        budget_s=limit_s * (1 - _COMPILING),
    )
    replace(load_capsule(file), explanation=explained.to_json()).save(file.parent)
    return SliceResult(0, time.monotonic() - began)


class Explorer:
    """What explaining needs beside the targets, compiled before the budget begins."""

    name = "the explorer"
    expected = None

    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        """Do nothing: it is only prepared."""
        return SliceResult(0, 0.0)

    def prepare(self) -> None:
        """Compile it, where it was not shipped compiled."""
        from heald.building.engine import engine_path

        engine_path("explore")


def needs_explorer(targets: Iterable[Target]) -> bool:
    """Whether one of them could be explained."""
    return any(
        _subject_of(target) is not None and target.expected != "flawed"
        for target in targets
    )


def _subject_of(target: Target) -> Subject | None:
    """Return what the explorer can run of a target: a transfer's subject is none of it."""
    subject = getattr(target, "subject", None)
    return subject if isinstance(subject, Subject) else None
