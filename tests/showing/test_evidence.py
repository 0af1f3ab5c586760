from __future__ import annotations

from pathlib import Path
from typing import Any

from heald.finding import Finding
from heald.scenario import Call, Scenario
from heald.showing.annotations import places_of
from heald.showing.evidence import failure_of
from heald.showing.moved import moved

SCENARIO = Scenario(
    before=(Call("push", (1,)),),
    threads=((Call("pop"),), (Call("pop"), Call("push", (2,)))),
    after=(Call("pop"),),
)


def test_calls_without_times_stand_before_beside_and_after() -> None:
    outcome = ((None,), (1,), (None, None), (2,))
    calls = failure_of(Finding("forbidden outcome", "", SCENARIO, outcome))["calls"]
    assert [(r["thread"], r["text"], r["called"]) for r in calls["rows"]] == [
        (0, "push(1)", 0),
        (1, "pop()", 1),
        (2, "pop()", 1),
        (2, "push(2)", 2),
        (0, "pop()", 3),
    ]
    assert [row["result"] for row in calls["rows"]] == ["none", "1", "none", "none", "2"]


def test_a_crash_stands_at_the_authors_lines_only(tmp_path: Path) -> None:
    own, glue = tmp_path / "stack.c", tmp_path / "glue.c"
    own.touch()
    glue.touch()
    frames = [
        {"function": "raise", "file": None, "line": None},
        {"function": "pop", "file": str(own), "line": 7},
        {"function": "call_pop", "file": str(glue), "line": 3},
        {"function": "main", "file": "./csu/libc-start.c", "line": 360},
    ]
    failure = failure_of(Finding("crash", "", detail={"backtrace": frames, "thread": 2}))
    [place] = failure["where"]
    assert (place["file"], place["line"], place["thread"]) == (str(own), 7, 2)


def test_what_has_no_place_is_annotated_at_the_authors_file() -> None:
    failure = failure_of(Finding("hang", ""), sources=["a.h", "a.c"])
    assert failure["where"] == []
    assert places_of(failure) == [{"file": "a.c", "line": 1}]


def test_the_trace_of_an_explanation_is_the_findings_own() -> None:
    trace = {"threads": [], "steps": []}
    where = [{"file": "a.c", "line": 3, "thread": 1}]
    explanation = {"found": True, "failure": {"where": where, "trace": trace}}
    failure = failure_of(Finding("hang", ""), explanation=explanation)
    assert failure["where"] == where


def test_system_calls_are_steps_with_what_the_script_did() -> None:
    detail: dict[str, Any] = {
        "case": {"steps": [["ERRNO", 4], ["CAP", 7]]},
        "calls": ["sendfile(10) = -1 EINTR", "sendfile(10) = 7", "read(3) = 3"],
        "acted": [0, 1, -1],
    }
    transfer = failure_of(Finding("short transfer", "", detail=detail))["transfer"]
    trace = moved(transfer)
    assert trace is not None
    assert [step.get("more") for step in trace["steps"]] == [
        ["the script: EINTR"],
        ["the script: cap 7", "3 bytes fewer than asked for"],
        None,
    ]
    assert [step["new"] for step in trace["steps"]] == ["0", "7", "3"]


def test_findings_without_a_system_call_have_no_steps() -> None:
    assert moved(None) is None
    assert moved({"calls": [], "case": {}, "result": {}}) is None
