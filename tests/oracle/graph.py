"""One execution graph: events in program order, what each read reads, coherence order.

``Graph`` is the form in which the oracle and the explorer are compared. A place is
(thread, index in that thread); None is the initial write of a location, value 0.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .unfold import Event

Place = tuple[int, int]
Source = Place | None
# kind, order, location, value read, value written, place read from
Row = tuple[str, str, str | None, int | None, int | None, Source]


@dataclass(frozen=True)
class Graph:
    """Comparable and hashable; equal graphs are the same execution."""

    threads: tuple[tuple[Row, ...], ...]
    mo: tuple[tuple[str, tuple[Place, ...]], ...]  # sorted by location, no empty ones

    def __str__(self) -> str:
        lines = []
        for thread, rows in enumerate(self.threads):
            lines += [_line(thread, index, row) for index, row in enumerate(rows)]
        for location, places in self.mo:
            order = " -> ".join(["init", *(_name(place) for place in places)])
            lines.append(f"  mo {location}: {order}")
        return "\n".join(lines)


def _name(place: Source) -> str:
    return "init" if place is None else f"{place[0] + 1}.{place[1] + 1}"


def _line(thread: int, index: int, row: Row) -> str:
    kind, order, location, read, written, source = row
    text = f"  {_name((thread, index))}  {kind} {order} {location or ''}"
    if read is not None:
        text += f" reads {read} from {_name(source)}"
    if written is not None:
        text += f" writes {written}"
    return text


def row_of(event: Event, source: Source) -> Row:
    """The comparable form of an event; consume is acquire in every model here."""
    order = "acq" if event.order.value == "con" else event.order.value
    return event.kind, order, event.location, event.read, event.written, source


def from_dump(line: str, *, names: dict[str, str]) -> Graph:
    """Read one line of the explorer's dump.

    Parameters
    ----------
    line
        One JSON object: ``threads`` and ``mo``. Thread 0 is ``main`` and left out; the
        others must be the program's threads in order.
    names
        The explorer's name of each location -> the program's. Events elsewhere are left out.
    """
    dumped = json.loads(line)
    kept = [
        [index for index, event in enumerate(events) if _belongs(event, names)]
        for events in dumped["threads"]
    ]
    place = {
        (thread, old): (thread - 1, new)
        for thread, indices in enumerate(kept)
        for new, old in enumerate(indices)
    }
    threads = tuple(
        tuple(_row(dumped["threads"][thread][index], names, place) for index in indices)
        for thread, indices in enumerate(kept)
        if thread > 0
    )
    mo = sorted(
        (names[location], tuple(place[at[0], at[1]] for at in places))
        for location, places in dumped["mo"].items()
        if location in names and places
    )
    return Graph(threads, tuple(mo))


def _belongs(event: dict[str, Any], names: dict[str, str]) -> bool:
    return event["k"] == "F" or (event["k"] in "RWU" and event.get("at") in names)


def _row(event: dict[str, Any], names: dict[str, str], place: dict[Place, Place]) -> Row:
    rf = event.get("rf")
    location = None if event["k"] == "F" else names[event["at"]]
    source = None if rf is None else place[rf[0], rf[1]]
    return event["k"], event["o"], location, event.get("r"), event.get("w"), source
