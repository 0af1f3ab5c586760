"""The log of a search, for whoever has to follow one: compiled in where it is asked for."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .building import POISONED, SCRIPT, built, search_sources

HERE = Path(__file__).resolve().parent


def test_a_log_shows_each_event_come_and_go_and_each_execution_end() -> None:
    files = [*search_sources(), *SCRIPT, HERE / "run_script.c"]
    program = built("run_script_log", files, *POISONED, "-DEXPLORE_LOG", link=("-lm",))
    said = subprocess.run(
        [str(program), "-m", "sc", "W x 1 rlx; R a y rlx | W y 1 rlx; R b x rlx"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "executions 3\n" in said.stdout
    signs = [line.split()[0] for line in said.stderr.splitlines()]
    assert signs.count("=") == 3
    assert signs.count("+") == signs.count("-") > 3


def test_without_it_nothing_is_said(run_script: Path) -> None:
    said = subprocess.run(
        [str(run_script), "W x 1 rlx | R a x rlx"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stderr == ""
