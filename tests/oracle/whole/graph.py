"""Executions of whole programs in one form: threads in the order in which they were created.

A thread's name is its place in the tree of creations: (0, 2) is the third thread that the first
thread of ``main`` creates. Sorted by name, threads get the numbers that ``Graph`` wants. Ordinary
accesses are left out: a read of an ordinary write shows its value and no source.
"""

from __future__ import annotations

import json
from typing import Any

from tests.oracle.graph import Graph, Place, Row
from tests.oracle.program import Order

from .event import ROOM, Event
from .partial import Partial

Name = tuple[int, ...]


def to_graph(partial: Partial, shown: set[str]) -> Graph:
    """The fences of an execution and what happens at the locations that are shown."""
    threads: dict[Name, list[Event]] = {}
    _name_threads(partial, 0, (), threads)
    place: dict[int, Place] = {}
    kept: list[list[Event]] = []
    for rank, name in enumerate(sorted(threads)):
        some = [e for e in threads[name] if e.kind == "F" or e.location in shown]
        some = [e for e in some if e.order is not None]
        place |= {e.number: (rank, i) for i, e in enumerate(some)}
        kept.append(some)
    rows = tuple(tuple(_row(event, place) for event in events) for events in kept)
    mo = sorted(
        (location, places)
        for location, order in partial.mo.items()
        if (places := tuple(place[n] for n in order if n in place))
    )
    return Graph(rows, tuple(mo))


def _name_threads(
    partial: Partial, thread: int, name: Name, found: dict[Name, list[Event]]
) -> None:
    first = thread * ROOM
    found[name] = [partial.events[n] for n in range(first, first + partial.count[thread])]
    created = [event.other for event in found[name] if event.kind == "S"]
    for index, child in enumerate(created):
        _name_threads(partial, child, (*name, index), found)


def _row(event: Event, place: dict[int, Place]) -> Row:
    assert event.order is not None
    order = "acq" if event.order is Order.CON else event.order.value
    source = place.get(event.source) if event.source is not None else None
    location = event.location or None
    return event.kind, order, location, event.read, event.written, source


def from_dump(line: str, names: dict[str, str]) -> Graph:
    """Read one line of the explorer's dump; ``names``: its name of each location -> ours."""
    dumped = json.loads(line)
    of: dict[Name, int] = {}
    _name_dumped(dumped["threads"], 0, (), of)
    rank = {of[name]: rank for rank, name in enumerate(sorted(of))}
    place: dict[Place, Place] = {}
    kept: list[list[dict[str, Any]]] = [[] for _ in rank]
    for thread, number in rank.items():
        for index, event in enumerate(dumped["threads"][thread]):
            if _is_dumped(event, names):
                place[thread, index] = (number, len(kept[number]))
                kept[number].append(event)
    rows = tuple(
        tuple(_dumped_row(event, names, place) for event in events) for events in kept
    )
    mo = sorted(
        (names[location], shown)
        for location, places in dumped["mo"].items()
        if location in names
        and (shown := tuple(place[x, y] for x, y in places if (x, y) in place))
    )
    return Graph(rows, tuple(mo))


def _is_dumped(event: dict[str, Any], names: dict[str, str]) -> bool:
    if event["k"] == "F":
        return True
    if event.get("waiting") or event["o"] == "na":
        return False
    return event["k"] in "RWU" and event.get("at") in names


def _name_dumped(
    threads: list[list[dict[str, Any]]], thread: int, name: Name, found: dict[Name, int]
) -> None:
    assert thread not in found.values(), f"thread {thread} is created twice"
    found[name] = thread
    created = [event["to"] for event in threads[thread] if event["k"] == "S"]
    for index, child in enumerate(created):
        _name_dumped(threads, child, (*name, index), found)


def _dumped_row(
    event: dict[str, Any], names: dict[str, str], place: dict[Place, Place]
) -> Row:
    location = None if event["k"] == "F" else names[event["at"]]
    rf = event.get("rf")
    source = None if rf is None else place.get((rf[0], rf[1]))
    return event["k"], event["o"], location, event.get("r"), event.get("w"), source
