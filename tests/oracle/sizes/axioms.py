"""rc11: every order of the writes to an object, every place in it for each read; axioms choose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

from tests.oracle.execution import Execution, Node
from tests.oracle.rc11 import Rc11
from tests.oracle.relation import Relation, from_pairs

from .answer import (
    BEGIN,
    Answer,
    Did,
    Place,
    TooBigError,
    any_race,
    is_made,
    number_at,
    object_of,
    overlap,
    owned,
    shown,
    stored,
)
from .program import PLAIN, UPDATES, Sized, Step

MOST_CANDIDATES = 3_000


@dataclass(frozen=True)
class _Event:
    place: Place
    step: Step
    writes: bool


def axiomatic(program: Sized, objects: list[range]) -> Answer:
    answer = Answer()
    tried = 0
    for events in _selections(program):
        orders = [
            list(_orders([e for e in events if e.writes and _touches(objects, n, e)]))
            for n in range(len(objects))
        ]
        for chosen in product(*orders):
            placed = _placed(program, objects, events, chosen)
            if placed is None:
                continue
            values, choices = placed
            tried += prod(len(choice) for _, choice in choices)
            if tried > MOST_CANDIDATES:
                raise TooBigError
            for picked in product(*(choice for _, choice in choices)):
                done = dict(values)
                for (event, _), (read, sources) in zip(choices, picked, strict=True):
                    done[event.place] = Did(event.place, event.step, read, None, sources)
                _judge(program, objects, events, chosen, done, answer)
    return answer


def _touches(objects: list[range], number: int, event: _Event) -> bool:
    return bool(set(objects[number]) & set(event.step.bytes))


def _selections(program: Sized) -> Iterator[list[_Event]]:
    """Which guarded steps are made, which compare-exchanges succeed."""
    steps = [
        ((t, i), step)
        for t, thread in enumerate((*program.threads, program.after))
        for i, step in enumerate(thread)
    ]
    ways = []
    for _, step in steps:
        made = (
            (True, False)
            if step.kind == "cas"
            else (step.kind not in ("load", "read", "fence"),)
        )
        ways.append((*made, None) if step.guard else made)
    for chosen in product(*ways):
        yield [
            _Event(place, step, way)
            for (place, step), way in zip(steps, chosen, strict=True)
            if way is not None
        ]


def _orders(writes: Sequence[_Event]) -> Iterator[tuple[_Event, ...]]:
    """All orders in which those of one thread keep theirs."""
    if not writes:
        yield ()
        return
    heads: dict[int, _Event] = {}
    for write in writes:
        heads.setdefault(write.place[0], write)
    for head in heads.values():
        for rest in _orders([write for write in writes if write is not head]):
            yield (head, *rest)


Pairs = list[tuple[int, int]]
Choices = list[tuple[_Event, list[tuple[int, tuple[Place, ...]]]]]


def _placed(
    program: Sized,
    objects: list[range],
    events: Sequence[_Event],
    chosen: Sequence[Sequence[_Event]],
) -> tuple[dict[Place, Did], Choices] | None:
    """What the writes write, and what each read may read; None: a compare-exchange is wrong."""
    done: dict[Place, Did] = {}
    snapshots: list[list[tuple[bytes, tuple[Place, ...]]]] = []
    for order in chosen:
        memory, writers = program.initial, (BEGIN,) * len(program.initial)
        states = [(memory, writers)]
        for event in order:
            step = event.step
            updates = step.kind in UPDATES
            found = number_at(memory, step) if updates else None
            if step.kind == "cas" and found != step.expected:
                return None
            sources = tuple(writers[i] for i in step.bytes) if updates else ()
            written = step.written(found or 0)
            done[event.place] = Did(event.place, step, found, written, sources)
            memory, writers = (
                stored(memory, step, written),
                owned(writers, step, event.place),
            )
            states.append((memory, writers))
        snapshots.append(states)
    choices: Choices = []
    for event in events:
        step = event.step
        if event.writes:
            continue
        if step.kind == "fence":
            done[event.place] = Did(event.place, step, None, None, ())
            continue
        number = object_of(objects, step)
        states = snapshots[number]
        low, high = _window(event, chosen[number])
        seen: dict[tuple[Place, ...], int] = {}
        for memory, writers in states[low : high + 1]:
            found = number_at(memory, step)
            if not (step.kind == "cas" and found == step.expected):
                seen[tuple(writers[i] for i in step.bytes)] = found
        choices.append((event, [(value, sources) for sources, value in seen.items()]))
    return done, choices


def _window(event: _Event, order: Sequence[_Event]) -> tuple[int, int]:
    """Places between the thread's own writes to these bytes before and after it."""
    low, high = 0, len(order)
    for position, write in enumerate(order):
        if write.place[0] != event.place[0] or not overlap(write.step, event.step):
            continue
        if write.place[1] < event.place[1]:
            low = max(low, position + 1)
        else:
            high = min(high, position)
    return low, high


