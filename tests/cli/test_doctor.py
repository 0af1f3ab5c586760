from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main

pytestmark = pytest.mark.slow


def test_doctor_says_how_to_get_a_missing_compiler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    monkeypatch.setenv("HEALD_CACHE", str(tmp_path))
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 2
    assert "missing  C compiler: no-such-compiler is not on PATH\n" in result.output
    assert "required: apt install gcc libc6-dev" in result.output


def test_doctor_is_content_where_the_tests_run() -> None:
    result = CliRunner().invoke(main, ["doctor", "--json"])
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["machine"]["processors"] >= 1
    states = {check["name"]: check["state"] for check in data["checks"]}
    assert states["C compiler"] == "ok"
    for check in data["checks"]:
        assert check["state"] == "ok" or check["remedy"], check
