"""``pytest stress`` outlives its subjects: a hang is a failed test with a capsule."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = """
from subjects import counter, publish
from subjects.expectations import Variant
from .conftest import Stress

FLAG = next(v for v in publish.VARIANTS if v.name == "publish/plain-flag")
SOUND = next(v for v in counter.VARIANTS if v.name == "counter/mutex")


def test_a_flaw_that_must_not_be_there(holds: Stress) -> None:
    holds(FLAG)


def test_the_rest_goes_on(holds: Stress) -> None:
    holds(SOUND)
"""


def stress(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the planted tests as users run theirs; ten repetitions each."""
    (folder / "stress").mkdir(exist_ok=True)
    shutil.copy(ROOT / "stress" / "conftest.py", folder / "stress")
    (folder / "stress" / "test_planted.py").write_text(PLANTED)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    line = [
        sys.executable,
        "-m",
        "pytest",
        "stress",
        "--junitxml=report.xml",
        "--count=10",
        "--heald-explain=0",
    ]
    return subprocess.run(
        [*line, "--heald-budget=50ms", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
    )


@pytest.mark.slow
def test_a_hang_fails_one_test_and_the_others_run(tmp_path: Path) -> None:
    done = stress(tmp_path, "--heald-seed=5")
    assert done.returncode == 1, done.stdout
    suite = ElementTree.parse(tmp_path / "report.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    properties = {p.get("name"): p.get("value") for p in suite.iter("property")}
    assert properties["heald.finding"] == "hang"
    assert properties["heald.repetitions"] in {str(n) for n in range(1, 11)}
    capsule = properties["heald.replay"]
    assert capsule is not None
    assert (tmp_path / capsule.removeprefix("heald replay ")).is_file()
    assert "--heald-seed=5" in done.stdout
