"""Counts how often a finding comes back.

A race has no schedule to replay on real threads. What can be replayed is the scenario
with the same settings and seed, again and again, and what can be told is a rate with its
interval.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heald.native.session import NativeSession
from heald.native.settings import Settings
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.finding import Finding
    from heald.native.result import NativeResult
    from heald.stop import Stop
    from heald.subject.subject import Subject

_SLICE_S = 0.5
_CONFIDENCE = 0.95
_ENDS_PROCESS = frozenset(
    {"crash", "abort", "exit", "hang", "memory", "forbidden call", "killed"}
)


@dataclass(frozen=True)
class Replay:
    """What replaying gave.

    Attributes
    ----------
    hits, trials
        How often it failed in the same way, of how many.
    unit
        What a trial is: ``"samples"``, or ``"runs"`` for what ends the process.
    low, high
        95 % interval of the rate (Clopper and Pearson, Biometrika 26, 1934).
    seconds
        Time spent.
    findings
        The same kind of finding, as seen this time.
    """

    hits: int
    trials: int
    unit: str
    low: float
    high: float
    seconds: float
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        return (
            f"failed {self.hits:,} times in {self.trials:,} {self.unit} "
            f"(95 % interval of the rate {self.low:.3g} to {self.high:.3g})"
        )


def replay_native(
    finding: Finding,
    budget_s: float,
    *,
    subject: Subject,
    until_seen: bool = False,
    stop: Stop | None = None,
    session: NativeSession | None = None,
) -> Replay:
    """Run a finding's scenario again and again, and count how often it fails that way.

    Parameters
    ----------
    until_seen
        End when it has failed once.

    Raises
    ------
    UsageError
        If the finding has no scenario, or no outcome where its kind needs one.
    """
    if finding.scenario is None:
        raise UsageError("this finding has no scenario to run again")
    if session is None:
        with NativeSession() as own:
            return replay_native(
                finding,
                budget_s,
                subject=subject,
                until_seen=until_seen,
                stop=stop,
                session=own,
            )
    replayer = _Replayer(finding, subject, session)
    began = time.monotonic()
    while (left := budget_s - (time.monotonic() - began)) > 0:
        replayer.run_slice(min(left, _SLICE_S), stop)
        if (stop is not None and stop.is_set()) or (until_seen and replayer.hits):
            break
    return replayer.replay(time.monotonic() - began)


class _Replayer:
    def __init__(
        self, finding: Finding, subject: Subject, session: NativeSession
    ) -> None:
        self.finding = finding
        self.subject = subject
        self.session = session
        self.settings = _settings(finding.detail)
        self.seed = finding.seed or 0
        self.ends_process = finding.kind in _ENDS_PROCESS
        if not self.ends_process and finding.outcome is None:
            raise UsageError(
                f"a finding of kind {finding.kind!r} is replayed by its outcome; "
                "this one has none"
            )
        self.hits = self.trials = self.slices = 0
        self.seen: list[Finding] = []

    def run_slice(self, seconds: float, stop: Stop | None) -> None:
        assert self.finding.scenario is not None
        result = self.session.run(
            self.subject,
            self.finding.scenario,
            # The first slice is the run as it was. Later ones have seeds of their own, and
            # every second one also looks for settings that show more.
            seed=self.seed + self.slices,
            budget_s=seconds,
            settings=self.settings,
            tune=self.settings is None or self.slices % 2 == 1,
            check_power=False,
            most_lost=1,
            stop=stop,
        )
        self.slices += 1
        self._count(result)

    def _count(self, result: NativeResult) -> None:
        same = [found for found in result.findings if found.kind == self.finding.kind]
        self.seen += same
        if self.ends_process:
            self.trials += 1
            self.hits += bool(same)
        elif self.finding.kind == "broken invariant":
            self.trials += result.samples
            self.hits += sum(found.count for found in same)
        else:
            self.trials += result.samples
            outcome = self.finding.outcome
            self.hits += result.histogram.get(outcome, 0) if outcome is not None else 0

    def replay(self, seconds: float) -> Replay:
        from scipy.stats import binomtest

        low, high = 0.0, 1.0
        # A crash may count a broken sample of a round whose samples it did not count.
        trials = max(self.trials, self.hits)
        if trials:
            interval = binomtest(self.hits, trials).proportion_ci(_CONFIDENCE, "exact")
            low, high = float(interval.low), float(interval.high)
        unit = "runs" if self.ends_process else "samples"
        return Replay(self.hits, trials, unit, low, high, seconds, tuple(self.seen))


def _settings(detail: Mapping[str, Any]) -> Settings | None:
    found = detail.get("settings")
    return Settings.from_json(found) if isinstance(found, Mapping) else None
