from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from heald import Call, Finding, Scenario, UsageError
from heald.capsule import Capsule, capsule_of, load_capsule

FINDING = Finding(
    kind="forbidden outcome",
    message="2 increments gave 1",
    scenario=Scenario(
        threads=((Call("add", (1,)),), (Call("add", (2,)),)), after=(Call("get"),)
    ),
    outcome=((), (None,), (None,), (1,)),
    seed=81723,
    count=3,
    detail={"stride": 64, "compiler flags": ["-O2"]},
)


def made_of(finding: Finding) -> Capsule:
    return capsule_of(
        finding,
        target="counter/plain",
        place="subjects",
        expected="flawed",
        identity={"sources": {"counter.c": "ab" * 32}, "flags": ["-DPLAIN"]},
    )


def test_capsule_gives_back_the_finding_it_was_made_of(tmp_path: Path) -> None:
    capsule = made_of(FINDING)
    again = load_capsule(capsule.save(tmp_path))
    assert again == capsule
    assert again.finding() == FINDING
    assert again.sources == {"counter.c": "ab" * 32}
    assert again.topology["processors"] >= 1


def test_same_failure_twice_is_one_file(tmp_path: Path) -> None:
    first = made_of(FINDING).save(tmp_path)
    other_seed = Finding(FINDING.kind, "m", FINDING.scenario, FINDING.outcome, seed=1)
    assert made_of(other_seed).save(tmp_path) == first
    other_kind = Finding("crash", "m", FINDING.scenario, FINDING.outcome)
    assert made_of(other_kind).save(tmp_path) != first
    assert len(list(tmp_path.iterdir())) == 2


def test_failures_without_a_scenario_differ_by_their_seed(tmp_path: Path) -> None:
    names = {made_of(Finding("crash", "m", seed=seed)).file_name for seed in (1, 2)}
    assert len(names) == 2


def damaged(change: dict[str, Any], *, without: str = "") -> str:
    data = made_of(FINDING).to_json() | change
    data.pop(without, None)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", r"not a capsule: .* is not JSON \(line 1: .*\); was it cut off\?"),
        (
            damaged({})[:200],
            r"not a capsule: .* is not JSON \(line 1: .*\); was it cut off\?",
        ),
        ("[1, 2]", r'not a capsule: .* has no "format": "heald capsule"'),
        ("{}", r'not a capsule: .* has no "format": "heald capsule"'),
        (
            damaged({"format_version": 9, "heald": "7.0"}),
            r".* is a capsule of format 9, this heald reads format 1; it was written by heald 7\.0",
        ),
        (damaged({}, without="kind"), r'.* is a damaged capsule: "kind" is missing'),
        (
            damaged({"seed": "x"}),
            r'.* is a damaged capsule: "seed" must be a number or null; got "x"',
        ),
        (damaged({"seed": True}), r'.*: "seed" must be a number or null; got true'),
        (damaged({"flags": "-O2"}), r'.*: "flags" must be a list; got "-O2"'),
        (damaged({"scenario": {"threads": 3}}), r"not a scenario: .*"),
    ],
    ids=[
        "empty",
        "cut off",
        "list",
        "other object",
        "newer",
        "key missing",
        "wrong type",
        "boolean",
        "text for list",
        "no scenario",
    ],
)
def test_damaged_capsule_is_refused_with_what_is_wrong(
    tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "capsule.json"
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        load_capsule(path)
    assert re.search(f"^{complaint}", str(caught.value))


def test_missing_and_binary_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^cannot read the capsule .*: No such file"):
        load_capsule(tmp_path / "none.json")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"^not a capsule: .* is not text in UTF-8$"):
        load_capsule(tmp_path / "binary")


def test_keys_of_a_later_version_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "capsule.json").write_text(damaged({"explained": True}))
    assert load_capsule(tmp_path / "capsule.json") == made_of(FINDING)
