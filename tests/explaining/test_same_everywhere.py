"""The same seed gives the same failure, the same smallest scenario and the same trace.

Two processes that share nothing but the sources: other hash seeds, other directories, and one
has a cache of its own, so that the subject is made anew (with ``--heald-profile nightly`` the
engine as well).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from heald.building.cache import cache_directory
from tests.explaining.test_while_testing import USER_CODE, USER_TEST

pytestmark = pytest.mark.slow

PROGRAM = """
import json
from pathlib import Path
from hypothesis import strategies as st
from heald.explorer.drawn import find_drawn_failure
from heald.explaining.explanation import explain
from heald.testing.explored import ExploredSearch
from heald.finding import Finding
from heald.scenario import Call, Scenario
from heald.explorer.execution import completed, json_of, text_of
from heald.generating.strategies import scenarios
from test_it import shared

searched = ExploredSearch(shared, ("rc11",), "allow", 600.0, 11)
searched._draw(scenarios(shared, threads=3, ops=2), float("inf"))
smallest = searched.smallest
told = completed(shared, smallest.findings[0], smallest.options)

drawn = find_drawn_failure(shared, scenarios(shared, threads=3, ops=2), seed=3, races="allow")

big = Scenario(threads=((Call("add"), Call("get")),) * 3, after=(Call("get"),))
explained = explain(shared, Finding("forbidden outcome", "", big), budget_s=600)
print(json.dumps([
    smallest.scenario.to_json(), told.detail["schedule"], text_of(told), json_of(told),
    drawn.scenario.to_json(), drawn.choices.hex(), drawn.finding.detail["schedule"],
    explained.text(), json_of(explained.failed), explained.was_cut,
], indent=1))
"""


def said_in(folder: Path, hash_seed: str, **variables: str) -> str:
    """Run the program in a process and a directory of its own."""
    folder.mkdir(parents=True)
    (folder / "shared.c").write_text(USER_CODE)
    (folder / "test_it.py").write_text(USER_TEST)
    (folder / "program.py").write_text(PROGRAM)
    environment = os.environ | {
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": str(folder),
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.replace(str(folder), "HERE")


def test_two_processes_say_the_same_to_the_letter(tmp_path: Path) -> None:
    first = said_in(tmp_path / "one", "1")
    cold = tmp_path / "cold"
    if settings.get_current_profile_name() != "nightly":
        shutil.copytree(cache_directory() / "engine", cold / "engine")
    second = said_in(tmp_path / "two" / "deeper", "4242", HEALD_CACHE=str(cold))
    assert first == second
    assert first.rstrip().endswith("false\n]")  # time decided nothing
    assert "lost update" in first
