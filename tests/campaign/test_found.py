from __future__ import annotations

from pathlib import Path
from typing import Any

from heald.campaign.found import Found
from heald.campaign.record import Record
from heald.capsule import capsule_of
from heald.finding import Finding
from heald.scenario import Call, Scenario
from heald.targets.target import SliceResult

SCENARIO = Scenario(threads=((Call("pop"),), (Call("pop"),)))


def record(name: str, finding: Finding | None, expected: str) -> Record:
    made = Record(name, "place", expected)
    made.add(SliceResult(100, 100.0, findings=(finding,) if finding else ()))
    return made


def found(target: str, finding: Finding, capsule: str | None = None) -> dict[str, Any]:
    return {"target": target, "capsule": capsule, "at": 0.0, **finding.to_json()}


def test_what_nobody_expected_comes_first_and_alone_to_other_tools() -> None:
    crash, leak = Finding("crash", "died"), Finding("leak", "16 bytes")
    records = [record("a/flawed", leak, "flawed"), record("b/sound", crash, "sound")]
    seen = Found(records, [found("a/flawed", leak), found("b/sound", crash)])
    assert [f["message"] for f in seen.unexpected] == ["b/sound: died"]
    assert [f["kind"] for f in seen.all] == ["crash", "leak"]


def test_a_flaw_that_was_not_caught_is_a_failure_too() -> None:
    [failure] = Found([record("a/flawed", None, "flawed")], []).unexpected
    assert failure["kind"] == "not caught"
    assert failure["message"].startswith("a/flawed: ")


def test_the_first_finding_of_each_kind_is_shown_with_what_its_capsule_knows(
    tmp_path: Path,
) -> None:
    crash = Finding("crash", "died", SCENARIO, seed=3)
    file = capsule_of(
        crash,
        target="b/sound",
        place="place",
        expected="sound",
        identity={"sources": {"b.c": "0" * 64}},
    ).save(tmp_path)
    rows = [found("b/sound", crash, str(file)), found("b/sound", crash, "gone.json")]
    [failure] = Found([record("b/sound", crash, "sound")], rows).unexpected
    assert failure["capsule"] == str(file)
    assert failure["file"] == "b.c"
    assert [row["text"] for row in failure["calls"]["rows"]] == ["pop()", "pop()"]


def test_a_capsule_that_is_gone_leaves_what_the_database_knows() -> None:
    crash = Finding("crash", "died", SCENARIO)
    rows = [found("b/sound", crash, "gone.json")]
    [failure] = Found([record("b/sound", crash, "sound")], rows).all
    assert failure["capsule"] == "gone.json"
    assert len(failure["calls"]["rows"]) == 2
