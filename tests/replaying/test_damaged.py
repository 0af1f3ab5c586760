"""Capsules of which one thing is strange: what is wrong is said, and nothing else happens."""

from __future__ import annotations

import copy
import json
import os
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


@pytest.mark.parametrize(
    "text",
    ['{"seed": ' + "9" * 5000 + "}", "\ufeff{}", "{}\0", '{"a": NaN}', "1e999", ""],
    ids=["digits", "mark", "zero byte", "no number", "endless", "empty"],
)
def test_strange_json_is_no_capsule(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(UsageError, match="not a capsule"):
        load_capsule(tmp_path / "c.json")


def test_file_that_never_ends_is_no_capsule(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match=r"not a capsule: .*pipe is not JSON"):
        load_capsule(tmp_path / "pipe")
    with open(tmp_path / "large", "wb") as file:
        file.truncate(40 << 30)
    for name in (tmp_path / "large", Path("/dev/zero")):
        with pytest.raises(UsageError, match="more than 64 MiB"):
            load_capsule(name)


@pytest.mark.usefixtures("_there")
@pytest.mark.parametrize("what", ["options", "pipe", "endless file", "macros"])
def test_text_that_no_compiler_ends_with_is_given_up(
    tmp_path: Path, capsules: list[dict[str, Any]], what: str
) -> None:
    data = copy.deepcopy(
        next(c for c in capsules if c["check"] == "explored" and c["scenario"] is None)
    )
    os.mkfifo(tmp_path / "pipe")
    twice = "".join(f"#define A{n} A{n + 1} A{n + 1}\n" for n in range(60))
    text = {
        "pipe": f'#include "{tmp_path}/pipe"\n',
        "endless file": '#include "/dev/zero"\n',
        "macros": twice + "int main(void) { A0; }\n",
    }
    if what in text:
        settings = data["settings"]
        settings["sources"] = [f"gone-{name}" for name in settings["sources"]]
        settings["texts"] = {f"gone-{n}": text[what] for n in settings["texts"]}
        data["sources"] = {f"gone-{n}": each for n, each in data["sources"].items()}
    else:
        data["flags"] = ["-D" + "X" * 100_000] * 50
    file = tmp_path / "c.json"
    file.write_text(json.dumps(data))
    budget = "60s" if what == "options" else "0.2s"
    done = CliRunner().invoke(main, ["replay", str(file), "--budget", budget])
    assert done.exit_code == (2 if what == "options" else 3), done.output
    assert "Traceback" not in done.output


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
