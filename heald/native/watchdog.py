"""Tells a run that is slow from one that will never end.

A thread that makes no progress may be stuck, or may simply not get a processor. Only the
first is the subject's fault, so silence alone proves nothing: a thread counts as stuck
when it had its chance. Either it used processor time without getting on (a loop that
never ends), or it sleeps (waiting for what never comes). And all threads must have had
theirs: one that starves may hold the lock that the others wait for. A process that takes
more and more memory is on its way to its limit, which is a better thing to say of it.
Time in which somebody stopped the run, or us, is nobody's: it is left out. Where no thread
of the scenario is in a call, and all threads of the process sleep for good, what the subject
did keeps the runner itself from ending.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
_WAITING_PHASES = frozenset({"idle", "waiting"})
_PATIENCE = 20.0
"""A starved thread is given so many times ``hang_s`` before it counts as stuck, too."""
_GROWTH_BYTES = 1 << 20
_LEAST_SLEEP_S = 1.0
_STOPPING = {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}


@dataclass(frozen=True, slots=True)
class Activity:
    """What the kernel says of a thread: its state letter and processor seconds used."""

    state: str
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Hang:
    """Threads that are stuck, numbered from 1, and for how long.

    Attributes
    ----------
    stopped_by
        Where the process was stopped: a timer of its own, or nobody knows who.
    """

    threads: tuple[int, ...]
    silent_s: float
    stopped_by: Literal["", "timer", "nobody known"] = ""


class Watchdog:
    """Watches the positions of a run's threads.

    Parameters
    ----------
    hang_s
        Seconds without any progress after which to ask who is stuck.
    """

    def __init__(self, hang_s: float) -> None:
        self._hang_s = hang_s
        self._positions: Sequence[int] = ()
        self._since = 0.0
        self._used: Mapping[int, float] | None = None
        self._bytes = 0
        self._again_s = 0.0
        self._asleep_s: float | None = None
        self._asleep: Mapping[int, Activity] = {}

    def observe(
        self,
        now_s: float,
        positions: Sequence[int],
        phases: Sequence[str],
        ask: Callable[[], Mapping[int, Activity]],
        ask_bytes: Callable[[], int] = lambda: 0,
        ask_everyone: Callable[[], Mapping[int, Activity]] = dict,
    ) -> Hang | None:
        """Look once.

        Parameters
        ----------
        now_s
            From one clock that only goes forward.
        positions, phases
            Per thread of the scenario.
        ask
            Called only where nothing has moved. Returns what the threads do, by number, 1
            for the first; threads that are gone are not in it.
        ask_bytes
            Called then as well: how much memory may the process write?
        ask_everyone
            What all threads of the process do, by the kernel's number, the runner's too.
        """
        if list(positions) != list(self._positions):
            self._positions = list(positions)
            self._since = now_s
            self._used = None
            return None
        silent_s = now_s - self._since
        if self._used is None:
            self._used = {number: found.cpu_s for number, found in ask().items()}
            self._bytes = ask_bytes()
            self._again_s = now_s
        if silent_s < self._hang_s or now_s < self._again_s:
            return None
        activity = ask()
        late = [n for n, phase in enumerate(phases, 1) if phase not in _WAITING_PHASES]
        had_chance = [self._had_chance(n, activity.get(n), silent_s) for n in late]
        if not late and self._all_sleep(now_s, ask_everyone()):
            return Hang(tuple(range(1, len(phases) + 1)), silent_s)
        if not late or not all(had_chance):
            return None
        before, self._bytes = self._bytes, ask_bytes()
        if self._bytes - before >= _GROWTH_BYTES and silent_s < self._hang_s * _PATIENCE:
            self._again_s = now_s + self._hang_s
            return None
        return Hang(tuple(late), silent_s)

    def leave_out(self, seconds: float) -> None:
        """Do not count so many seconds before the look to come."""
        self._since += seconds
        self._again_s += seconds
        self._asleep_s = None

    def _all_sleep(self, now_s: float, everyone: Mapping[int, Activity]) -> bool:
        """Whether all have slept, and none was woken meanwhile, for as long as a hang takes."""
        if not everyone or any(each.state != "S" for each in everyone.values()):
            self._asleep_s = None
            return False
        if self._asleep_s is None or everyone != self._asleep:
            self._asleep_s, self._asleep = now_s, everyone
        return now_s - self._asleep_s >= max(self._hang_s, _LEAST_SLEEP_S)

    def _had_chance(
        self, number: int, activity: Activity | None, silent_s: float
    ) -> bool:
        if activity is None or activity.state in "SDZX":
            return True
        used = activity.cpu_s - (self._used or {}).get(number, 0.0)
        return used >= self._hang_s / 2 or silent_s >= self._hang_s * _PATIENCE


def activity_of(pid: int, tids: Sequence[int]) -> dict[int, Activity]:
    """Ask the kernel about the threads of a process, numbered from 1 in this order."""
    found = {}
    for number, tid in enumerate(tids, 1):
        try:
            text = Path(f"/proc/{pid}/task/{tid}/stat").read_text()
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        found[number] = Activity(fields[0], (int(fields[11]) + int(fields[12])) * _TICK_S)
    return found


def stopped_by(pid: int) -> Literal["", "signal", "debugger"]:
    """Return what keeps the process from running."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state = text.rpartition(")")[2].split()[0]
    return "signal" if state == "T" else "debugger" if state == "t" else ""


def everyone_in(pid: int) -> dict[int, Activity]:
    """Ask the kernel about all threads of a process, by its own numbers."""
    try:
        tids = sorted(map(int, os.listdir(f"/proc/{pid}/task")))
    except OSError:
        return {}
    found = activity_of(pid, tids)
    return {tids[number - 1]: activity for number, activity in found.items()}


def has_stopping_timer(pid: int) -> bool:
    """Whether a timer of the process's own sends a signal that stops it."""
    try:
        text = Path(f"/proc/{pid}/timers").read_text()
    except OSError:  # a kernel that does not tell
        return False
    return bool({*map(int, re.findall(r"^signal: (\d+)/", text, re.M))} & _STOPPING)


def data_bytes_of(pid: int) -> int:
    """Return a process's writable memory in bytes; 0 if it is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[5]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
