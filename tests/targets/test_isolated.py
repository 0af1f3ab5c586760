from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from heald import Call, EngineError, Finding, Scenario, UsageError
from heald.stop import Stop
from heald.targets.isolated import Ended, IsolatedSlice, Work
from heald.targets.so_far import so_far
from heald.targets.target import SliceResult

RESULT = SliceResult(
    samples=10,
    seconds=0.5,
    outcomes={"1 2": 3, "none": 7},
    findings=(
        Finding(
            "forbidden outcome",
            "2 gave 1",
            Scenario(threads=((Call("add", (1,)),),), after=(Call("get"),)),
            ((), (None,), ((1, False),)),
            seed=4,
            count=2,
            detail={"stride": 64},
        ),
    ),
    notes=("a note",),
    trustworthy=False,
)


def run(work: Work, *, seconds: float = 20) -> Ended:
    return IsolatedSlice(work).wait(seconds)


def test_result_arrives_as_it_was_given() -> None:
    ended = run(lambda stop: RESULT)
    assert ended.result is not None
    assert ended.how == "result"
    assert ended.result == RESULT


def test_large_result_arrives_whole() -> None:
    outcomes = {f"{number:0100d}": number for number in range(20_000)}
    ended = run(lambda stop: SliceResult(1, 1.0, outcomes))
    assert ended.result is not None
    assert ended.result.outcomes == outcomes


def raising(error: BaseException) -> Work:
    def work(stop: Stop) -> SliceResult:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "how", "message"),
    [
        (UsageError("a.c:3: expected ';'"), "usage error", "a.c:3: expected ';'"),
        (EngineError("lost a thread"), "engine error", "engine bug: lost a thread"),
        (KeyError("k"), "usage error", "the target's own Python raised:\nTraceback"),
        (SystemExit(3), "exit", "it raised SystemExit(3)"),
        (KeyboardInterrupt(), "usage error", "the target's own Python raised:"),
    ],
    ids=["usage", "engine", "own", "exit", "interrupt"],
)
def test_exception_arrives_with_whose_fault_it_is(
    error: BaseException, how: str, message: str
) -> None:
    ended = run(raising(error))
    assert ended.how == how
    assert ended.message.startswith(message)


def test_exception_out_of_our_own_code_is_our_bug() -> None:
    ended = run(lambda stop: Scenario.line(None))  # type: ignore[arg-type, return-value]
    assert ended.how == "engine error"
    assert ended.message.startswith("engine bug: Traceback")


def test_signal_and_exit_are_told_apart() -> None:
    crashed = run(lambda stop: os.kill(os.getpid(), signal.SIGBUS))  # type: ignore[arg-type, return-value]
    assert (crashed.how, crashed.code) == ("signal", signal.SIGBUS)
    assert crashed.message == "its process died of SIGBUS"
    left = run(lambda stop: os._exit(0))
    assert (left.how, left.message) == ("exit", "its process exited with code 0")


def test_slice_that_is_asked_to_stop_gives_its_result() -> None:
    def work(stop: Stop) -> SliceResult:
        while not stop.is_set():
            time.sleep(0.001)
        return SliceResult(3, 0.1)

    running = IsolatedSlice(work)
    assert running.poll() is None
    running.ask_to_stop()
    assert running.wait(20).result == SliceResult(3, 0.1)


def test_slice_that_does_not_end_is_killed_with_what_it_started(tmp_path: Path) -> None:
    marker = tmp_path / "pid"

    def work(stop: Stop) -> SliceResult:
        marker.write_text(str(os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "60")))
        time.sleep(60)
        return SliceResult(0, 0.0)

    running = IsolatedSlice(work)
    while not (marker.exists() and marker.read_text()):
        time.sleep(0.005)
    assert running.wait(0.01).how == "killed"
    assert not alive(int(marker.read_text()))


def alive(pid: int) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
                return False
        except FileNotFoundError:
            return False
        time.sleep(0.005)
    return True


def test_what_the_subject_prints_stays_out(capfd: pytest.CaptureFixture[str]) -> None:
    def work(stop: Stop) -> SliceResult:
        os.write(1, b"from C\n")
        sys.stderr.write("from Python\n")
        sys.stderr.flush()
        return SliceResult(1, 0.1)

    assert run(work).how == "result"
    assert capfd.readouterr() == ("", "")


def test_what_was_found_before_it_hung_or_died_is_kept() -> None:
    found = SliceResult(7, 0.5, findings=(Finding("crash", "seen first", seed=1),))

    def hangs(stop: Stop) -> SliceResult:
        so_far(found)
        while True:
            time.sleep(60)

    def dies(stop: Stop) -> SliceResult:
        so_far(found)
        os.kill(os.getpid(), signal.SIGSEGV)
        return found

    def leaves(stop: Stop) -> SliceResult:
        so_far(found)
        os._exit(0)

    for work, how in ((hangs, "killed"), (dies, "signal")):
        ended = run(work, seconds=1.0)
        assert (ended.how, ended.result) == (how, found)
    ended = run(leaves)
    assert (ended.how, ended.result) == ("exit", found)


def test_slice_runs_on_the_processors_it_is_given() -> None:
    (last,) = sorted(os.sched_getaffinity(0))[-1:]

    def work(stop: Stop) -> SliceResult:
        return SliceResult(len(os.sched_getaffinity(0)), 0.0)

    ended = IsolatedSlice(work, processors=(last,)).wait(20)
    assert ended.result is not None
    assert ended.result.samples == 1
