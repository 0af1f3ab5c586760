"""Failures where other tools read them: SARIF, JUnit, annotations of a GitHub workflow.

Each failure stands at the user's own line: the first place that it names. Sources: SARIF 2.1.0
(OASIS, 2020), sections 3.27 (result) and 3.28 (location); the JUnit XML that CI servers take;
GitHub's workflow commands (``::error file=...``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any
from xml.etree import ElementTree

from heald.building.places import SYSTEM
from heald.plain import lines as plain_lines
from heald.showing.diagnosis import diagnose, title_of
from heald.showing.trace import render, thread_of
from heald.showing.words import place_of

Failure = Mapping[str, Any]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def places_of(failure: Failure) -> list[Mapping[str, Any]]:
    """Return the places of a failure that are in a known file, the one it is about first.

    Where it names none, they are those of the steps that show the bug, or of the last step;
    where nothing was traced, the beginning of the author's file.
    """
    found = [
        _of_author(place)
        for place in failure.get("where", ())
        if place.get("file") not in (None, "", "?") and place.get("line")
    ]
    found = found or [_place_of(step) for step in _telling(failure)]
    if not found and failure.get("file"):
        return [{"file": failure["file"], "line": 1}]
    return found


def _of_author(place: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a place inside a library as the author's call that led there, where that is known."""
    if place.get("callers") and str(place["file"]).startswith(SYSTEM):
        return {**place, **place["callers"][0]}
    return place


def _telling(failure: Failure) -> list[Mapping[str, Any]]:
    """Return the steps that show the bug; the last one where none does."""
    steps = (failure.get("trace") or {}).get("steps", ())
    known = [i for i, step in enumerate(steps) if step.get("file") and step.get("line")]
    marks = diagnose(failure).marks if known else {}
    telling = [i for i in known if i in marks] or known[-1:]
    return [steps[index] for index in telling]


def _place_of(step: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("thread", "file", "line", "function", "at", "name")
    return {key: step[key] for key in kept if key in step} | {"access": step["op"]}


def headline_of(failure: Failure) -> str:
    """Say the bug by name where it has one, else what was seen."""
    return plain_lines(diagnose(failure).line)


def sarif(failures: Sequence[Failure], version: str) -> str:
    """Return a SARIF log with one result for each failure."""
    rules = sorted({str(failure["kind"]) for failure in failures})
    driver = {
        "name": "heald",
        "version": version,
        "rules": [{"id": _rule(kind), "name": kind} for kind in rules],
    }
    run = {"tool": {"driver": driver}, "results": [_result(each) for each in failures]}
    return json.dumps(
        {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2
    )


def _rule(kind: str) -> str:
    return kind.replace(" ", "-")


def _result(failure: Failure) -> dict[str, Any]:
    places = places_of(failure)
    result: dict[str, Any] = {
        "ruleId": _rule(failure["kind"]),
        "level": "error",
        "message": {"text": headline_of(failure)},
        "locations": [_location(place) for place in places[:1]],
    }
    if places[1:]:
        result["relatedLocations"] = [
            _location(place, number) for number, place in enumerate(places[1:], 1)
        ]
    if failure.get("capsule"):
        result["properties"] = {"replay": f"heald replay {failure['capsule']}"}
    return result


def _location(place: Mapping[str, Any], number: int | None = None) -> dict[str, Any]:
    uri = PurePath(os.path.relpath(place["file"])).as_posix()
    if uri.startswith("../"):
        uri = PurePath(place["file"]).as_posix()
    said: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri},
            "region": {"startLine": int(place["line"])},
        }
    }
    if number is not None:
        said |= {"id": number, "message": {"text": _said(place)}}
    return said


def _said(place: Mapping[str, Any]) -> str:
    who = thread_of(place)
    done = f"{place.get('access', 'at')} {place_of(place)}"
    return (f"{done} by {who}" if who else done).replace("  ", " ").rstrip()


def junit(name: str, failures: Sequence[Failure], seconds: float) -> str:
    """Return a JUnit report: one test case that passed, or one for each failure."""
    suite = ElementTree.Element(
        "testsuite",
        name="heald",
        tests=str(max(1, len(failures))),
        failures=str(len(failures)),
        errors="0",
        time=f"{seconds:.3f}",
    )
    for failure in failures:
        where = next(iter(places_of(failure)), {})
        case = ElementTree.SubElement(
            suite, "testcase", classname=_xml(name), name=_xml(str(failure["kind"]))
        )
        if where:
            case.set("file", _xml(str(where["file"])))
            case.set("line", str(where["line"]))
        told = ElementTree.SubElement(case, "failure", message=_xml(headline_of(failure)))
        told.text = _xml(render(failure))
    if not failures:
        ElementTree.SubElement(suite, "testcase", classname=_xml(name), name="check")
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    """Leave out what XML 1.0 cannot hold."""
    return "".join(c for c in plain_lines(text) if c.isprintable() or c in "\n\t")


def github(failures: Sequence[Failure]) -> Iterator[str]:
    """Yield a workflow command for each failure, to stand at its line in a pull request."""
    for failure in failures:
        where = next(iter(places_of(failure)), None)
        at = ""
        if where is not None:
            file = PurePath(os.path.relpath(where["file"])).as_posix()
            at = f"file={_property(file)},line={where['line']},"
        title = _property(f"heald: {title_of(failure)}")
        yield f"::error {at}title={title}::{_data(headline_of(failure))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
