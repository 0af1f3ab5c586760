"""Programs whose ``main`` creates all threads at once, and the same in another order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

from tests.oracle.graph import Graph, Row, Source
from tests.oracle.program import LOAD_ORDERS, Load
from tests.oracle.whole.drawing import Known
from tests.oracle.whole.drawn import weakened
from tests.oracle.whole.drawn_statements import Statements
from tests.oracle.whole.explored import (
    ending,
    has_another_first_round,
    is_counted,
    may_leave_out,
)
from tests.oracle.whole.program import (
    POINTERS,
    Block,
    Exit,
    Join,
    Spawn,
    Statement,
    Whole,
)
from tests.oracle.whole.words import drawn_words

SIZES = ((2, 9, 13), (3, 9, 14), (3, 9, 15), (4, 9, 15), (5, 8, 14))


def drawn(seed: int, kind: str = "") -> Whole:
    """The program of a seed: two to five threads beside main."""
    draw = _Draw(Random(f"turned {seed}"), kind)
    return replace(weakened(draw.whole(), seed), words=drawn_words(seed))


class _Draw(Statements):
    def whole(self) -> Whole:
        random = self.random
        count, least, most = random.choice(SIZES)
        share = [random.randrange(count) for _ in range(random.randint(least, most))]
        threads = []
        for thread in range(count):
            room = share.count(thread)
            made = self.block(Known(), room) if room else []
            threads.append(tuple(self.without_end(made)))
        first: list[Statement] = []
        if "heap" in self.palette.kinds:
            first = [self.allocation(pointer) for pointer in POINTERS]
        inside = self.block(Known(), 1) if random.random() < 0.3 else []
        spawns = [Spawn(thread) for thread in range(1, count + 1)]
        joins = [Join(thread) for thread in range(1, count + 1)]
        last = [
            Load(f"r{at}", location, LOAD_ORDERS[0])
            for at, location in enumerate(self.palette.locations)
            if random.random() < 0.3
        ]
        main = (*first, *spawns, *self.without_end(inside), *joins, *last)
        posted, parties = random.randint(0, 2), random.choice((2, 2, 3))
        return Whole((main, *threads), posted, parties)

    def without_end(self, made: list[Statement]) -> list[Statement]:
        whole = Whole((tuple(made),))
        if any(isinstance(statement, Exit) for statement in whole.statements()):
            return []
        return made


def is_turnable(program: Whole) -> bool:
    """Creates main all threads in a row, joins them in a row or not at all, and exits nowhere?"""
    main, count = program.threads[0], len(program.threads) - 1
    spawns = [i for i, s in enumerate(main) if isinstance(s, Spawn)]
    joins = [i for i, s in enumerate(main) if isinstance(s, Join)]
    inner = [s for s in program.statements() if isinstance(s, Spawn | Join)]
    return (
        len(spawns) == count
        and len(inner) == count + len(joins)
        and len(joins) in (0, count)
        and all(b == a + 1 for some in (spawns, joins) for a, b in pairwise(some))
        and not any(isinstance(s, Exit) for s in program.statements())
    )


def turned(program: Whole, order: Sequence[int]) -> Whole:
    """Thread k + 1 of the new program is thread ``order[k]`` of the old one."""
    blocks: list[Block] = [program.threads[thread] for thread in order]
    return replace(program, threads=(program.threads[0], *blocks))


def back(graph: Graph, order: Sequence[int]) -> Graph:
    """A graph of the turned program as one of the program."""
    number = dict(enumerate((0, *order)))

    def place(at: Source) -> Source:
        return None if at is None else (number[at[0]], at[1])

    def name(location: str | None) -> str | None:
        if location and location.startswith("res"):
            return f"res{number[int(location[3:])]}"
        return location

    rows: list[tuple[Row, ...]] = [()] * len(graph.threads)
    for thread, events in enumerate(graph.threads):
        rows[number[thread]] = tuple(
            (kind, how, name(location), read, written, place(source))
            for kind, how, location, read, written, source in events
        )
    mo = sorted(
        (str(name(location)), tuple((number[x], y) for x, y in places))
        for location, places in graph.mo
    )
    return Graph(tuple(rows), tuple(mo))


def comparable(program: Whole, graphs: Counter[Graph]) -> Counter[Any]:
    """What must be the same: the graphs each once, or their set, or how they end."""
    if may_leave_out(program) or has_another_first_round(program):
        return Counter({ending(graph) for graph in graphs})
    return graphs if is_counted(program) else Counter(set(graphs))
