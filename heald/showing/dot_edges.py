"""The edges of an execution graph as DOT draws them: ``po rf mo fr hb``, and where one is missing.

``fr`` goes from a read to the store that comes next after the one that it read. ``hb`` is drawn
where threads meet: from a release to the acquire that read it, from the start of a thread to its
first event, from its last one to who waits for it. Two accesses that it should order and does
not are joined by a red line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

Place = tuple[int, int]
Edge = tuple[str, Place, Place]
_RELEASES = frozenset({"rel", "ar", "sc"})
_ACQUIRES = frozenset({"acq", "ar", "sc"})


def edges_of(graph: Mapping[str, Any], rows: Sequence[Sequence[Place]]) -> Iterator[Edge]:
    """Yield the edges of a graph, each with its relation.

    Parameters
    ----------
    rows
        Of each thread the events that are drawn, in program order.
    """
    for row in rows:
        yield from (("po", a, b) for a, b in pairwise(row))
    events = {
        place: graph["threads"][place[0]][place[1]] for row in rows for place in row
    }
    orders = [
        [(thread, index) for thread, index in stores]
        for location, stores in graph["mo"].items()
        if not location.startswith("~")
    ]
    for stores in orders:
        yield from (("mo", a, b) for a, b in pairwise(stores))
    for place, event in events.items():
        yield from _of_read(place, event, events, orders)
        for key in ("missed", "unordered"):
            if event.get(key) is not None:
                yield key, place, _place(event[key])
        yield from _of_thread(place, event, rows)


def _of_read(
    place: Place,
    event: Mapping[str, Any],
    events: Mapping[Place, Mapping[str, Any]],
    orders: Sequence[Sequence[Place]],
) -> Iterator[Edge]:
    if event.get("k") not in ("R", "U") or event.get("unknown") or "r" not in event:
        return
    source = None if event.get("rf") is None else _place(event["rf"])
    if source is not None:
        yield "rf", source, place
        writer = events.get(source, {})
        if writer.get("o") in _RELEASES and event.get("o") in _ACQUIRES:
            yield "hb", source, place
    after = _next_store(source, event, events, orders)
    if after not in (None, place) and event.get("missed") is None:
        assert after is not None
        yield "fr", place, after


def _next_store(
    source: Place | None,
    event: Mapping[str, Any],
    events: Mapping[Place, Mapping[str, Any]],
    orders: Sequence[Sequence[Place]],
) -> Place | None:
    """Return the store after the one that was read; the first one if that was the initial value."""
    for stores in orders:
        if source is not None and source in stores:
            follows = stores[stores.index(source) + 1 :]
            return follows[0] if follows else None
        at = events.get(stores[0], {}).get("at") if stores else None
        if source is None and at is not None and at == event.get("at"):
            return stores[0]
    return None


def _of_thread(
    place: Place, event: Mapping[str, Any], rows: Sequence[Sequence[Place]]
) -> Iterator[Edge]:
    """Order a thread's events behind its start and before the wait for its end."""
    if event.get("k") not in ("S", "J"):
        return
    other = str(event.get("to", event.get("of", ""))).removeprefix("thread ")
    if not other.isdecimal() or int(other) >= len(rows) or not rows[int(other)]:
        return
    row = rows[int(other)]
    yield ("hb", place, row[0]) if event["k"] == "S" else ("hb", row[-1], place)


def _place(value: Sequence[int]) -> Place:
    return value[0], value[1]
