"""What a program shows in the end: its registers, and the last value at each location."""

from __future__ import annotations

import re

from .graph import Graph
from .program import LOCATIONS, Program
from .unfold import unfold


def outcome_of(program: Program, graph: Graph) -> dict[str, int]:
    """Register and location names -> final values. Registers of one name in two threads clash."""
    result = dict.fromkeys(LOCATIONS, 0)
    for statements, rows in zip(program.threads, graph.threads, strict=True):
        reads = tuple(row[3] for row in rows if row[3] is not None)
        result |= unfold(statements, reads).registers
    for location, places in graph.mo:
        thread, index = places[-1]
        written = graph.threads[thread][index][4]
        assert written is not None
        result[location] = written
    return result


def shows(program: Program, graphs: set[Graph], wanted: str) -> bool:
    """Whether a graph ends with all of the values in ``wanted``, as in ``a=1 b=0 x=2``."""
    pairs = [(name, int(value)) for name, value in re.findall(r"(\w+)=(-?\d+)", wanted)]
    return any(
        all(outcome.get(name, 0) == value for name, value in pairs)
        for outcome in (outcome_of(program, graph) for graph in graphs)
    )
