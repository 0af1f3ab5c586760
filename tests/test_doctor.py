"""What is missing is named with how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main


def test_doctor_says_how_to_get_a_missing_compiler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setenv("HEALD_CACHE", str(tmp_path))
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 2
    assert "missing  C compiler: no-such-compiler is not on PATH\n" in result.output
    assert "required: apt install gcc libc6-dev" in result.output
