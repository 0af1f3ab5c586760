"""One moment when all is over: who waits for others looks at it, what looks at nothing is ended."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from heald import deadline
from heald.building.cache import locked

LONG_S = 600  # nothing that ends on time comes near it, on however busy a machine
SOON_S = 60.0


def test_there_is_no_end_where_none_was_set() -> None:
    assert deadline.left_s() is None
    with deadline.within(None):
        assert deadline.must_be_left("anything") is None


def test_the_earlier_end_counts_and_is_gone_afterwards() -> None:
    with deadline.within(50.0), deadline.within(100.0):
        left = deadline.left_s()
        assert left is not None
        assert left <= 50.0
    assert deadline.left_s() is None


def test_a_program_that_ends_is_run_as_it_is() -> None:
    with deadline.within(SOON_S):
        done = deadline.run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")


def test_a_program_and_its_children_are_killed_at_the_end(tmp_path: Path) -> None:
    name = tmp_path / "pids"
    script = f"sleep {LONG_S} & echo $$ $! > {name}; wait"
    began = time.monotonic()
    with (
        pytest.raises(
            deadline.OutOfTime, match=r"^sh was not done when the budget ended$"
        ),
        deadline.within(0.5),
    ):
        deadline.run(["sh", "-c", script])
    assert time.monotonic() - began < SOON_S
    if name.exists():  # else it was over before the shell had come so far
        for pid in name.read_text().split():
            assert is_over(int(pid))


def test_children_of_a_program_end_with_who_was_killed(tmp_path: Path) -> None:
    """A compiler starts a linker: when heald is killed, neither may go on."""
    name = tmp_path / "pids"
    script = f"sleep {LONG_S} & echo $$ $! > {name}.new; mv {name}.new {name}; wait"
    program = f"from heald import deadline; deadline.run(['sh', '-c', {script!r}])"
    with subprocess.Popen([sys.executable, "-c", program]) as child:
        while not name.exists() and child.poll() is None:
            time.sleep(0.01)
        time.sleep(0.2)  # the shell beside it
        child.kill()
    pids = [int(pid) for pid in name.read_text().split()]
    assert len(pids) == 2
    assert all(is_over(pid) for pid in pids)


def test_what_a_program_left_running_when_it_ended_goes_on(tmp_path: Path) -> None:
    """A server of a compiler's cache is no part of it."""
    done = deadline.run(["sh", "-c", f"setsid sleep {LONG_S} > /dev/null 2>&1 & echo $!"])
    pid = int(done.stdout)
    time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)  # it is there


def is_over(pid: int) -> bool:
    """Whether a process is gone, or dead and not yet waited for."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_limit_of_ones_own_is_no_end_of_the_budget() -> None:
    with deadline.within(SOON_S), pytest.raises(subprocess.TimeoutExpired):
        deadline.run(["sleep", str(LONG_S)], most_s=0.05)


def test_nothing_is_started_after_the_end() -> None:
    with deadline.within(0.0), pytest.raises(deadline.OutOfTime, match="before true was"):
        deadline.run(["true"])


def test_a_lock_that_another_has_is_waited_for_no_longer(tmp_path: Path) -> None:
    target = tmp_path / "made"
    with (
        locked(target),
        pytest.raises(deadline.OutOfTime, match="another process had made made"),
        deadline.within(0.05),
        locked(target),
    ):
        pytest.fail("it was taken twice")


def test_what_looks_at_no_clock_is_ended_by_the_alarm() -> None:
    with pytest.raises(deadline.OutOfTime), deadline.within(0.05):
        threading.Event().wait(LONG_S)
    began = time.monotonic()
    time.sleep(0.05)  # the alarm is off again
    assert time.monotonic() - began >= 0.05


def test_it_comes_after_threads_that_were_undisturbed_at_the_same_time() -> None:
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))

    def first() -> None:
        with deadline.undisturbed():
            first_is_in.set()
            second_is_in.wait(LONG_S)
        first_is_out.set()

    def second() -> None:
        first_is_in.wait(LONG_S)
        with deadline.undisturbed():
            second_is_in.set()
            first_is_out.wait(LONG_S)

    threads = [threading.Thread(target=each) for each in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(deadline.OutOfTime), deadline.within(0.05):
        threading.Event().wait(LONG_S)


def test_it_comes_where_somebody_has_blocked_it_and_leaves_that_as_it_was() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    try:
        with pytest.raises(deadline.OutOfTime), deadline.within(0.05):
            threading.Event().wait(LONG_S)
        assert signal.SIGALRM in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_it_comes_again_where_python_would_ignore_what_it_raises() -> None:
    def gc_callback(_phase: str, _info: object) -> None:
        if not rung:
            rung.append(signal.getitimer(signal.ITIMER_REAL)[0])
            signal.raise_signal(signal.SIGALRM)

    rung: list[float] = []
    gc.callbacks.append(gc_callback)
    try:
        with pytest.raises(deadline.OutOfTime), deadline.within(0.05):  # noqa: PT012
            gc.collect()
            while True:
                pass
    finally:
        gc.callbacks.remove(gc_callback)
    assert rung


def test_telling_what_was_found_is_not_disturbed() -> None:
    with deadline.within(0.0), deadline.undisturbed():
        time.sleep(deadline.ALARM_S + 0.1)