def _judge(
    program: Sized,
    objects: list[range],
    events: Sequence[_Event],
    chosen: Sequence[Sequence[_Event]],
    done: dict[Place, Did],
    answer: Answer,
) -> None:
    read: dict[int, dict[int, int]] = {}
    for did in done.values():
        if did.read is not None:
            read.setdefault(did.place[0], {})[did.place[1]] = did.read
    made = {event.place for event in events}
    for t, thread in enumerate((*program.threads, program.after)):
        for i, step in enumerate(thread):
            if step.guard and is_made(step, read.get(t, {})) != ((t, i) in made):
                return
    graph = _Graph(program, objects, [done[event.place] for event in events], chosen)
    model = _Parts(graph.execution)
    if not (
        model.coherence() and model.no_thin_air() and model.atomicity() and model.sc()
    ):
        return
    if graph.races():
        answer.races = True
    if not graph.carries_acyclically():
        answer.refused = True
    orders = [[event.place for event in order] for order in chosen]
    answer.graphs.add(shown(graph.done, orders))
    answer.made |= made


class _SizedExecution(Execution):
    """Its ``rb`` goes to the writes after a read's place that overlap it."""

    before: Relation
    older: Relation  # from a read to one that gets a byte of both from a later write

    @property
    def rb(self) -> Relation:
        return self.before


class _Parts(Rc11):
    """Reads are coherent byte by byte; to writes an object is one location."""

    x: _SizedExecution

    @cached_property
    def scb(self) -> Relation:
        """Of one location again: what comes after a read's place comes after it with all behind."""
        return super().scb | self.x.rb @ self.x.mo

    def coherence(self) -> bool:
        """``hb ; (mo ∪ mo? ; rf ∪ rb ∪ older)`` is irreflexive."""
        x = self.x
        late = x.mo | x.mo.maybe() @ x.rf | x.rb | x.older
        return (self.hb @ late).is_irreflexive()


