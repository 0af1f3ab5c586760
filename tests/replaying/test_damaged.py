"""Capsules of which one thing is strange: what is wrong is said, and nothing else happens."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from heald import UsageError
from heald.capsule import load_capsule
from heald.cli import main


@pytest.mark.usefixtures("_there")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target", "x\x1b[2J\u202e"),
        ("target", "x\npassed: all is well"),
        ("made", "today\r"),
        ("place", "x\x1b[2J\u202e/"),
        ("format_version", "x\x1b[2J\u202e"),
        ("carried", {"texts": {}, "folder": "\ud800", "place": "x.py"}),
        ("target", "\ud800"),
        ("settings", {"shown": ["\udfff"]}),
    ],
)
def test_what_is_wrong_is_said_and_moves_no_cursor(
    folder: Path, capsules: list[dict[str, Any]], field: str, value: Any
) -> None:
    data = copy.deepcopy(next(each for each in capsules if each["check"] == "native"))
    data[field] = value
    file = folder / "capsule.json"
    file.write_text(json.dumps(data))
    done = CliRunner().invoke(main, ["replay", str(file), "--budget", "0.1s"])
    assert done.exit_code == 2, done.output
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output
    assert "\npassed" not in done.output
    assert "Traceback" not in done.output


def test_capsule_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"settings": ' + "[" * 100_000)
    with pytest.raises(UsageError):
        load_capsule(tmp_path / "c.json")


@pytest.mark.usefixtures("_there")
def test_capsule_that_is_not_explained_runs_no_python_of_its_place(
    folder: Path, capsules: list[dict[str, Any]]
) -> None:
    data = copy.deepcopy(
        next(c for c in capsules if c["check"] == "explored" and c["scenario"] is None)
    )
    beside = folder / "beside.py"
    beside.write_text("import heald, pathlib\npathlib.Path('run').touch()\n")
    file = folder / "capsule.json"
    file.write_text(json.dumps(data | {"place": "."}))
    done = CliRunner().invoke(main, ["replay", str(file), "--explain"])
    beside.unlink()
    assert done.exit_code == 2, done.output
    assert not (folder / "run").exists()
