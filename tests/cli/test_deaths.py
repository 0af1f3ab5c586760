"""A subject may die as it likes: the campaign and pytest finish, with one finding for each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

C = """
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int die(int *state)
{
    *state += 1;
#if HOW == 1
    abort();
#elif HOW == 2
    for (volatile int forever = 1; forever;) {
    }
#elif HOW == 3
    *(volatile int *)(long)(*state - *state) = 1;
#elif HOW == 4
    for (;;) {
        char *more = malloc(1u << 20);
        if (more == NULL)
            abort();
        memset(more, 1, 1u << 20);
    }
#elif HOW == 5
    exit(0);
#endif
    return 0;
}
"""
PLACE = """
import heald

class Model:
    def die(self): return 0

WAYS = ("abort", "spins", "null", "allocates", "exits")
SUBJECTS = {
    way: heald.Subject(
        "die.c", name="die", variant=way, state="int", model=Model,
        ops={"die": heald.op("int die(int *)")}, defines={"HOW": number},
    )
    for number, way in enumerate(WAYS, start=1)
}
"""
TESTS = """
import heald, pytest
from deaths import SUBJECTS

test_abort = heald.linearizable(SUBJECTS["abort"], threads=2, ops=1)
test_spins = heald.linearizable(SUBJECTS["spins"], threads=2, ops=1)
test_null = heald.linearizable(SUBJECTS["null"], threads=2, ops=1)
test_allocates = heald.linearizable(SUBJECTS["allocates"], threads=2, ops=1)
test_exits = heald.linearizable(SUBJECTS["exits"], threads=2, ops=1)
def test_that_comes_last(): pass
"""
#: What explains a death is asked elsewhere.
TIMES = ("--heald-budget=500ms", "--heald-explain=0")
#: Way to die to the kind of finding.
KINDS = {
    "abort": "abort",
    "spins": "hang",
    "null": "crash",
    "allocates": "memory",
    "exits": "exit",
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "die.c").write_text(C)
    (tmp_path / "deaths.py").write_text(PLACE)
    (tmp_path / "test_deaths.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return tmp_path


def heald(folder: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "PYTHONPATH": ""},
    )


@pytest.mark.costs(
    700
)  # it runs again, longer, where a busy machine has shown no hang yet
def test_five_deaths_are_five_findings_of_one_campaign(here: Path) -> None:
    more: list[str] = []
    for budget_s in (2, 6, 20, 60, 200, 600):  # a busy machine needs longer to see a hang
        budget = ("--budget", f"{budget_s}s", "--json")
        done = heald(here, "heald", "stress", *(more or ["deaths.py"]), *budget)
        targets = {row["target"]: row for row in json.loads(done.stdout)["targets"]}
        assert set(targets) == {f"die/{way}" for way in KINDS}
        if all(row["verdict"] == "failed" for row in targets.values()):
            break
        more = ["--resume"]
    assert done.returncode == 1, done.stderr
    for way, kind in KINDS.items():
        row = targets[f"die/{way}"]
        assert row["verdict"] == "failed"
        assert set(row["findings"]) == {kind}
        assert (here / row["capsules"][0]).is_file()
    capsule = targets["die/spins"]["capsules"][0]
    replayed = heald(here, "heald", "replay", capsule, "--budget", "300s")
    assert replayed.returncode == 1, replayed.stderr
    assert replayed.stdout.startswith("failed: failed again: ")


def test_five_deaths_are_five_failures_of_one_finished_pytest_run(here: Path) -> None:
    done = heald(here, "pytest", "--junit-xml=junit.xml", *TIMES)
    assert "5 failed, 1 passed" in done.stdout.splitlines()[-1]
    cases = {
        case.get("name"): case
        for case in ElementTree.parse(here / "junit.xml").iter("testcase")
    }
    assert len(cases) == 6
    for way, kind in KINDS.items():
        properties = {
            p.get("name"): p.get("value") or ""
            for p in cases[f"test_{way}"].iter("property")
        }
        assert properties["heald.finding"] == kind
        assert f"{properties['heald.replay']} " in done.stdout
