"""The failing execution as a graph: the one that ``--dot`` and ``--print-executions`` show first.

Made from the steps that the trace tells, so it holds what the failure depends on and nothing
else, by the author's names, with source lines, and with marks at the steps that show the bug.
Its form is that of ``heald.showing.graphs``; beyond that an event may have ``place``, ``mark`` and
``missed``: thread and index of the newer store that a read did not see, and ``unordered``: those
of an access that nothing orders with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from heald.kinds import Family, of
from heald.showing.diagnosis import diagnose, title_of
from heald.showing.told import told_steps
from heald.showing.words import Step, place_of, value_of

_LETTERS = {"load": "R", "read": "R", "store": "W", "write": "W", "rmw": "U", "cas": "U"}
_LETTERS |= {"fence": "F", "spawn": "S", "join": "J", "alloc": "A", "free": "D"}
_SHORT = {"relaxed": "rlx", "acquire": "acq", "release": "rel", "acq_rel": "ar"}
_SHORT |= {"seq_cst": "sc", "consume": "acq"}


def failing_graph(failure: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the graph of a failure; None where it has no trace."""
    trace = failure.get("trace")
    steps = told_steps(failure, whole=True, fold=False) if trace else []
    if not trace or not steps:
        return None
    found = diagnose({**failure, "trace": {**trace, "steps": steps}})
    marks = found.marks
    threads: list[list[dict[str, Any]]] = [
        [] for _ in range(1 + max(step["thread"] for step in steps))
    ]
    where: list[tuple[int, int]] = []
    for index, step in enumerate(steps):
        own = threads[step["thread"]]
        where.append((step["thread"], len(own)))
        own.append(_event(step, where, marks.get(index, "")))
    for index, step in enumerate(steps):
        if step.get("newer"):
            thread, number = where[index]
            threads[thread][number]["missed"] = list(where[step["newer"][-1]])
    _mark_missing(failure["kind"], marks, where, threads)
    return {
        "threads": threads,
        "mo": _orders(steps, where),
        "failed": title_of(failure, found),
    }


#: How the publication rule marks a store that was seen without what came before it.
_SEEN = re.compile(r"SEEN by #(\d+)")
_UNORDERED = of(Family.RACE, Family.HEAP)


def _mark_missing(
    kind: str,
    marks: Mapping[int, str],
    where: Sequence[tuple[int, int]],
    threads: Sequence[Sequence[dict[str, Any]]],
) -> None:
    """Join the two accesses that something should have ordered."""
    pairs = [
        (index, int(seen[1]) - 1)
        for index, mark in marks.items()
        if (seen := _SEEN.match(mark)) and int(seen[1]) <= len(where)
    ]
    if kind in _UNORDERED and len(marks) == 2:
        first, second = sorted(marks)
        pairs.append((first, second))
    for one, other in pairs:
        (thread, index), there = where[one], where[other]
        if thread != there[0]:
            threads[thread][index]["unordered"] = list(there)


def _event(step: Step, where: Sequence[tuple[int, int]], mark: str) -> dict[str, Any]:
    letter = _LETTERS.get(step["op"], step["op"])
    if step["op"] == "cas" and step.get("succeeded") is False:
        letter = "R"
    event: dict[str, Any] = {"k": letter, "o": _SHORT.get(str(step.get("order")), "na")}
    if step.get("at"):
        event["at"] = place_of(step)
    if letter in ("S", "J"):
        event["of"] = str(step.get("note", "")).removeprefix("thread ")
    if letter in ("R", "U") and value_of(step, "old") is not None:
        event["r"] = value_of(step, "old")
        source = step.get("from")
        event["rf"] = None if source is None else list(where[source])
        if "from" not in step:
            del event["rf"]
            event["unknown"] = True
    if letter in ("W", "U") and value_of(step, "new") is not None:
        event["w"] = value_of(step, "new")
    if step.get("file"):
        event["place"] = f"{PurePath(step['file']).name}:{step['line']}"
    if mark or step["op"] in ("fail", "stuck"):
        event["mark"] = mark or step["op"].upper()
    return event


def _orders(
    steps: Sequence[Step], where: Sequence[tuple[int, int]]
) -> dict[str, list[list[int]]]:
    """Order the stores to each place: as they are told, but for those that say otherwise."""
    found: dict[str, list[int]] = {}
    for index, step in enumerate(steps):
        if step.get("at") and "new" in step and step.get("succeeded") is not False:
            found.setdefault(place_of(step), []).append(index)
    for stores in found.values():
        for index in [i for i in stores if steps[i].get("after") in stores]:
            stores.remove(index)
            stores.insert(stores.index(steps[index]["after"]) + 1, index)
    return {at: [list(where[i]) for i in stores] for at, stores in found.items()}
