"""The time that a check has: kept whatever the program or the engine is busy with."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heald.building.engine import engine_path
from heald.explorer.program import check
from heald.verdicts import Verdict
from tests.texts import written

from .programs import HEAD

BUDGET_S = 1.0

BUSY = {
    "many executions": """
        atomic_int n; THREAD(add) { UNUSED; for (int i = 0; i < 6; i++) n++; return 0; }
        int main(void) { for (int i = 0; i < 4; i++) go(add, 0); done(); }""",
    "long work of its own": """
        atomic_int n; THREAD(work) { UNUSED; for (int i = 0; i < 9; i++) {
            volatile unsigned k = 0; while (k < 4000000000u) k++; n++; } return 0; }
        int main(void) { go(work, 0); go(work, 0); done(); }""",
    "printing without end": """
        THREAD(talk) { UNUSED; for (;;) printf("and on and on\\n"); return 0; }
        int main(void) { go(talk, 0); done(); }""",
}  # fmt: skip


@pytest.mark.parametrize("search", ["exhaustive", "random"])
@pytest.mark.parametrize("name", BUSY)
def test_a_budget_is_kept(name: str, search: str) -> None:
    if (name, search) == ("many executions", "random"):
        pytest.skip("samples are many by nature")
    source = written(HEAD + BUSY[name])
    result = check([source], budget_s=BUDGET_S, search=search, endless_ms=60_000)
    assert result.reason == "budget"
    assert result.verdict in (Verdict.UNDECIDED, Verdict.UNTRUSTWORTHY)
    assert result.seconds < BUDGET_S + 1


def processor_s() -> float:
    """Of the processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("search", ["exhaustive", "random", "uniform", "pct", "pos"])
@pytest.mark.parametrize("name", BUSY)
def test_a_short_budget_is_kept_by_every_search(name: str, search: str) -> None:
    source = written(HEAD + BUSY[name])
    check([source], budget_s=0.01)  # compiles, too
    before = processor_s()
    result = check([source], budget_s=0.3, search=search, endless_ms=60_000)
    assert result.reason == "budget"
    assert processor_s() - before < 1.3


@pytest.mark.parametrize("search", ["exhaustive", "random"])
def test_a_loop_that_prints_without_end_is_named(search: str) -> None:
    """By what it has done until the time is over; with more time as the failure that it is."""
    source = written(HEAD + BUSY["printing without end"])
    result = check([source], budget_s=30, search=search, endless_ms=300)
    assert [failure["kind"] for failure in result.failures] == ["endless loop"]
    assert result.failures[0]["where"][0]["line"] == HEAD.count("\n") + 2
    for _ in range(10):  # where others are busy, it may have had little of the time
        result = check([source], budget_s=2, search=search, endless_ms=60_000)
        if result.notes:
            break
    assert (result.reason, result.failures) == ("budget", [])
    assert f"thread 1 was at {source}:{HEAD.count(chr(10)) + 2}" in result.notes[0]


def test_a_loop_whose_every_round_is_noticed_is_named_and_no_failure() -> None:
    """One toggles until the other has looked: as many executions as one likes."""
    source = written(
        HEAD
        + """
        atomic_int x, over;
        THREAD(toggle) { UNUSED; while (over != 1) x = 1 - x; return 0; }
        THREAD(look) { UNUSED; while (x != 0 && x != 1) over = 0; over = 1; return 0; }
        int main(void) { go(toggle, 0); go(look, 0); }"""
    )
    check([source], budget_s=0.01)
    before = processor_s()
    result = check([source], budget_s=2)
    assert processor_s() - before < 3
    assert (result.verdict, result.failures) == (Verdict.UNDECIDED, [])
    assert result.reason in ("long loop", "budget")


FOUND = {
    "among very many": (
        """atomic_int n; THREAD(add) { UNUSED; for (int i = 0; i < 9; i++) n++; return 0; }
        int main(void) { for (int i = 0; i < 4; i++) go(add, 0); assert(n != 36); done(); }""",
        {"keep_going": True},
    ),
    "in parts": (
        """atomic_int n; THREAD(add) { UNUSED; for (int i = 0; i < 9; i++) n++; return 0; }
        int main(void) { for (int i = 0; i < 4; i++) go(add, 0); assert(n != 36); done(); }""",
        {"keep_going": True, "jobs": 2},
    ),
    "at the end of a long one": (
        """atomic_int n; THREAD(add) { UNUSED; for (int i = 0; i < 2000; i++) n++; return 0; }
        int main(void) { go(add, 0); for (int i = 0; i < 2000; i++) n++;
            assert(n < 1500); done(); }""",
        {"search": "random", "keep_going": True},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_is_told_when_the_time_is_over(name: str) -> None:
    text, options = FOUND[name]
    source = written(HEAD + text)
    check([source], budget_s=0.01)
    before = processor_s()
    result = check([source], budget_s=1, **options)
    assert [failure["kind"] for failure in result.failures] == ["assertion"]
    assert processor_s() - before < 2 * int(options.get("jobs", 1)) + 1


def test_jobs_keep_it_too() -> None:
    source = written(HEAD + BUSY["many executions"])
    result = check([source], budget_s=BUDGET_S, jobs=2)
    assert (result.reason, result.verdict) == ("budget", Verdict.UNDECIDED)
    assert result.executions
    assert result.estimate
    assert result.seconds < BUDGET_S + 1


def heald_check(folder: Path, name: str) -> subprocess.Popen[str]:
    source = written(HEAD + BUSY[name])
    return subprocess.Popen(
        [sys.executable, "-m", "heald", "check", str(source)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
    )


def engine_of(parent: int) -> int:
    """Wait for the engine that the process has started."""
    name = engine_path("explore").name[:15]
    while True:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for child in children:
            if Path(f"/proc/{child}/comm").read_text().strip() == name:
                return int(child)
        time.sleep(0.02)


def is_running(process: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("name", ["many executions", "long work of its own"])
def test_to_be_told_to_end_is_a_result(name: str, tmp_path: Path) -> None:
    process = heald_check(tmp_path, name)
    engine_of(process.pid)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=900)
    assert "undecided: interrupted" in said
    assert process.returncode == Verdict.UNDECIDED.exit_code


@pytest.mark.slow
@pytest.mark.parametrize("name", ["many executions", "long work of its own"])
def test_the_engine_dies_with_who_started_it(name: str, tmp_path: Path) -> None:
    process = heald_check(tmp_path, name)
    engine = engine_of(process.pid)
    time.sleep(0.2)
    assert is_running(engine)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 10
    while is_running(engine) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_running(engine)
    assert process.stdout is not None
    process.stdout.close()


def test_the_engine_does_not_begin_for_nobody() -> None:
    done = subprocess.run(
        [str(engine_path("explore")), "--parent", str(os.getpid() + 1), "none"],
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (1, b"")