class _Graph:
    """One candidate as the axioms see it."""

    def __init__(
        self,
        program: Sized,
        objects: list[range],
        done: list[Did],
        chosen: Sequence[Sequence[_Event]],
    ) -> None:
        self.program, self.done, self.chosen = program, done, chosen
        nodes = [Node("W", -1, str(n), None) for n in range(len(objects))]
        self.reads: dict[Place, int] = {}
        self.writes: dict[Place, int] = {}
        owner: list[Place | None] = [None] * len(nodes)
        rmw = []
        for did in done:
            step = did.step
            location = None if step.kind == "fence" else str(object_of(objects, step))
            order = None if step.kind in PLAIN else step.order
            if did.written is None and step.kind == "cas":
                order = step.failure
            if step.kind == "fence":
                nodes.append(Node("F", did.place[0], None, order))
                owner.append(did.place)
            if did.read is not None:
                self.reads[did.place] = len(nodes)
                nodes.append(Node("R", did.place[0], location, order))
                owner.append(did.place)
            if did.written is not None:
                self.writes[did.place] = len(nodes)
                nodes.append(Node("W", did.place[0], location, order))
                owner.append(did.place)
            if did.read is not None and did.written is not None:
                rmw.append((self.reads[did.place], self.writes[did.place]))
        self.owner, size = owner, len(nodes)
        sb = self._sequenced()
        rf, rb, mo, carried = self._communication(objects)
        self.execution = _SizedExecution(
            tuple(nodes), from_pairs(size, sb), from_pairs(size, rf), from_pairs(size, mo),
            from_pairs(size, rmw),
        )  # fmt: skip
        object.__setattr__(self.execution, "before", from_pairs(size, rb))
        object.__setattr__(self.execution, "older", from_pairs(size, self._older()))
        self.carried = from_pairs(size, carried)

    def _sequenced(self) -> list[tuple[int, int]]:
        """The beginning before all, a thread's own steps, main's last ones after all others."""
        last = len(self.program.threads)
        return [
            (i, j)
            for i, a in enumerate(self.owner)
            for j, b in enumerate(self.owner)
            if b is not None
            and (
                a is None
                or (a[0] == b[0] and (a[1], i) < (b[1], j))
                or (b[0] == last and a[0] < last)
            )
        ]

    def _communication(self, objects: list[range]) -> tuple[Pairs, Pairs, Pairs, Pairs]:
        """``rf``, ``rb``, ``mo``; from each write to a part its predecessor in mo."""
        rf: Pairs = []
        rb: Pairs = []
        mo: Pairs = []
        carried: Pairs = []
        position: dict[Place, int] = {}
        for number, order in enumerate(self.chosen):
            chain = [number, *(self.writes[event.place] for event in order)]
            mo += [(a, b) for i, a in enumerate(chain) for b in chain[i + 1 :]]
            for i, event in enumerate(order):
                position[event.place] = i + 1
                is_part = len(event.step.bytes) < len(objects[number])
                if is_part and event.step.kind not in PLAIN:
                    carried.append((chain[i], chain[i + 1]))
        for did in self.done:
            if did.read is None:
                continue
            number = object_of(objects, did.step)
            reader = self.reads[did.place]
            for source in set(did.sources):
                rf.append((number if source == BEGIN else self.writes[source], reader))
            if did.written is not None:
                place = position[did.place] - 1
            else:
                place = max(position.get(source, 0) for source in did.sources)
            for event in self.chosen[number][place:]:
                if overlap(event.step, did.step):
                    rb.append((reader, self.writes[event.place]))
        return rf, rb, mo, carried

    def _older(self) -> Iterator[tuple[int, int]]:
        position = {
            event.place: i for order in self.chosen for i, event in enumerate(order)
        }
        for a in self.done:
            for b in self.done:
                if a.read is None or b.read is None or a is b:
                    continue
                for at in set(a.step.bytes) & set(b.step.bytes):
                    first = position.get(a.sources[at - a.step.bytes[0]], -1)
                    if first < position.get(b.sources[at - b.step.bytes[0]], -1):
                        yield self.reads[a.place], self.reads[b.place]

    def races(self) -> bool:
        """Whether two accesses do, one of them plain."""
        if not any(did.step.kind in PLAIN for did in self.done):
            return False
        hb = Rc11(self.execution).hb
        pairs = [
            (i, j)
            for i, a in enumerate(self.done)
            for j, b in enumerate(self.done)
            if (self._first(a), self._first(b)) in hb
        ]
        return any_race(self.done, from_pairs(len(self.done), pairs))

    def _first(self, did: Did) -> int:
        return self.owner.index(did.place)

    def carries_acyclically(self) -> bool:
        """Whether no write to a part comes in mo before what depends on it."""
        return (self.execution.sb | self.execution.rf | self.carried).is_acyclic()
