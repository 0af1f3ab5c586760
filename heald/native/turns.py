"""Taking turns on the processors, and waiting until they are quieter.

Two races at a time on one machine are no races: each gets its processors one after the other.
So tests on real threads, of one pytest or of several, take turns by a lock file. What waits for
its turn uses no budget. Nothing depends on the file: where it cannot be made, nobody waits.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_WINDOW_S = 0.2


def lock_file() -> Path:
    """Return the file of this user on this machine; HEALD_TURNS names another one."""
    chosen = os.environ.get("HEALD_TURNS")
    return Path(chosen or f"{tempfile.gettempdir()}/heald-{os.getuid()}.turn")


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """Have the processors, among all who ask for them here."""
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        lock = os.open(lock_file(), flags, 0o600)
    except OSError:
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)  # the kernel does it for a process that was killed


def wait_until_quiet(
    longest_s: float, busy: Callable[[], float] | None = None, wanted: float = 0.5
) -> bool:
    """Wait until at most a part of the processors' time is used; whether it came to that."""
    ask = busy or _busy
    until = time.monotonic() + longest_s
    while time.monotonic() < until:
        if ask() <= wanted:
            return True
    return False


def _busy() -> float:
    """Return the part of the processors' time that is used in the window to come, 0 to 1."""
    before = _times()
    time.sleep(_WINDOW_S)
    after = _times()
    total = after[0] - before[0]
    return 0.0 if total <= 0 else 1.0 - (after[1] - before[1]) / total


def _times() -> tuple[int, int]:
    """Return the time of the usable processors and, of it, the idle part, in ticks."""
    usable = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    total = idle = 0
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return 0, 0
    for line in lines:
        name, *numbers = line.split()
        if name in usable:
            total += sum(map(int, numbers[:8]))
            idle += int(numbers[3]) + int(numbers[4])
    return total, idle
