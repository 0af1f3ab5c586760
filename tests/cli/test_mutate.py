"""``heald mutate`` of a subject: what it prints, and how it ends."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from heald.cli import main


def heald_mutate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["mutate", *arguments])


def test_command_prints_scores_and_what_was_explored() -> None:
    done = heald_mutate("subjects/publish.py:fences", "--scenarios", "0")
    assert done.exit_code == 0, done.output
    assert "publish/fences: score 100% under rc11; 3 needed, 2 stronger" in done.output
    lines = [" ".join(line.split()) for line in done.output.splitlines()]
    removed = "publish_fence.c:46 PUBLISH_SEE_FENCE fence acquire -> removed"
    assert any(f"{removed} needed data race: send(1)" in line for line in lines)
    assert "over every execution of 3 scenarios" in done.output


def test_json_has_everything() -> None:
    done = heald_mutate("subjects/publish.py:fences", "--scenarios", "0", "--json")
    summary = json.loads(done.stdout)
    assert (summary["verdict"], summary["score"], summary["caught"]) == ("passed", 1.0, 3)
    (subject,) = summary["subjects"]
    assert subject["bounds"]["scenarios"] == 3
    assert [(m["macro"], m["to"], m["state"]) for m in subject["mutants"]] == [
        ("PUBLISH_RAISE_FENCE", "removed", "caught"),
        ("PUBLISH_SEE_FENCE", "removed", "caught"),
        ("PUBLISH_SEE_FENCE", "removed", "caught"),
        (None, "acquire", "survived"),
        (None, "relaxed", "survived"),
    ]
    assert [m["fence"] for m in subject["mutants"]] == [True, True, True, False, False]
    assert [m["step"] for m in subject["mutants"]] == [1, 1, 1, 1, 2]
    assert all(m["scenario"] and m["schedule"] for m in subject["mutants"][:3])


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (["subjects/counter.py:cas-bare"], 4, "nothing to weaken"),
        (["subjects/publish.py:fences", "--budget", "1ms"], 3, "the budget ended first"),
        (["subjects/ring.py:relaxed-reuse"], 2, "there are: ring/release-acquire"),
        (["nowhere.py"], 2, "there is no file nowhere.py"),
        (["subjects/__init__.py"], 2, "(heald init HEADER writes a first one)"),
    ],
    ids=["nothing to weaken", "no time", "flawed variant", "no such place", "no subject"],
)
def test_exit_codes(arguments: list[str], exit_code: int, says: str) -> None:
    done = heald_mutate(*arguments)
    assert done.exit_code == exit_code, done.output
    assert says in done.output
