"""A finding in the form of a failure of ``heald check``, with all that it knows beside a trace.

What real threads, faults and parsers find has no trace. It has calls in time, a script of
system calls, an input: the page of a failure (``heald.showing.page``) shows these, and other
tools take the places from here.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from heald.building.places import quoted
from heald.capsule import Capsule
from heald.finding import Finding
from heald.scenario import Outcome, Scenario, show_result

Failure = dict[str, Any]

#: Of what a program printed, the last so many lines.
_MOST_OUTPUT = 20


def failure_of(
    finding: Finding,
    *,
    capsule: str | None = None,
    explanation: Mapping[str, Any] | None = None,
    sources: Sequence[str] = (),
) -> Failure:
    """Return a failure with ``kind``, ``message``, ``where`` and what there is of the rest.

    Parameters
    ----------
    explanation
        What the explorer found of it, as ``Explained.to_json`` writes it: it has the trace.
    sources
        The author's files: where the failure has no place, annotations stand at the first.

    Notes
    -----
    Beside the keys of ``heald check --json`` there may be ``calls`` (in time), ``transfer``
    (its case and system calls), ``input`` (bytes and a position), ``told`` (texts) and ``file``.
    """
    detail = finding.detail
    explored = (explanation or {}).get("failure") or {}
    where = [*detail.get("where", ()), *explored.get("where", ()), *_frames(detail)]
    if not where:
        where = [{**place, "access": "in"} for place in detail.get("defined", ())]
    own = [name for name in sources if name.endswith(_C)] or [*sources]
    failure: Failure = {
        "kind": finding.kind,
        "message": finding.message,
        "where": where,
        "capsule": capsule,
    }
    trace = detail.get("trace") or explored.get("trace")
    parts = {
        "file": min(own, key=lambda name: name.endswith(_HEADERS), default=None),
        "trace": trace,
        "calls": _calls(finding),
        "transfer": _transfer(detail),
        "input": _input(detail),
        "told": list(_told(detail, explanation or {}, bool(trace))),
    }
    return failure | {name: part for name, part in parts.items() if part}


def failure_in(capsule: Capsule, file: Path | str) -> Failure:
    """Return the failure in a capsule."""
    return failure_of(
        capsule.finding(),
        capsule=str(file),
        explanation=capsule.explanation,
        sources=[*capsule.sources],
    )


def _frames(detail: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the author's lines in the stack of whoever died or hangs."""
    stacks = [(detail.get("thread", "?"), detail.get("backtrace", ()))]
    stacks += [*detail.get("backtraces", {}).items()]
    return [
        {"file": frame["file"], "line": frame["line"], "function": frame["function"]}
        | {"thread": thread, "access": "in", "name": frame["function"]}
        for thread, frames in stacks
        for frame in frames
        if frame.get("file") and frame.get("line") and Path(frame["file"]).is_file()
        if Path(frame["file"]).name != "glue.c"
    ]


_HEADERS = (".h", ".hh", ".hpp", ".inc")
_C = (*_HEADERS, ".c", ".cc", ".cpp", ".cxx", ".rs", ".S")


def _calls(finding: Finding) -> dict[str, Any] | None:
    """Return the calls of a scenario: in time where that was recorded, else thread by thread."""
    history = finding.detail.get("history")
    if history is not None:
        return _in_time(history, finding.detail)
    if finding.scenario is None:
        return None
    rows = list(_in_turn(finding.scenario, finding.outcome))
    return {"timed": False, "rows": rows, "stuck": None, "accepted": []}


def _in_time(history: Mapping[str, Any], detail: Mapping[str, Any]) -> dict[str, Any]:
    begun = min((event[1] for event in history["events"]), default=0)
    placed = {index: rank for rank, index in enumerate(detail.get("placed", ()))}
    rows = [
        {
            "thread": thread,
            "text": f"{op}({', '.join(map(str, arguments))})",
            "result": None if returned is None else show_result(_frozen(result)),
            "called": called - begun,
            "returned": None if returned is None else returned - begun,
            "place": placed.get(index),
        }
        for index, (thread, called, returned, result, op, *arguments) in enumerate(
            history["events"]
        )
    ]
    accepted = [str(each) for each in detail.get("accepted", ())]
    return {
        "timed": True,
        "rows": rows,
        "stuck": detail.get("stuck_call"),
        "accepted": accepted,
    }


def _frozen(result: Any) -> Any:
    return tuple(result) if isinstance(result, list) else result


def _in_turn(scenario: Scenario, outcome: Outcome | None) -> Iterator[dict[str, Any]]:
    """Yield the calls, each a unit long: before, side by side, after."""
    longest = max(map(len, scenario.threads))
    begins = [0, *[len(scenario.before)] * len(scenario.threads)]
    begins.append(len(scenario.before) + longest)
    last = len(scenario.sequences) - 1
    for number, sequence in enumerate(scenario.sequences):
        results = outcome[number] if outcome is not None else ()
        for index, call in enumerate(sequence):
            known = index < len(results)
            yield {
                "thread": 0 if number == last else number,
                "text": str(call),
                "result": show_result(results[index]) if known else None,
                "called": begins[number] + index,
                "returned": begins[number] + index + 1,
                "place": None,
            }


_CALL = re.compile(r"(?P<name>\w+)\((?P<asked>-?\d+)\) = (?P<returned>-?\d+)")


def _transfer(detail: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the case of a transfer, its system calls, and how many bytes each moved."""
    if "case" not in detail or "calls" not in detail:
        return None
    steps = [*detail["case"].get("steps", ())]
    rows = []
    for text, acted in zip_longest(detail["calls"], detail.get("acted", ())):
        found = _CALL.match(str(text))
        if found is None:
            continue
        known = acted is not None and 0 <= acted < len(steps)
        rows.append(
            {
                "name": found["name"],
                "asked": int(found["asked"]),
                "returned": int(found["returned"]),
                "text": str(text),
                "script": _plainly([steps[acted]]) if known else "",
            }
        )
    return {
        "case": {key: _plainly(value) for key, value in detail["case"].items()},
        "calls": rows,
        "result": dict(detail.get("result", {})),
    }


def _plainly(value: Any) -> str:
    """Show a field of a case: ``[["CAP", 3], ["ERRNO", 4]]`` is a script."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_part, value))
    return "yes" if value is True else str(value)


def _part(part: Any) -> str:
    if not isinstance(part, list | tuple):
        return str(part)
    action, number = part
    if action == "ERRNO":
        return errno.errorcode.get(number, str(number))
    return "pass" if action == "PASS" else f"{action.lower()} {number}"


def _input(detail: Mapping[str, Any]) -> dict[str, Any] | None:
    if "data" not in detail or "alignment" not in detail:
        return None
    keys = ("data", "position", "place", "alignment")
    return {key: detail.get(key) for key in keys}


def _told(
    detail: Mapping[str, Any], explanation: Mapping[str, Any], traced: bool
) -> Iterator[str]:
    """Yield texts that have no other form on a page."""
    if detail.get("explanation"):
        yield str(detail["explanation"])
    if "calls" in detail and "case" in detail:
        drawn = {*map(str, detail["calls"]), *map(quoted, detail.get("where", ()))}
        drawn |= {*map(str, detail.get("bytes", ()))}
        yield from (str(said) for said in detail.get("shown", ()) if said not in drawn)
    if explanation.get("text") and not traced:
        yield str(explanation["text"])
    printed = str(detail.get("output") or "").strip().splitlines()
    if printed:
        yield "\n".join(["it printed:", *printed[-_MOST_OUTPUT:]])
