"""No line of a failure is wider than what is asked for, but what is there to be copied."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "gallery"


@pytest.mark.parametrize("command", ["check", "mend", "replay"])
def test_no_line_of_a_failure_is_wider_than_the_terminal(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(GALLERY / "deadlock.c", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    given = ["deadlock.c"]
    if command == "replay":
        CliRunner().invoke(main, ["check", *given])
        given = [str(each) for each in Path(".heald/capsules").iterdir()]
    done = CliRunner().invoke(main, [command, *given])
    assert done.exit_code == 1, done.output
    lines = done.output.splitlines()
    assert "trylock that, where it fails" in " ".join(" ".join(lines).split())
    assert [line for line in lines if len(line) > 80 and "replay: " not in line] == []
