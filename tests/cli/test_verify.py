"""``heald verify``: one verdict, one exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main
from tests.verifying.test_program import PROGRAM


@pytest.mark.parametrize(("order", "code"), [("release", 0), ("relaxed", 1)])
def test_the_command_line_has_one_verdict(
    order: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("heald.verifying.program._MOST_REAL_S", 0.5)
    monkeypatch.setattr("heald.verifying.program.shows_a_known_race", lambda *given: 1)
    Path("p.c").write_text(PROGRAM.format(order=order))
    done = CliRunner().invoke(main, ["verify", "p.c", "--json", "--budget", "60s"])
    assert done.exit_code == code
    told = json.loads(done.stdout)
    assert told["verdict"] == ("passed" if code == 0 else "failed")
    assert {step["name"] for step in told["steps"]} >= {"every execution"}
