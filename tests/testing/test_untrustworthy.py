from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
def test_it(heald_run):
    heald_run.doubt("UNTRUSTWORTHY it: nothing overlapped")
"""


def run(folder: Path, kind: str | None, *options: str, **environment: str) -> str:
    (folder / "test_it.py").write_text(TEST)
    given = "" if kind is None else f"heald_untrustworthy = {kind}"
    (folder / "pytest.ini").write_text(f"[pytest]\n{given}\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (None, "1 failed"),
        ("fail", "1 failed"),
        ("skip", "1 skipped"),
        ("warn", "1 passed, 1 warning"),
    ],
)
def test_configuration_says_what_becomes_of_it(
    tmp_path: Path, kind: str | None, said: str
) -> None:
    text = run(tmp_path, kind, "-rA", "--junit-xml=j.xml")
    assert said in text
    assert "UNTRUSTWORTHY it: nothing overlapped" in text
    if kind == "warn":
        assert "heald.worth" in (tmp_path / "j.xml").read_text()


@pytest.mark.slow
def test_other_words_and_seeds_are_usage_errors(tmp_path: Path) -> None:
    assert "heald_untrustworthy is one of fail, skip, warn" in run(tmp_path, "perhaps")
    text = run(tmp_path, None, HEALD_SEED="seven")
    assert "HEALD_SEED is a number; got 'seven'" in text
    assert "Traceback" not in text
