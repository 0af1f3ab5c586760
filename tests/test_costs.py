"""The table of what tests cost counts what their children do, in whichever process they run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.costs import lines

ROOT = Path(__file__).resolve().parents[1]
TESTS = """
import subprocess, sys, time, pytest
BURN = "import time\\nwhile time.process_time() < 0.5: pass"
def test_cheap(): time.sleep(0.1)
def test_dear(): subprocess.run([sys.executable, "-c", BURN], check=True)
@pytest.mark.costs(60)
def test_by_right():
    while time.process_time() < 1.0: pass
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "1")], ids=["alone", "a worker"])
def test_what_a_child_spends_is_its_test_s(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    plugins = ("tests.costs", "no:cacheprovider", "no:hypothesispytest")
    words = [word for plugin in plugins for word in ("-p", plugin)]
    words += ["--most-costs", "0.4"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "--costs", "2", *arguments, tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
    )
    found = re.findall(r"^ +([\d.]+) s  .*test_dear$", done.stdout, re.MULTILINE)
    assert [float(seconds) >= 0.5 for seconds in found] == [True], done.stdout
    assert re.search(r"^ +[\d.]+ s  all of 3 tests$", done.stdout, re.MULTILINE)
    assert "test_cheap" not in done.stdout
    assert re.findall(
        r"(test_\w+) takes \d s .* may take 0$", done.stdout, re.MULTILINE
    ) == ["test_dear"]
    assert ("3 passed" in done.stdout, done.returncode) == (True, 1)


def test_the_dearest_come_first_then_folders_then_the_sum() -> None:
    costs = {"tests/a/x.py::b": 1.0, "tests/a/x.py::c": 3.0, "tests/b/x.py::d": 2.0}
    assert [line.split("s  ")[1] for line in lines(costs, 2)] == [
        "tests/a/x.py::c",
        "tests/b/x.py::d",
        "tests/a",
        "tests/b",
        "all of 3 tests",
    ]
