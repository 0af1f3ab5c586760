"""When all must be over: one moment for the process, kept by whatever waits for others.

Why     A budget that only loops look at is held up by what lies between them: a compiler that
        does not end, a lock that another process has, a table that takes long to write.
How     A command sets the moment (``within``). Who waits for a child runs it here (``run``):
        it is killed then, with its own children. What looks at no clock at all is ended by an
        alarm in the main thread, a little later.
Killed  If this process is killed, who can do nothing any more, a shell beside each child sees its
        pipe end, and kills the child's group: compilers have children of their own.
Then    ``OutOfTime`` is raised. Who had found something by then tells that; else it is
        *undecided*.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from heald.verdicts import HealdError

#: How long after the end the alarm comes: whoever looks at the clock has given up before.
ALARM_S = 0.5
_LEAST_MEMORY = 4 << 30
_LOOKS = 1000
_KEEPER = 'read -r done || kill -s KILL -- "-$1"'


class OutOfTime(HealdError):
    """The budget ended, or an answer did not come within a limit: nothing is known."""


_ends: float | None = None


def left_s() -> float | None:
    """Return how long there is; at least 0, None if there is no end."""
    return None if _ends is None else max(0.0, _ends - time.monotonic())


def must_be_left(what: str) -> float | None:
    """Return how long there is.

    Raises
    ------
    OutOfTime
        If nothing is left for `what`.
    """
    left = left_s()
    if left == 0.0:
        raise OutOfTime(f"the budget ended before {what}")
    return left


@contextlib.contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Let what is done inside end within so many seconds; an earlier end that is set stays.

    Waiting for a child ends on time in each thread; the alarm is for the main thread.
    """
    global _ends
    before = _ends
    if seconds is None:
        yield
        return
    end = time.monotonic() + seconds
    _ends = end if before is None else min(before, end)
    try:
        with _alarm(_ends - time.monotonic() + ALARM_S):
            yield
    finally:
        _ends = before


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let no alarm end what is done inside: telling what was found. Children end on time.

    The alarm is the main thread's. What another thread did here would overlap with others, and
    who comes last would leave the alarm off for good.
    """
    global _is_disturbed
    if not _is_main():
        yield
        return
    before, _is_disturbed = _is_disturbed, False
    try:
        yield
    finally:
        _is_disturbed = before


_is_disturbed = True


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _is_swallowed(frame: FrameType | None) -> bool:
    """Whether what is raised here goes no further: Python ignores it while it collects garbage.

    The alarm rings again a moment later.
    """
    while frame is not None:
        if frame.f_code.co_name in ("gc_callback", "__del__"):
            return True
        frame = frame.f_back
    return False


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise in the main thread after so long; an earlier alarm of somebody else's stays."""
    if not _is_main() or 0.0 < signal.getitimer(signal.ITIMER_REAL)[0] <= seconds:
        yield
        return

    def ended(_signal: int, frame: FrameType | None) -> None:
        if _is_disturbed and not _is_swallowed(frame):
            signal.setitimer(signal.ITIMER_REAL, 0.0)  # once is enough
            raise OutOfTime("the budget ended")

    handler = signal.signal(signal.SIGALRM, ended)
    # Whoever blocked it, and forgot: an alarm that never rings is none.
    signals = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    began = time.monotonic()
    theirs, again = signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        if theirs:
            left = max(theirs - (time.monotonic() - began), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, again)


def run(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    most_s: float | None = None,
    is_shown: bool = False,
    given: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end and take what it prints, whatever its bytes.

    Parameters
    ----------
    is_shown
        Whether its standard error is left to the user's terminal.
    given
        What it reads on its standard input, in place of nothing.

    Raises
    ------
    OutOfTime
        If it would go on after the end; then it and its children are killed.
    subprocess.TimeoutExpired
        The same, after a limit of its own.
    """
    name = os.path.basename(str(command[0]))
    left = must_be_left(f"{name} was started")
    own_limit = most_s is not None and (left is None or most_s < left)
    with (
        open(given or os.devnull, "rb") as file,
        subprocess.Popen(
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=None if is_shown else subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment,
            cwd=folder,
            process_group=0,
        ) as child,
    ):
        _limit_memory(child.pid)
        try:
            with _killed_with_us(child.pid):
                out, err = child.communicate(timeout=most_s if own_limit else left)
        except subprocess.TimeoutExpired:
            kill_family(child.pid)
            if own_limit:
                raise
            raise OutOfTime(f"{name} was not done when the budget ended") from None
        except BaseException:
            kill_family(child.pid)
            raise
    return subprocess.CompletedProcess(command, child.returncode, out, err)


@contextlib.contextmanager
def _killed_with_us(group: int) -> Iterator[None]:
    """Have a process group killed if this process ends while inside."""
    with contextlib.ExitStack() as end:
        with contextlib.suppress(OSError):  # no shell: as without
            keeper = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "keeper", str(group)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
            )
            end.callback(_dismiss, keeper)
        yield


def _dismiss(keeper: subprocess.Popen[bytes]) -> None:
    with undisturbed(), contextlib.suppress(OSError):  # somebody has killed it
        keeper.communicate(b"done\n")


def _limit_memory(pid: int) -> None:
    """Leave half of the machine to others: a text may include a file that has no end."""
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    most = max(half, _LEAST_MEMORY)
    with contextlib.suppress(OSError, ValueError):  # over already, or less is allowed
        resource.prlimit(pid, resource.RLIMIT_DATA, (most, most))


def kill_family(pid: int) -> None:
    """Kill a process and all that it has started and that still belongs to it."""
    with undisturbed(), contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGSTOP)  # so that it starts no other meanwhile
        _await_stop(pid)
        for child in children_of(pid):
            kill_family(child)
        os.kill(pid, signal.SIGKILL)


def _await_stop(pid: int) -> None:
    """Wait until a process does nothing more: it is told to stop, and may be about to fork."""
    with contextlib.suppress(OSError, IndexError):
        for _ in range(_LOOKS):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state in "TtZX":
                return
            time.sleep(0.001)


def children_of(pid: int) -> list[int]:
    """Return the processes that one has started and that still belong to it."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            listed = Path(f"/proc/{pid}/task/{thread}/children").read_text()
            found += map(int, listed.split())
    return found
