"""The time that a check has: kept whatever the program or the engine is busy with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heald.building.engine import engine_path
from heald.explorer.program import check
from heald.verdicts import Verdict

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
def test_a_budget_is_kept(name: str, search: str, tmp_path: Path) -> None:
    if (name, search) == ("many executions", "random"):
        pytest.skip("samples are many by nature")
    source = tmp_path / "program.c"
    source.write_text(HEAD + BUSY[name])
    result = check([source], budget_s=BUDGET_S, search=search, endless_ms=60_000)
    assert result.reason == "budget"
    assert result.verdict in (Verdict.UNDECIDED, Verdict.UNTRUSTWORTHY)
    assert result.seconds < BUDGET_S + 1


def test_jobs_keep_it_too(tmp_path: Path) -> None:
    source = tmp_path / "program.c"
    source.write_text(HEAD + BUSY["many executions"])
    result = check([source], budget_s=BUDGET_S, jobs=2)
    assert (result.reason, result.verdict) == ("budget", Verdict.UNDECIDED)
    assert result.executions
    assert result.estimate
    assert result.seconds < BUDGET_S + 1


def heald_check(folder: Path, name: str) -> subprocess.Popen[str]:
    source = folder / "program.c"
    source.write_text(HEAD + BUSY[name])
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
    said, _ = process.communicate(timeout=30)
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
