"""Failures in the forms that other tools read."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

from heald.showing.annotations import github, junit, places_of, sarif

RACE: dict[str, Any] = {
    "kind": "data race",
    "message": "two unordered accesses",
    "where": [
        {"access": "read", "thread": 2, "file": "a,b.c", "line": 6, "at": "x+0"},
        {"access": "write", "thread": 1, "file": "a,b.c", "line": 5, "at": "x+0"},
    ],
    "capsule": ".heald/capsules/c.json",
}
SAID = "data race: thread 1 writes x at a,b.c:5, thread 2 reads it at a,b.c:6, and nothing orders"


def test_sarif_has_each_failure_at_its_line_and_its_other_places_beside() -> None:
    log = json.loads(sarif([RACE], "1.2"))
    assert log["version"] == "2.1.0"
    [run] = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["data-race"]
    [result] = run["results"]
    assert result["message"]["text"].startswith(SAID)
    [location] = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "a,b.c"},
        "region": {"startLine": 6},
    }
    [other] = result["relatedLocations"]
    assert other["message"]["text"] == "write x by thread 1"
    assert other["physicalLocation"]["region"] == {"startLine": 5}


def test_a_failure_without_a_place_is_a_result_without_a_location() -> None:
    log = json.loads(sarif([{"kind": "leak", "message": "16 bytes"}], "1"))
    assert log["runs"][0]["results"][0]["locations"] == []


def test_junit_counts_failures_and_holds_the_whole_text() -> None:
    suite = ElementTree.fromstring(junit("p.c", [RACE], 1.5))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("time")) == (
        "1",
        "1",
        "1.500",
    )
    [case] = suite
    assert (case.get("file"), case.get("line"), case.get("classname")) == (
        "a,b.c",
        "6",
        "p.c",
    )
    assert case[0].get("message", "").startswith(SAID)
    assert "write  thread 1  a,b.c:5" in str(case[0].text)


def test_junit_of_a_pass_has_a_case_that_passed() -> None:
    suite = ElementTree.fromstring(junit("p.c", [], 0.1))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")
    assert len(suite[0]) == 0


def test_junit_leaves_out_what_xml_cannot_hold() -> None:
    failure = {**RACE, "message": "a\x00\x1b[31m<b>&"}
    failure["kind"] = "assertion"
    [case] = ElementTree.fromstring(junit("\x08p", [failure], 0))[0]
    assert "<b>&" in case[0].get("message", "")


def test_an_annotation_is_one_line_that_nothing_breaks_out_of() -> None:
    hostile = {**RACE, "kind": "assertion", "message": "50%\n::error::x"}
    [line] = github([hostile])
    assert line.startswith("::error file=a%2Cb.c,line=6,title=heald%3A assertion::")
    assert "\n" not in line
    assert "50%25%0A::error::x" in line


def test_a_place_inside_a_library_stands_at_the_call_of_the_author() -> None:
    own = {"file": "a.cpp", "line": 7, "function": "add(int)"}
    inside = {"file": "/usr/include/c++/12/vector", "line": 516, "function": "push_back"}
    failed = {
        "kind": "data race",
        "message": "",
        "where": [{**inside, "callers": [own]}, inside],
    }
    first, second = places_of(failed)
    assert {key: first[key] for key in own} == own
    assert second["line"] == 516
