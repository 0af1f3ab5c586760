"""What transfers are put among is tried, and what is missing is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.faults import surroundings
from heald.faults.surroundings import SURROUNDINGS, find_program


def test_a_program_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(surroundings, "_ALSO", "")
    named = {
        s.name: s.missing() for s in SURROUNDINGS if s.name in {"nginx", "wrk", "curl"}
    }
    assert named == {name: f"{name} is not installed" for name in named}
    assert len(named) == 3


def test_a_server_outside_of_path_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program-of-debian"
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setattr(surroundings, "_ALSO", str(tmp_path))
    assert find_program("program-of-debian") == str(program)


def test_names_differ() -> None:
    assert len(surroundings.BY_NAME) == len(SURROUNDINGS)
