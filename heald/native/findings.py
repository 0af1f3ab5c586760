"""From what a dead or stuck process left behind to a finding.

Kinds: ``crash`` (a signal, also one that the process sent itself or had a timer send),
``abort``, ``exit``, ``hang``, ``memory`` (a runaway allocation, however it ended),
``forbidden call`` (a system call that starts processes or signals others), ``out of
bounds`` (a write beside a state), ``wild access`` (a write into the runner's own memory),
``killed`` (from outside: the subject need not be at fault), ``broken invariant``.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.finding import Finding
from heald.kinds import BROKEN_INVARIANT
from heald.native import shared
from heald.native.host import Host
from heald.native.symbols import Frame, resolve
from heald.native.system_calls import name_of_call
from heald.native.watchdog import Hang
from heald.scenario import Call, Scenario
from heald.topology import this_machine

NOT_THE_SUBJECT = frozenset({"killed"})
"""Kinds of finding that do not speak against the subject."""

_POSITION_PHASE, _POSITION_CALL = 56, 40
_WHO = {
    shared.BY_ITSELF: ", sent by the process itself",
    shared.BY_TIMER: " from a timer or a limit of its own",
    shared.BY_ANOTHER: " from another process",
}


@dataclass(frozen=True)
class Place:
    """What a thread was about to do, from the flight recorder.

    Attributes
    ----------
    thread
        1 for the first.
    phase
        One of ``shared.PHASES``.
    call
        The call that was made or about to be made, if it was in one.
    sample
        Number of the sample within the run.
    """

    thread: int
    phase: str
    call: Call | None
    sample: int

    def __str__(self) -> str:
        what = str(self.call) if self.call else self.phase
        where = "" if self.phase in ("race", what) else f" {self.phase} the threads"
        return f"thread {self.thread} in {what}{where}, sample {self.sample:,}"

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name."""
        return {
            "thread": self.thread,
            "phase": self.phase,
            "call": str(self.call) if self.call else None,
            "sample": self.sample,
        }


def phase_of(position: int) -> str:
    """Return the phase in a thread's position; ``idle`` where it makes no sense."""
    number = position >> _POSITION_PHASE
    return shared.PHASES[number] if number < len(shared.PHASES) else "idle"


def places(recorder: Any, scenario: Scenario) -> list[Place]:
    """Read where every thread of the scenario is."""
    threads = recorder.threads[: len(scenario.threads)]
    return [_place(n, record.position, scenario) for n, record in enumerate(threads, 1)]


def _place(thread: int, position: int, scenario: Scenario) -> Place:
    phase = phase_of(position)
    sequences = {"before": 0, "race": thread, "after": len(scenario.threads) + 1}
    call, sequence = None, sequences.get(phase)
    index = (position >> _POSITION_CALL) & 0xFFFF
    if sequence is not None and index < len(scenario.sequences[sequence]):
        call = scenario.sequences[sequence][index]
    return Place(thread, phase, call, position & ((1 << _POSITION_CALL) - 1))


def describe_death(
    host: Host, scenario: Scenario, seed: int, status: int | None, hang: Hang | None
) -> Finding:
    """Make the finding for a run whose process did not end by itself as it should.

    Parameters
    ----------
    status
        As of ``waitpid``; ``None`` if the host died, too.
    hang
        Why we ended it, if we did.
    """
    recorder = host.recorder
    crash = recorder.crash
    detail: dict[str, Any] = {
        "threads": [place.to_json() for place in places(recorder, scenario)],
        "settings": _settings(recorder),
        "samples": recorder.samples,
        "round": recorder.round,
        "topology": this_machine().to_json(),
        "output": host.read_output(),
    }
    # A thread that died first and then hung in its own last words has still died.
    if crash.death == shared.BY_SIGNAL and crash.number:  # 0: its handler died, too
        kind, text = _signal(host, scenario, detail)
    elif crash.death == shared.BY_EXIT:
        kind, text = _exit(host, scenario, detail)
    elif crash.death == shared.OUT_OF_BOUNDS:
        kind, text = _out_of_bounds(host, scenario, detail)
    elif hang is not None and hang.stopped_by:
        kind, text = _stopped(host, scenario, hang)
    elif hang is not None:
        kind, text = _hang(host, scenario, hang, detail)
    else:
        kind, text = _unrecorded(status, places(recorder, scenario), detail)
    if kind in ("crash", "abort", "hang") and _memory_ran_out(host, detail):
        kind = "memory"
        used = detail["data_bytes"] >> 20
        limit = host.memory_bytes >> 20
        text = f"used {used} MiB of memory, the limit is {limit} MiB, then: {text}"
    return Finding(kind, text, scenario=scenario, seed=seed, detail=detail)


def broken_invariant(
    scenario: Scenario, seed: int, outcomes: Mapping[Any, int], detail: Mapping[str, Any]
) -> Finding:
    """Make the finding for samples whose invariant did not hold."""
    count = sum(outcomes.values())
    outcome = max(outcomes, key=lambda seen: outcomes[seen])
    text = (
        f"the invariant did not hold in {count:,} samples, {len(outcomes)} distinct "
        "outcomes; calls after the threads were then not made"
    )
    return Finding(BROKEN_INVARIANT, text, scenario, outcome, seed, count, detail)


def _settings(recorder: Any) -> dict[str, int] | None:
    settings = recorder.settings.settings()
    return settings.to_json() if settings else None


