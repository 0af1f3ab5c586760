"""Tells a worker that will never end from one that is slow, without waiting for long.

A case that is slow moves bytes, or waits for a processor. One that hangs moves none: all its
threads sleep, or one of them uses up processor time for nothing. Only that, for a while, counts
as a hang before the deadline is over. So a loaded machine never makes a sound transfer look
like a flawed one, and a flawed one need not be waited for until the deadline.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Look:
    """What the kernel says of a process: bytes it has moved, seconds used, who sleeps."""

    moved: tuple[int, int]
    cpu_s: float
    asleep: bool


def look_at(pid: int) -> Look | None:
    """Ask the kernel; ``None`` where it does not say."""
    try:
        lines = Path(f"/proc/{pid}/io").read_text().splitlines()
        fields = dict(line.split(": ") for line in lines)
        states, cpu = [], 0
        for task in Path(f"/proc/{pid}/task").iterdir():
            words = (task / "stat").read_text().rpartition(")")[2].split()
            states.append(words[0])
            cpu += int(words[11]) + int(words[12])
    except (OSError, ValueError):
        return None
    moved = int(fields["rchar"]), int(fields["wchar"])
    return Look(moved, cpu * _TICK_S, asleep=all(state in "SZX" for state in states))


class Stillness:
    """Watches one case.

    Parameters
    ----------
    still_s
        Seconds without a byte moved after which to ask whether it had its chance.
    looks
        How often it must have been seen so: a machine that stood still itself looks once.
    """

    #: Sleepers that run for a larger part of the time than this are at work.
    AT_WORK = 0.05

    def __init__(self, still_s: float, looks: int = 6) -> None:
        self._still_s = still_s
        self._wanted = looks
        self._first: Look | None = None
        self._since = 0.0
        self._looks = 0
        self._awake = False

    def moved_lately(self, now: float) -> bool:
        """Whether the last looks have seen bytes move."""
        return self._first is not None and now - self._since < self._still_s

    def is_still(self, now: float, look: Look | None) -> bool:
        """Look once; whether it moves nothing and had every chance to."""
        if look is None or self._first is None or look.moved != self._first.moved:
            self._first, self._since, self._awake = look, now, False
            self._looks = 0
            return False
        self._looks += 1
        self._awake = self._awake or not look.asleep
        if now - self._since < self._still_s or self._looks < self._wanted:
            return False
        used = look.cpu_s - self._first.cpu_s
        if self._awake:
            return used >= self._still_s / 2
        return used <= self._still_s * self.AT_WORK
