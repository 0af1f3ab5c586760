"""All that a place has is verified."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from heald.cli import main


def test_a_place_with_nothing_is_a_usage_error() -> None:
    Path("empty.py").write_text("x = 1\n")
    done = CliRunner().invoke(main, ["verify", "empty.py"])
    assert done.exit_code == 2
