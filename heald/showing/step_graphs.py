"""An execution's steps as a graph: what ``--dot`` and ``--print-executions`` draw.

Made from the steps that a trace tells, so it holds what others see and nothing else, by the
author's names and with source lines. The failing execution comes first, with marks at the steps
that show the bug. The form is that of ``heald.showing.graphs``; beyond that an event may have
``place``, ``mark`` and ``missed``: thread and index of the newer store that a read did not see, and
``unordered``: those of an access that nothing orders with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from heald.kinds import Family, of
from heald.showing.diagnosis import diagnose, title_of
from heald.showing.told import UNTOLD, told_steps
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
    graph, where = _graph(steps, found.marks)
    _mark_missing(failure["kind"], found.marks, where, graph["threads"])
    return {**graph, "failed": title_of(failure, found)}


def graph_of_run(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the graph of an execution that did not fail, from the line that has its ``trace``."""
    steps = told_steps({**run, "kind": "", "where": ()}, whole=True, fold=False)
    return _graph(steps, {})[0]


def _graph(
    steps: Sequence[Step], marks: Mapping[int, str]
) -> tuple[dict[str, Any], list[tuple[int, int]]]:
    """Draw steps thread by thread; say where each of them went."""
    threads: list[list[dict[str, Any]]] = [
        [] for _ in range(1 + max((step["thread"] for step in steps), default=0))
    ]
    where: list[tuple[int, int]] = []
    for step in steps:
        own = threads[step["thread"]]
        where.append((step["thread"], len(own)))
        own.append(_event(step, where))
    for index, mark in marks.items():
        thread, number = where[index]
        threads[thread][number]["mark"] = _STEP.sub(
            lambda number: "{}.{}".format(*where[int(number[1]) - 1]), mark
        )
    for index, step in enumerate(steps):
        if step.get("newer"):
            thread, number = where[index]
            threads[thread][number]["missed"] = list(where[step["newer"][-1]])
    return {"threads": threads, "mo": _orders(steps, where)}, where


#: How the publication rule marks a store that was seen without what came before it.
_SEEN = re.compile(r"SEEN by #(\d+)")
#: How a mark speaks of a step; in a graph it has the name of an event.
_STEP = re.compile(r"(?<!\w)#(\d+)\b")
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


def _event(step: Step, where: Sequence[tuple[int, int]]) -> dict[str, Any]:
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
        source = step.get("from", step.get("source", UNTOLD))
        if source == UNTOLD:
            event["unknown"] = True
        else:
            event["rf"] = None if source is None else list(where[source])
    if letter in ("W", "U") and value_of(step, "new") is not None:
        event["w"] = value_of(step, "new")
    if step.get("file"):
        event["place"] = f"{PurePath(step['file']).name}:{step['line']}"
    if step["op"] in ("fail", "stuck"):
        event["mark"] = step["op"].upper()
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
