from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from heald.native.watchdog import (
    Activity,
    Watchdog,
    activity_of,
    data_bytes_of,
    has_stopping_timer,
)

RACING = ("race", "waiting")


def silent_for(
    seconds: float, before: Mapping[int, Activity], after: Mapping[int, Activity]
) -> tuple[int, ...]:
    """Threads found stuck after so long without progress; hangs count from 1 s."""
    dog = Watchdog(1.0)
    assert dog.observe(0.0, (5, 6), RACING, lambda: before) is None
    assert dog.observe(0.1, (5, 6), RACING, lambda: before) is None
    hang = dog.observe(seconds, (5, 6), RACING, lambda: after)
    return hang.threads if hang else ()


def both(state: str, cpu_s: float) -> dict[int, Activity]:
    return {1: Activity(state, cpu_s), 2: Activity(state, cpu_s)}


@pytest.mark.parametrize(
    ("seconds", "after", "stuck"),
    [
        pytest.param(0.9, both("R", 0.9), (), id="too early to tell"),
        pytest.param(1.1, both("R", 1.0), (1,), id="spins and gets nowhere"),
        pytest.param(1.1, both("S", 0.0), (1,), id="sleeps and is not woken"),
        pytest.param(1.1, {}, (1,), id="is gone"),
        pytest.param(1.1, both("R", 0.1), (), id="hardly ran: slow, not stuck"),
        pytest.param(19.0, both("R", 0.4), (), id="starved, with patience"),
        pytest.param(21.0, both("R", 0.4), (1,), id="starved beyond patience"),
    ],
)
def test_only_a_thread_that_had_its_chance_is_stuck(
    seconds: float, after: Mapping[int, Activity], stuck: tuple[int, ...]
) -> None:
    assert silent_for(seconds, both("R", 0.0), after) == stuck


def test_progress_of_one_thread_starts_the_clock_anew() -> None:
    dog = Watchdog(1.0)
    for second in range(10):
        positions = (5, second)
        hang = dog.observe(second * 1.5, positions, ("race", "race"), dict)
        assert hang is None


@pytest.mark.parametrize("waiter", [Activity("S", 0.0), Activity("R", 1.0)])
def test_starved_thread_may_hold_what_another_waits_for(waiter: Activity) -> None:
    dog = Watchdog(1.0)
    phases = ("race", "race")
    before = {1: Activity(waiter.state, 0.0), 2: Activity("R", 0.0)}
    starving = {1: waiter, 2: Activity("R", 0.1)}
    deadlocked = {1: waiter, 2: Activity("R", 0.6)}
    dog.observe(0.0, (5, 6), phases, lambda: before)
    dog.observe(0.1, (5, 6), phases, lambda: before)
    assert dog.observe(2.0, (5, 6), phases, lambda: starving) is None
    hang = dog.observe(3.0, (5, 6), phases, lambda: deadlocked)
    assert hang is not None
    assert hang.threads == (1, 2)


def test_memory_that_grows_is_left_to_its_limit() -> None:
    dog = Watchdog(1.0)

    def hang_at(seconds: float, memory: int) -> bool:
        spinning = both("R", seconds)
        seen = dog.observe(seconds, (5, 6), RACING, lambda: spinning, lambda: memory)
        return seen is not None

    assert not hang_at(0.0, 0)
    assert not hang_at(0.1, 0)
    assert not hang_at(1.2, 100 << 20)
    assert not hang_at(1.3, 100 << 20)  # too early to see whether it grows on
    assert not hang_at(2.3, 200 << 20)
    assert hang_at(3.4, 200 << 20)


def test_memory_that_grows_for_ever_is_a_hang_in_the_end() -> None:
    dog = Watchdog(1.0)
    seen = [
        dog.observe(
            float(second),
            (5, 6),
            RACING,
            lambda second=second: both("R", second),  # type: ignore[misc]
            lambda second=second: second << 22,  # type: ignore[misc]
        )
        for second in range(30)
    ]
    assert next(second for second, hang in enumerate(seen) if hang) == 20


def test_kernel_is_not_asked_while_threads_move() -> None:
    dog = Watchdog(1.0)

    def never() -> Mapping[int, Activity]:
        raise AssertionError("asked")

    for second in range(5):
        assert dog.observe(float(second), (second,), ("race",), never) is None


def test_waiting_threads_are_never_the_stuck_ones() -> None:
    dog = Watchdog(1.0)
    phases = ("waiting", "idle")
    for second in range(5):
        assert dog.observe(float(second), (1, 1), phases, lambda: both("S", 0.0)) is None


def test_activity_of_a_real_thread_is_read() -> None:
    tid = threading.get_native_id()
    found = activity_of(os.getpid(), [tid, 999_999_999])
    assert found.keys() == {1}
    assert found[1].state == "R"
    assert found[1].cpu_s > 0


def test_memory_of_a_real_process_is_read() -> None:
    assert data_bytes_of(os.getpid()) > 1 << 20
    assert data_bytes_of(999_999_999) == 0


@pytest.mark.parametrize(
    ("everyone", "is_stuck"),
    [
        pytest.param([{9: Activity("S", 0.5)}] * 3, True, id="all sleep"),
        pytest.param([{9: Activity("R", 0.5)}] * 3, False, id="the runner runs"),
        pytest.param([{9: Activity("D", 0.5)}] * 3, False, id="it waits for a disk"),
        pytest.param([{}] * 3, False, id="nobody is there"),
        pytest.param(
            [{9: Activity("S", cpu_s)} for cpu_s in (0.1, 0.2, 0.3)], False, id="woken"
        ),
    ],
)
def test_runner_that_sleeps_for_good_is_stuck_though_no_call_is(
    everyone: list[Mapping[int, Activity]], is_stuck: bool
) -> None:
    dog = Watchdog(1.0)
    looks = iter(everyone)
    hangs = [
        dog.observe(
            second,
            (5, 6),
            ("waiting", "waiting"),
            dict,
            ask_everyone=lambda: next(looks),
        )
        for second in (0.0, 0.1, 1.1, 1.2, 2.2)
    ]
    assert [hang is not None for hang in hangs] == [False] * 4 + [is_stuck]


def test_timer_that_stops_its_process_is_seen() -> None:
    program = """
import ctypes, sys
libc = ctypes.CDLL(None)
class Event(ctypes.Structure):
    _fields_ = [("v", ctypes.c_void_p), ("signo", ctypes.c_int), ("x", ctypes.c_int * 12)]
event, timer = Event(signo=int(sys.argv[1])), ctypes.c_void_p()
assert libc.timer_create(1, ctypes.byref(event), ctypes.byref(timer)) == 0
print("made", flush=True)
sys.stdin.read()
"""
    for number, stops in ((signal.SIGSTOP, True), (signal.SIGUSR1, False)):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(int(number))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            if not Path(f"/proc/{child.pid}/timers").exists():
                pytest.skip("the kernel does not tell of timers")
            assert has_stopping_timer(child.pid) == stops
