"""A candidate execution as the papers see it: events and relations.

As in RC11, a successful read-modify-write is two events, a read and a write, with an
``rmw`` edge from the first to the second; every location has one initial write, before
everything in ``sb``. The names are the paper's: ``sb`` (sequenced before), ``rf`` (reads
from), ``mo`` (modification order), ``rb`` (reads before), ``eco`` (extended coherence order).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .graph import Place, Source
from .program import Order
from .relation import Relation, from_pairs, where
from .unfold import Event


@dataclass(frozen=True)
class Node:
    """One event: a read ``R``, a write ``W`` or a fence ``F``. An initial write has thread -1."""

    kind: str
    thread: int
    location: str | None
    order: Order | None
    locked: bool = False


@dataclass(frozen=True)
class Execution:
    """The events and the three relations that make up a graph."""

    nodes: tuple[Node, ...]
    sb: Relation
    rf: Relation
    mo: Relation
    rmw: Relation

    @property
    def size(self) -> int:
        """Number of events, initial writes included."""
        return len(self.nodes)

    @cached_property
    def rb(self) -> Relation:
        """``rf^-1 ; mo``: from a read to the writes that came after what it read."""
        return ~self.rf @ self.mo

    @cached_property
    def eco(self) -> Relation:
        """``(rf ∪ mo ∪ rb)+``."""
        return (self.rf | self.mo | self.rb).plus()

    @cached_property
    def same_location(self) -> Relation:
        """All pairs of accesses to one location."""
        nodes = self.nodes
        return where(
            self.size,
            lambda a, b: (
                nodes[a].location is not None and nodes[a].location == nodes[b].location
            ),
        )

    @cached_property
    def internal(self) -> Relation:
        """All pairs of events of one thread."""
        nodes = self.nodes
        return where(self.size, lambda a, b: nodes[a].thread == nodes[b].thread)


def build(
    threads: Sequence[Sequence[Event]],
    sources: Sequence[Sequence[Source]],
    mo: Mapping[str, Sequence[Place]],
) -> Execution:
    """Lay out events and relations; ``sources`` and ``mo`` are as in ``Graph``."""
    locations = sorted({e.location for events in threads for e in events if e.location})
    nodes = [Node("W", -1, location, None) for location in locations]
    initial = {location: i for i, location in enumerate(locations)}
    read_part: dict[Place, int] = {}
    write_part: dict[Place, int] = {}
    sb, rmw = [], []
    for thread, events in enumerate(threads):
        before = list(initial.values())
        for index, event in enumerate(events):
            place = (thread, index)
            for kind in {"U": "RW"}.get(event.kind, event.kind):
                sb += [(earlier, len(nodes)) for earlier in before]
                before.append(len(nodes))
                (read_part if kind == "R" else write_part)[place] = len(nodes)
                node = Node(kind, thread, event.location, event.order, event.locked)
                nodes.append(node)
            if event.kind == "U":
                rmw.append((read_part[place], write_part[place]))
    rf = []
    for place, reader in read_part.items():
        source = sources[place[0]][place[1]]
        location = nodes[reader].location
        assert location is not None
        rf.append((initial[location] if source is None else write_part[source], reader))
    ordered = []
    for location in locations:
        chain = [
            initial[location],
            *(write_part[place] for place in mo.get(location, ())),
        ]
        ordered += [(a, b) for i, a in enumerate(chain) for b in chain[i + 1 :]]
    size = len(nodes)
    return Execution(
        tuple(nodes),
        from_pairs(size, sb),
        from_pairs(size, rf),
        from_pairs(size, ordered),
        from_pairs(size, rmw),
    )
