"""Graphs up to exchanging threads of equal text, on the oracle's side: the least of each class.

Written from the definition, not from the search: every permutation is tried.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from .graph import Graph, Place, Source
from .printer import to_numbers
from .program import Program


def rows_of(program: Program) -> list[list[int]]:
    """Threads that follow one another and differ in the names of registers at most."""
    texts = [to_numbers(Program((thread,))) for thread in program.threads]
    numbers = range(len(texts))
    return [list(row) for _, row in itertools.groupby(numbers, key=texts.__getitem__)]


def _moved(place: Source, to: Mapping[int, int]) -> Source:
    return None if place is None else (to[place[0]], place[1])


def exchanged(graph: Graph, to: Mapping[int, int]) -> Graph:
    """The graph in which thread ``to[t]`` does what thread t does in this one."""
    threads: list[tuple[object, ...]] = [()] * len(graph.threads)
    for thread, events in enumerate(graph.threads):
        threads[to[thread]] = tuple((*row[:5], _moved(row[5], to)) for row in events)
    mo = tuple(
        (location, tuple(_place(place, to) for place in places))
        for location, places in graph.mo
    )
    return Graph(tuple(threads), mo)  # type: ignore[arg-type]


def _place(place: Place, to: Mapping[int, int]) -> Place:
    return to[place[0]], place[1]


def representative(graph: Graph, rows: Sequence[Sequence[int]]) -> Graph:
    """The least graph of the class; the same for all of them."""
    before = [thread for row in rows for thread in row]
    ways = itertools.product(*(itertools.permutations(row) for row in rows))
    return min(
        (
            exchanged(graph, dict(zip(before, itertools.chain(*way), strict=True)))
            for way in ways
        ),
        key=str,
    )
