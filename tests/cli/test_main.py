from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import heald
from heald.cli import main

HEALD = Path(sys.executable).with_name("heald")


@pytest.mark.parametrize("command", ["stress", "replay", "report", "list", "doctor"])
def test_help_teaches_by_examples(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert result.output.count(f"  heald {command}") >= 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["stress", "nowhere"],
            "heald: there is no folder, Python file or module 'nowhere'",
        ),
        (["stress", "--budget", "soon"], "not a duration: 'soon'"),
        (["stress", "--plan", "none.toml"], "heald: cannot read the plan none.toml"),
        (
            ["stress", "--resume"],
            "heald: no results in .heald/results.db: run `heald stress`",
        ),
        (["replay", "none.json"], "heald: cannot read the capsule none.json"),
        (["report"], "heald: no results in .heald/results.db"),
        (["list", "nowhere.py"], "heald: there is no file nowhere.py"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["chekc", "a.c"], "No such command 'chekc'. Did you mean 'check'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistake_of_the_caller_is_named_with_exit_code_two(
    arguments: list[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, text in result.output) == (2, True), result.output


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (heald.UsageError("no such thing"), 2, "heald: no such thing\n"),
        (heald.EngineError("lost it"), 5, "heald: engine bug: lost it\n"),
        (
            RuntimeError("oops"),
            5,
            "RuntimeError: oops\nheald: engine bug: the error above",
        ),
        (KeyboardInterrupt(), 3, "heald: interrupted\n"),
    ],
    ids=["usage", "engine", "unexpected", "interrupt"],
)
def test_error_ends_with_the_exit_code_of_its_verdict(
    error: BaseException, code: int, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(places: object) -> None:
        raise error

    monkeypatch.setattr("heald.cli.stress.targets_of", raising)
    result = CliRunner().invoke(main, ["list"])
    assert (result.exit_code, text in result.stderr) == (code, True), result.output
