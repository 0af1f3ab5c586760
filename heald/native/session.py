"""Running scenarios on real threads, many in a row.

A session keeps one host process per compiled subject. A run is a fresh copy of it, so a
scenario costs a few milliseconds, and what one run breaks no other can feel.
"""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from heald.finding import Finding
from heald.native import shared
from heald.native.findings import broken_invariant, describe_death, phase_of, topology
from heald.native.host import Ended, Host, HostLost
from heald.native.result import NativeResult, Power, Tally
from heald.native.settings import Settings
from heald.native.watchdog import Hang, Watchdog, activity_of, data_bytes_of
from heald.scenario import Outcome, Scenario
from heald.verdicts import EngineError

if TYPE_CHECKING:
    from heald.flavours import Flavour
    from heald.subject import Subject
    from heald.targets import Stop

_POLL_S = 0.02
_FAST_POLL_S = 0.003
_DUMP_S = 0.2
_GRACE_S = 2.0
_HOSTS = 8
_SHORTEST_S = 0.0005


def run_native(
    subject: Subject,
    scenario: Scenario,
    *,
    seed: int,
    budget_s: float,
    settings: Settings | None = None,
    history: bool = False,
    stop: Stop | None = None,
    flavour: Flavour | str = "native",
) -> NativeResult:
    """Run one scenario; see ``NativeSession.run``, and use that for more than one."""
    with NativeSession() as session:
        return session.run(
            subject,
            scenario,
            seed=seed,
            budget_s=budget_s,
            settings=settings,
            history=history,
            stop=stop,
            flavour=flavour,
        )


