"""Every consistent graph of a program, by brute force.

First all ways to read: from the state in which nothing has been read, any thread's next read
may take any write that is there already, until no thread waits. So ``sb ∪ rf`` has no cycle,
which all three models demand. Then, for each, all coherence orders. What remains is judged by the
model's axioms as they stand.

The only shortcut is ``coherent``: orders of one location's writes that make a cycle with
``sb`` and ``rf`` at that location are left out early. All three models forbid them; a test
compares with the shortcut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product

from . import rc11, sc, tso
from .execution import build
from .graph import Graph, Place, Source, row_of
from .program import Program
from .unfold import Event, Spurious, Unfolded, unfold

MODELS = {"sc": sc.is_consistent, "tso": tso.is_consistent, "rc11": rc11.is_consistent}

Choice = tuple[
    Source, bool
]  # where a read reads from; whether it then fails for no reason
Reads = tuple[tuple[Choice, ...], ...]  # per thread, in order


class TooBigError(Exception):
    """The program has more candidates than the caller wants to judge."""


def consistent_graphs(
    program: Program, *, limit: int | None = None, shortcut: bool = True
) -> dict[str, set[Graph]]:
    """All graphs of the program that each model allows, by model name.

    Parameters
    ----------
    program
        At most about nine events: time is exponential.
    limit
        Most candidates (ways to read times coherence orders) to judge, or None.
    shortcut
        Whether incoherent orders of a single location are left out early.

    Raises
    ------
    TooBigError
        If there are more candidates than ``limit``.
    """
    found: dict[str, set[Graph]] = {name: set() for name in MODELS}
    judged = 0
    for reads in ways_to_read(program, limit=limit):
        threads, sources = replay(program, reads)
        for mo in coherence_orders(threads, sources, shortcut=shortcut):
            judged += 1
            if limit is not None and judged > limit:
                raise TooBigError(f"more than {limit} candidates: {program}")
            execution = build(threads, sources, mo)
            graph = None
            for name, is_consistent in MODELS.items():
                if is_consistent(execution):
                    graph = graph or to_graph(threads, sources, mo)
                    found[name].add(graph)
    return found


def ways_to_read(program: Program, *, limit: int | None = None) -> Iterator[Reads]:
    """Every way in which the reads of a whole run can get their values."""
    start: Reads = ((),) * len(program.threads)
    seen, todo = {start}, [start]
    while todo:
        reads = todo.pop()
        if limit is not None and len(seen) > limit:
            raise TooBigError(f"more than {limit} ways to read: {program}")
        waiting = list(_next_reads(program, reads))
        if not waiting:
            yield reads
        for thread, choice in waiting:
            longer = (*reads[:thread], (*reads[thread], choice), *reads[thread + 1 :])
            if longer not in seen:
                seen.add(longer)
                todo.append(longer)


def _next_reads(program: Program, reads: Reads) -> Iterator[tuple[int, Choice]]:
    """Each (thread, choice) that may be the next read: sources are writes already there."""
    unfolded = _unfold_all(program, reads)
    for thread, state in enumerate(unfolded):
        if state.waits_for is None:
            continue
        sources: list[Source] = [None]
        for other, source in enumerate(unfolded):
            for index, event in enumerate(source.events):
                if event.location == state.waits_for and event.written is not None:
                    sources.append((other, index))
        for place in sources:
            yield thread, (place, False)
            if _written(unfolded, place) == state.may_fail_on:
                yield thread, (place, True)


def _unfold_all(program: Program, reads: Reads) -> list[Unfolded]:
    """Run all threads as far as their reads are known; values follow from the sources."""
    values: list[tuple[int, ...]] = [() for _ in reads]
    unfolded = [unfold(t, ()) for t in program.threads]
    progress = True
    while progress:
        progress = False
        for thread, choices in enumerate(reads):
            while len(values[thread]) < len(choices):
                source, fails = choices[len(values[thread])]
                value = _written(unfolded, source)
                if value is None:
                    break
                values[thread] += (Spurious(value) if fails else value,)
                unfolded[thread] = unfold(program.threads[thread], values[thread])
                progress = True
    return unfolded


def _written(unfolded: Sequence[Unfolded], source: Source) -> int | None:
    if source is None:
        return 0
    thread, index = source
    events = unfolded[thread].events
    return events[index].written if index < len(events) else None


def replay(
    program: Program, reads: Reads
) -> tuple[list[tuple[Event, ...]], list[tuple[Source, ...]]]:
    """Events of all threads, and beside each event its source (None where it reads nothing)."""
    threads = [state.events for state in _unfold_all(program, reads)]
    sources = []
    for events, given in zip(threads, reads, strict=True):
        left = iter(given)
        sources.append(
            tuple(next(left)[0] if e.read is not None else None for e in events)
        )
    return threads, sources


def coherence_orders(
    threads: Sequence[Sequence[Event]],
    sources: Sequence[Sequence[Source]],
    *,
    shortcut: bool,
) -> Iterator[Mapping[str, tuple[Place, ...]]]:
    """Every choice of one total order of the writes to each location."""
    writes: dict[str, list[Place]] = {}
    for thread, events in enumerate(threads):
        for index, event in enumerate(events):
            if event.written is not None and event.location is not None:
                writes.setdefault(event.location, []).append((thread, index))
    orders = []
    for location, places in writes.items():
        choices = [order for order in permutations(places) if _follows_threads(order)]
        if shortcut:
            choices = [c for c in choices if coherent(threads, sources, location, c)]
        orders.append(choices)
    for chosen in product(*orders):
        yield dict(zip(writes, chosen, strict=True))


def _follows_threads(order: tuple[Place, ...]) -> bool:
    """Writes of one thread to one location stay in its order (every model's coherence)."""
    latest: dict[int, int] = {}
    for thread, index in order:
        if latest.get(thread, -1) > index:
            return False
        latest[thread] = index
    return True


def coherent(
    threads: Sequence[Sequence[Event]],
    sources: Sequence[Sequence[Source]],
    location: str,
    order: tuple[Place, ...],
) -> bool:
    """No cycle of ``sb|loc``, ``rf``, ``mo``, ``rb`` at this location, and no torn RMW.

    Told by walking each thread: what it has seen of the order never moves back, and a
    read-modify-write follows its source at once. Position 0 is the initial write.
    """
    position: dict[Source, int] = {place: i + 1 for i, place in enumerate(order)}
    position[None] = 0
    for thread, events in enumerate(threads):
        seen = 0
        for index, event in enumerate(events):
            if event.location != location:
                continue
            if event.read is not None:
                read = position[sources[thread][index]]
                if read < seen:
                    return False
                seen = read
            if event.written is not None:
                written = position[thread, index]
                if written <= seen or (event.read is not None and written != seen + 1):
                    return False
                seen = written
    return True


def to_graph(
    threads: Sequence[Sequence[Event]],
    sources: Sequence[Sequence[Source]],
    mo: Mapping[str, Sequence[Place]],
) -> Graph:
    """The comparable form of a candidate."""
    rows = tuple(
        tuple(row_of(e, s) for e, s in zip(events, given, strict=True))
        for events, given in zip(threads, sources, strict=True)
    )
    return Graph(rows, tuple((loc, tuple(mo[loc])) for loc in sorted(mo)))