def _hang(
    host: Host, scenario: Scenario, hang: Hang, detail: dict[str, Any]
) -> tuple[str, str]:
    stuck = [p for p in places(host.recorder, scenario) if p.thread in hang.threads]
    backtraces = {}
    for number in hang.threads:
        frames = host.recorder.threads[number - 1].dump.addresses()
        backtraces[number] = resolve(frames, host.modules)
    shown = "; ".join(
        f"{place}{_innermost(backtraces[place.thread], host.shared_object)}"
        for place in stuck
    )
    detail["stuck"] = list(hang.threads)
    detail["data_bytes"] = host.recorder.crash.data_bytes
    detail["backtraces"] = {
        str(number): [frame.to_json() for frame in frames]
        for number, frames in backtraces.items()
    }
    return "hang", f"no progress for {hang.silent_s:.1f} s: {shown}"


def _stopped(host: Host, scenario: Scenario, hang: Hang) -> tuple[str, str]:
    where = "; ".join(map(str, places(host.recorder, scenario)))
    if hang.stopped_by == "timer":
        return "crash", f"stopped by a timer of its own: {where}"
    stood = f"stood still for {hang.silent_s:.0f} s"
    return "killed", f"stopped from outside, or by a timer, it {stood}: {where}"


def _signal(host: Host, scenario: Scenario, detail: dict[str, Any]) -> tuple[str, str]:
    crash = host.recorder.crash
    name = _signal_name(crash.number)
    where = _record_death(host, scenario, detail)
    detail.update(signal=crash.number, signal_name=name, code=crash.code)
    if crash.origin == shared.BY_ANOTHER:
        return "killed", f"{name}{_WHO[crash.origin]}: {where}"
    if crash.number == signal.SIGSYS and crash.origin == shared.BY_FAULT:
        return (
            "forbidden call",
            f"the system call {name_of_call(crash.system_call, crash.address)}: {where}",
        )
    if crash.number == signal.SIGABRT:
        said = str(detail["output"]).strip().rpartition("\n")[2]
        return "abort", f"abort: {where}" + (f" ({said})" if said else "")
    if crash.origin != shared.BY_FAULT:
        return "crash", f"{name}{_WHO.get(crash.origin, '')}: {where}"
    detail["address"] = crash.address
    return "crash", f"{name} at address {crash.address:#x}: {where}"


def _out_of_bounds(
    host: Host, scenario: Scenario, detail: dict[str, Any]
) -> tuple[str, str]:
    crash = host.recorder.crash
    place = places(host.recorder, scenario)[max(crash.thread, 1) - 1]
    detail.update(beyond=crash.number, byte=crash.code)
    where = f"byte {crash.number} past its end is {crash.code & 0xFF:#04x}"
    return (
        "out of bounds",
        f"a write beside a state or a thread's local: {where}, seen when sample "
        f"{place.sample:,} had run",
    )


def _exit(host: Host, scenario: Scenario, detail: dict[str, Any]) -> tuple[str, str]:
    where = _record_death(host, scenario, detail)
    detail["status"] = host.recorder.crash.number
    return "exit", f"exit({host.recorder.crash.number}): {where}"


def _record_death(host: Host, scenario: Scenario, detail: dict[str, Any]) -> str:
    """Add what the dying thread recorded to `detail`; return where it was, for people."""
    crash = host.recorder.crash
    frames = resolve(crash.frames.addresses(), host.modules)
    detail["backtrace"] = [frame.to_json() for frame in frames]
    detail["thread"] = crash.thread
    detail["data_bytes"] = crash.data_bytes
    known = [p for p in places(host.recorder, scenario) if p.thread == crash.thread]
    place = str(known[0]) if known else "a thread of its own"
    return f"{place}{_innermost(frames, host.shared_object)}"


def _unrecorded(
    status: int | None, where: Sequence[Place], detail: dict[str, Any]
) -> tuple[str, str]:
    """Describe a death without last words: ``_exit``, or a signal that allows none."""
    running = [place for place in where if place.phase not in ("idle", "waiting")]
    shown = "; ".join(map(str, running or where))
    if status is None:
        return "killed", f"the host was killed from outside: {shown}"
    code = os.waitstatus_to_exitcode(status)
    detail["status"] = code
    if code >= 0:
        return "exit", f"_exit({code}) without a last word: {shown}"
    name = _signal_name(-code)
    detail.update(signal=-code, signal_name=name)
    if -code == signal.SIGSYS:
        return "forbidden call", (
            "a system call that starts a process or signals one, made with signals "
            f"blocked (fork, system, popen do that): {shown}"
        )
    if -code != signal.SIGKILL:
        # Whoever sends us another one finds our handler, unless it was taken away.
        return "crash", f"{name}, without a last word: {shown}"
    return "killed", f"{name} from outside, or the system was out of memory: {shown}"


def _memory_ran_out(host: Host, detail: Mapping[str, Any]) -> bool:
    return int(detail.get("data_bytes", 0)) >= host.memory_bytes // 2


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _innermost(frames: Sequence[Frame], library: Path) -> str:
    """Return the place in the subject's own code; failing that, whatever came first."""
    own = [frame for frame in frames if frame.is_in(library)]
    chosen = own or list(frames)
    return f": {chosen[0]}" if chosen else ""
