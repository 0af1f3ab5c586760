"""One run of one scenario: as many processes as its crashes make it need.

What the processes leave behind (outcomes, last words) is put together to one result, with
the doubts that there must be where the run could not have seen a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from heald.finding import Finding
from heald.native import shared
from heald.native.findings import (
    NOT_THE_SUBJECT,
    broken_invariant,
    describe_death,
)
from heald.native.host import Ended, Host
from heald.native.loading import LoadFailed
from heald.native.plausible import implausible
from heald.native.result import NativeResult, Power, Tally
from heald.native.settings import Settings
from heald.native.watch import Watch
from heald.native.watchdog import Hang
from heald.scenario import Outcome, Scenario
from heald.topology import this_machine
from heald.verdicts import EngineError, UsageError

if TYPE_CHECKING:
    from heald.stop import Stop

_POLL_S = 0.02
_FAST_POLL_S = 0.003
_SHORTEST_S = 0.0005


@dataclass
class Run:
    """One call of ``NativeSession.run``; its parameters are explained there."""

    host: Callable[[], Host]
    hang_s: float
    power_s: float
    scenario: Scenario
    tally: Tally
    seed: int
    settings: Settings
    tune: bool
    history: bool
    check_power: bool
    most_samples: int | None
    stop: Stop | None
    stop_when: Callable[[Mapping[Outcome, int]], bool] | None
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    samples: int = 0
    seconds: float = 0.0
    probes: int = 0
    overlapped: int = 0
    uncounted: int = 0
    best: Settings | None = None
    power: Power | None = None
    enough: bool = False
    ended_well: int = 0

    def run(self, budget_s: float, most_lost: int) -> NativeResult:
        """Run until the budget ends, or enough is seen, or too many processes are lost."""
        lost = 0
        while True:
            left_s = budget_s - self.seconds
            if left_s < _SHORTEST_S or self._have_enough() or lost >= most_lost:
                break
            finished = self._run_process(left_s, attempt=lost)
            if finished:
                break
            lost += 1
        if lost > 0:
            self.notes.append(f"{lost} processes lost to crashes, hangs or exits")
        return self._result()

    def _run_process(self, budget_s: float, attempt: int) -> bool:
        """Run in one process; False if it was lost."""
        try:
            host = self.host()
        except LoadFailed as failed:
            self._add(replace(failed.finding, scenario=self.scenario, seed=self.seed))
            self.enough = True
            return False
        # Attempts differ, or a crash would come back at the same place for ever.
        seed = (self.seed + attempt * 0x9E3779B97F4A7C15) % 2**64
        began = time.monotonic()
        host.begin(self._request(budget_s, seed))
        watch = Watch(
            host,
            len(self.scenario.threads),
            budget_s=budget_s + (self.power_s if self.check_power else 0.0),
            hang_s=self.hang_s,
            poll_s=_FAST_POLL_S if self.stop_when else _POLL_S,
            should_stop=lambda: self._should_stop(host),
        )
        ended = watch.until_ended()
        elapsed = time.monotonic() - began
        return self._collect(host, ended, watch.hang, seed, elapsed)

    def _request(self, budget_s: float, seed: int) -> bytes:
        flags = shared.TUNE if self.tune else 0
        flags |= shared.HISTORY if self.history else 0
        flags |= shared.CHECK_POWER if self.check_power and self.power is None else 0
        left = max(0, (self.most_samples or 0) - self.samples)
        return shared.pack_request(
            self.tally.layout,
            flags=flags,
            seed=seed,
            budget_ns=int(budget_s * 1e9),
            power_ns=int(self.power_s * 1e9),
            sample_max=left,
            settings=self.settings,
        )

    def _collect(
        self, host: Host, ended: Ended, hang: Hang | None, seed: int, elapsed: float
    ) -> bool:
        recorder = host.recorder
        with memoryview(host.memory) as memory:
            wrong = implausible(
                recorder,
                memory,
                seed=seed,
                seconds=elapsed,
                width=self._width,
                threads=len(self.scenario.threads),
            )
        if wrong is not None:
            self.seconds += elapsed
            self._add_overwritten(host, wrong, seed)
            return False
        power_s = min(recorder.power_ns / 1e9, elapsed)
        if recorder.power_threads and (recorder.power_lost or recorder.power_ns):
            self.power = Power(recorder.power_lost, recorder.power_samples, power_s)
        self.samples += recorder.samples
        self.seconds += elapsed - power_s
        self.probes += recorder.probes
        self.overlapped += recorder.overlapped
        self.uncounted += recorder.uncounted
        if recorder.arms:
            self.best = recorder.best.settings()
        known = sum(self.tally.broken.values())
        with memoryview(host.memory) as memory:
            self.tally.add(shared.read_entries(recorder, memory, self._width))
        if recorder.state == shared.REFUSED:
            _raise_refusal(recorder.error.decode(errors="replace"))
        self._add_broken_sample(host, seed, sum(self.tally.broken.values()) - known)
        self._note_output(host)
        if ended.status == 0 and recorder.state == shared.DONE:
            self.ended_well += 1
            return True
        self._add(describe_death(host, self.scenario, seed, ended.status, hang))
        return False

    def _add_broken_sample(self, host: Host, seed: int, counted: int) -> None:
        """Keep a broken invariant whose round was cut short by a crash."""
        broken = host.recorder.broken
        results = self.tally.layout.result_count
        if not broken.complete or counted or results + 1 > len(broken.slots):
            return
        outcome = self.tally.layout.outcome(list(broken.slots[1 : 1 + results]))
        self.tally.broken[outcome] = self.tally.broken.get(outcome, 0) + 1

    def _add(self, finding: Finding) -> None:
        self.findings.append(finding)

    def _add_overwritten(self, host: Host, what: str, seed: int) -> None:
        """Add the finding for a process whose record of itself cannot be true."""
        text = (
            f"the memory that the runner records in was overwritten, {what} among it: a "
            "wild write"
        )
        detail = {"output": host.read_output(), "topology": this_machine().to_json()}
        self._add(Finding("wild access", text, self.scenario, seed=seed, detail=detail))
        host.kill()  # what it knows of the subject may be overwritten, too

    def _note_output(self, host: Host) -> None:
        output = host.read_output()
        if not output:
            return
        full = ", until its file was full" if host.output_is_full else ""
        self.notes.append(f"the subject wrote output{full}, last: {output[-200:]!r}")

    def _have_enough(self) -> bool:
        if self.enough or (self.stop is not None and self.stop.is_set()):
            return True
        return self.most_samples is not None and self.samples >= self.most_samples

    def _should_stop(self, host: Host) -> bool:
        if self._have_enough():
            return True
        if self.stop_when is not None:
            seen = Tally(self.scenario, self.tally.layout, dict(self.tally.histogram))
            with memoryview(host.memory) as memory:
                seen.add(shared.read_entries(host.recorder, memory, self._width))
            self.enough = bool(seen.broken) or self.stop_when(seen.histogram)
        return self.enough

    def _result(self) -> NativeResult:
        if self.tally.broken:
            detail = {
                "settings": self.best.to_json() if self.best else None,
                "topology": this_machine().to_json(),
                "samples": self.samples,
            }
            self.findings.append(
                broken_invariant(self.scenario, self.seed, self.tally.broken, detail)
            )
        return NativeResult(
            scenario=self.scenario,
            seed=self.seed,
            samples=self.samples,
            seconds=self.seconds,
            histogram=self.tally.histogram,
            histories=self.tally.histories,
            findings=tuple(self.findings),
            settings=self.best,
            power=self.power,
            overlap=self.overlapped / self.probes if self.probes else 0.0,
            notes=tuple(self._all_notes()),
            doubts=tuple(self._doubts()),
        )

    def _killed_too_often(self) -> bool:
        """Once may be chance: somebody was short of memory. Who does it again means it."""
        return len(self.findings) > 1 or not self.ended_well

    @property
    def _width(self) -> int:
        """Slots of an outcome in the shared memory."""
        calls = sum(map(len, self.scenario.threads)) if self.history else 0
        return 1 + self.tally.layout.result_count + 2 * calls

    @property
    def _busy_threads(self) -> int:
        return sum(bool(calls) for calls in self.scenario.threads)

    def _all_notes(self) -> list[str]:
        notes = list(self.notes)
        usable = this_machine().processors
        if self._busy_threads > usable:
            notes.append(f"{self._busy_threads} threads on {usable} processors")
        if self._busy_threads < 2:
            notes.append("at most one thread has calls: nothing can overlap")
        if self.uncounted:
            notes.append(f"{self.uncounted:,} samples had outcomes too diverse to count")
        return notes

    def _doubts(self) -> list[str]:
        blamed = any(f.kind not in NOT_THE_SUBJECT for f in self.findings)
        if self.findings and not blamed and self._killed_too_often():
            return [
                f"{len(self.findings)} of {len(self.findings) + self.ended_well} processes "
                "of the run were killed, from outside or by a timer of the subject's own: "
                "what they would have shown is not known"
            ]
        if self.samples == 0 and not blamed:
            return ["no sample was finished: the budget is too short"]
        if self._busy_threads < 2:
            return []
        doubts = []
        if self.power is not None and self.power.lost == 0:
            doubts.append(
                f"a counter known to be racy lost no update in {self.power.samples:,} "
                f"samples over {self.power.seconds:.2f} s with the same threads: this "
                "machine ran them one after the other; free a processor for each thread"
            )
        if self.probes and not self.overlapped and not self.findings:
            doubts.append(
                f"no call overlapped another in the {self.probes:,} samples looked at"
            )
        return doubts


def _raise_refusal(reason: str) -> NoReturn:
    """Tell a table that we got wrong from a scenario that is too much for the runner."""
    if reason.startswith("bad scenario"):
        raise EngineError(reason)
    raise UsageError(f"the native runner cannot run this: {reason}")