class NativeSession:
    """Host processes kept for many runs; a context manager, for one thread at a time.

    Parameters
    ----------
    hang_s
        Seconds without progress after which a thread that could run counts as stuck.
    memory_bytes
        Writable memory that a run may have, the runner's own 200 MiB included.
    power_s
        Longest power check.
    """

    def __init__(
        self, *, hang_s: float = 1.0, memory_bytes: int = 1 << 30, power_s: float = 1.0
    ) -> None:
        self.hang_s = hang_s
        self.memory_bytes = memory_bytes
        self.power_s = power_s
        self._hosts: OrderedDict[Path, Host] = OrderedDict()
        self._libraries: dict[tuple[int, str], tuple[Subject, Path]] = {}

    def __enter__(self) -> NativeSession:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all processes. The session can be used again afterwards."""
        while self._hosts:
            self._hosts.popitem()[1].close()

    def run(
        self,
        subject: Subject,
        scenario: Scenario,
        *,
        seed: int,
        budget_s: float,
        settings: Settings | None = None,
        tune: bool | None = None,
        history: bool = False,
        check_power: bool = True,
        most_samples: int | None = None,
        most_lost: int = 3,
        stop: Stop | None = None,
        stop_when: Callable[[Mapping[Outcome, int]], bool] | None = None,
        flavour: Flavour | str = "native",
    ) -> NativeResult:
        """Run a scenario on real threads until the budget ends.

        Parameters
        ----------
        seed
            Everything random follows from it (not what the machine does).
        budget_s
            Seconds to run, above 0, without compiling. The power check comes on top, and
            for a subject that hangs up to ``hang_s`` to be sure of it.
        settings
            Fixed settings; by default they are tuned towards most interleaving.
        tune
            Whether to tune; then ``settings`` is where to begin, and its placement and
            load stay. By default only where no settings are given.
        history
            Stamp every call: ``histories`` of the result. Costs interleaving.
        most_samples
            End with the first stride that reaches so many, below twice the number.
        most_lost
            End after so many processes were lost to crashes and hangs.
        stop, stop_when
            Asked every few milliseconds, the second with the outcomes so far: end now?

        Raises
        ------
        UsageError
            If the subject does not compile or load, or the scenario does not fit it.
        """
        run = _Run(
            session=self,
            subject=subject,
            scenario=scenario,
            shared_object=self._compiled(subject, flavour),
            tally=Tally(scenario, subject.layout(scenario)),
            seed=seed,
            settings=settings or Settings(),
            tune=settings is None if tune is None else tune,
            history=history,
            check_power=check_power,
            most_samples=most_samples,
            stop=stop,
            stop_when=stop_when,
        )
        return run.run(budget_s, most_lost)

    def host_for(self, library: Path) -> Host:
        """Return a live host of a compiled subject, starting one if need be."""
        host = self._hosts.pop(library, None)
        if host is not None and not host.alive:
            host.close()
            host = None
        if host is None:
            host = Host(library, memory_bytes=self.memory_bytes)
            try:
                host.load()
            except BaseException:
                host.close()
                raise
        self._hosts[library] = host
        while len(self._hosts) > _HOSTS:
            self._hosts.popitem(last=False)[1].close()
        return host

    def _compiled(self, subject: Subject, flavour: Flavour | str) -> Path:
        """Compile; asked once per session, so a session does not see later edits."""
        key = (id(subject), flavour if isinstance(flavour, str) else flavour.name)
        known = self._libraries.get(key)
        if known is None:
            known = (subject, subject.build(flavour).path)
            self._libraries[key] = known
        return known[1]


@dataclass
class _Run:
    """One call of ``NativeSession.run``: as many processes as its crashes make it need."""

    session: NativeSession
    subject: Subject
    scenario: Scenario
    shared_object: Path
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

    def run(self, budget_s: float, most_lost: int) -> NativeResult:
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
            host = self.session.host_for(self.shared_object)
        except HostLost as error:
            self._add_load_failure(error)
            self.enough = True
            return False
        # Attempts differ, or a crash would come back at the same place for ever.
        seed = (self.seed + attempt * 0x9E3779B97F4A7C15) % 2**64
        began = time.monotonic()
        host.begin(self._request(budget_s, seed))
        watch = _Watch(self, host, budget_s)
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
            power_ns=int(self.session.power_s * 1e9),
            sample_max=left,
            settings=self.settings,
        )

    def _collect(
        self, host: Host, ended: Ended, hang: Hang | None, seed: int, elapsed: float
    ) -> bool:
        recorder = host.recorder
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
            self.tally.add(shared.read_entries(recorder, memory))
        if recorder.state == shared.REFUSED:
            raise EngineError(recorder.error.decode(errors="replace"))
        self._add_broken_sample(host, seed, sum(self.tally.broken.values()) - known)
        self._note_output(host)
        if ended.status == 0 and recorder.state == shared.DONE:
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

    def _add_load_failure(self, error: HostLost) -> None:
        text = f"loading the subject ended the process: {error}"
        detail = {"status": error.status, "topology": topology()}
        self._add(Finding("crash", text, self.scenario, seed=self.seed, detail=detail))

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

    def should_stop(self, host: Host) -> bool:
        if self._have_enough():
            return True
        if self.stop_when is not None:
            seen = Tally(self.scenario, self.tally.layout, dict(self.tally.histogram))
            with memoryview(host.memory) as memory:
                seen.add(shared.read_entries(host.recorder, memory))
            self.enough = self.stop_when(seen.histogram)
        return self.enough

    def _result(self) -> NativeResult:
        if self.tally.broken:
            detail = {
                "settings": self.best.to_json() if self.best else None,
                "topology": topology(),
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

    @property
    def _busy_threads(self) -> int:
        return sum(bool(calls) for calls in self.scenario.threads)

    def _all_notes(self) -> list[str]:
        notes = list(self.notes)
        usable = int(topology()["usable"])
        if self._busy_threads > usable:
            notes.append(f"{self._busy_threads} threads on {usable} processors")
        if self._busy_threads < 2:
            notes.append("at most one thread has calls: nothing can overlap")
        if self.uncounted:
            notes.append(f"{self.uncounted:,} samples had outcomes too diverse to count")
        return notes

    def _doubts(self) -> list[str]:
        if self._busy_threads < 2:
            return []
        doubts = []
        if self.power is not None and self.power.lost == 0:
            doubts.append(
                f"a counter known to be racy lost no update in {self.power.samples:,} "
                f"samples over {self.power.seconds:.2f} s with the same threads: this "
                "machine ran them one after the other; free a processor for each thread"
            )
        if self.samples == 0 and not self.findings:
            doubts.append("no sample was finished: the budget is too short")
        elif self.probes and not self.overlapped and not self.findings:
            doubts.append(
                f"no call overlapped another in the {self.probes:,} samples looked at"
            )
        return doubts


class _Watch:
    """Waits for a run's process to end, and sees to it that it does."""

    def __init__(self, run: _Run, host: Host, budget_s: float) -> None:
        self._run = run
        self._host = host
        self._dog = Watchdog(run.session.hang_s)
        power_s = run.session.power_s if run.check_power else 0.0
        self._late_s = time.monotonic() + budget_s + power_s + _GRACE_S
        self.hang: Hang | None = None

    def until_ended(self) -> Ended:
        poll_s = _FAST_POLL_S if self._run.stop_when else _POLL_S
        try:
            while True:
                ended = self._host.wait(poll_s)
                if ended is not None:
                    return ended
                if self._run.should_stop(self._host):
                    self._host.ask_to_stop()
                self._look()
        except BaseException:
            # Ctrl-C, for one: the host must be free of its run, or be gone.
            with contextlib.suppress(Exception):
                self._host.kill()
            raise

    def _look(self) -> None:
        recorder = self._host.recorder
        now = time.monotonic()
        records = recorder.threads[: len(self._run.scenario.threads)]
        positions = [record.position for record in records]
        phases = [phase_of(position) for position in positions]
        activity = activity_of(recorder.pid, [record.tid for record in records])
        if self.hang is None:
            self.hang = self._dog.observe(now, positions, phases, activity)
            if self.hang is not None:
                self._end_hang(self.hang)
        if now > self._late_s:
            self._host.ask_to_stop()

    def _end_hang(self, hang: Hang) -> None:
        """Have the process say where it is, then end it."""
        self._host.ask_for_backtraces()
        until = time.monotonic() + _DUMP_S
        dumps = [self._host.recorder.threads[n - 1].dump for n in hang.threads]
        while time.monotonic() < until and not all(dump.count for dump in dumps):
            time.sleep(0.002)
        self._host.recorder.crash.data_bytes = data_bytes_of(self._host.recorder.pid)
        self._host.kill_run()
