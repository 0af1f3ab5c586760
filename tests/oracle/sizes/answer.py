"""What an execution of a program is here, and the form in which executions are compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.oracle.relation import Relation

from .program import PLAIN, Sized, Step

Place = tuple[
    int, int
]  # thread, step; main's first steps are thread -1, its last thread len(threads)
BEGIN: Place = (-1, 0)
PLAINLY: Place = (-2, 0)  # some plain write of a thread


class TooBigError(Exception):
    """There are too many candidates for a brute force."""


@dataclass(frozen=True)
class Shown:
    """A graph as it is compared: per thread what its atomic steps did; the order of the writes.

    A step: (place, value read or None, value written or None, of a read the place of the last
    write among those whose bytes it gets). An order of the writes for each object that has any.
    """

    steps: tuple[tuple[Place | None, int | None, int | None, Place | None], ...]
    mo: tuple[tuple[Place | None, ...], ...]


@dataclass
class Answer:
    """Under one model."""

    graphs: set[Shown] = field(default_factory=set)
    races: bool = False
    refused: bool = False
    made: set[Place] = field(default_factory=set)  # steps that some execution has


@dataclass(frozen=True)
class Did:
    """One step in one execution."""

    place: Place
    step: Step
    read: int | None
    written: int | None
    sources: tuple[Place, ...]  # per byte read


def all_steps(program: Sized) -> Iterator[tuple[Place, Step]]:
    """Each with its place; main's last steps are those of one thread more."""
    for thread, steps in enumerate((*program.threads, program.after)):
        for index, step in enumerate(steps):
            yield (thread, index), step


def objects_of(steps: Iterable[Step]) -> list[range]:
    """The widest atomic accesses."""
    found: list[range] = []
    for step in sorted(steps, key=lambda step: -step.size):
        if step.kind == "fence" or step.kind in PLAIN:
            continue
        if not any(step.bytes[0] in known for known in found):
            found.append(step.bytes)
    return found


def object_of(objects: Sequence[range], step: Step) -> int:
    """The object's number; of a plain access the first that it touches, -1: none."""
    return next(
        (i for i, known in enumerate(objects) if set(known) & set(step.bytes)), -1
    )


def number_at(memory: bytes, step: Step) -> int:
    return int.from_bytes(memory[step.bytes[0] : step.bytes[-1] + 1], "little")


def stored(memory: bytes, step: Step, value: int) -> bytes:
    first, end = step.bytes[0], step.bytes[-1] + 1
    return memory[:first] + value.to_bytes(step.size, "little") + memory[end:]


def is_made(step: Step, read: dict[int, int]) -> bool:
    """Is it made at all?"""
    return step.guard is None or read.get(step.guard[0], 0) == step.guard[1]


def owned(writers: tuple[Place, ...], step: Step, place: Place) -> tuple[Place, ...]:
    return tuple(place if i in step.bytes else old for i, old in enumerate(writers))


def shown(done: Sequence[Did], orders: Sequence[Sequence[Place]]) -> Shown:
    """Places are counted anew: (thread, which of the atomic accesses that it made)."""
    position = {place: i for order in orders for i, place in enumerate(order)}
    atomic = [did for did in sorted(done, key=lambda did: did.place)
              if did.step.kind not in PLAIN and did.step.bytes]  # fmt: skip
    counts: dict[int, int] = {}
    name: dict[Place, Place | None] = {BEGIN: None}
    for did in atomic:
        counts[did.place[0]] = counts.get(did.place[0], -1) + 1
        name[did.place] = (did.place[0], counts[did.place[0]])
    steps = []
    for did in atomic:
        last = None
        if did.written is None:
            last = max(did.sources, key=lambda place: position.get(place, -1))
        source = None if last is None else name.get(last, PLAINLY)
        steps.append(
            (
                name[did.place],
                _signed(did.read, did.step),
                _signed(did.written, did.step),
                source,
            )
        )
    kept = ([name[p] for p in order if p in name] for order in orders)
    return Shown(
        tuple(steps), tuple(sorted((tuple(order) for order in kept if order), key=str))
    )


def _signed(value: int | None, step: Step) -> int | None:
    """As the explorer prints it."""
    if value is None or step.size == 16 or value < 1 << (8 * step.size - 1):
        return value
    return value - (1 << 8 * step.size)


def overlap(a: Step, b: Step) -> bool:
    return bool(set(a.bytes) & set(b.bytes))


def any_race(done: Sequence[Did], before: Relation) -> bool:
    for i, a in enumerate(done):
        for j in range(i):
            b = done[j]
            if a.step.kind not in PLAIN and b.step.kind not in PLAIN:
                continue
            if a.written is None and b.written is None:
                continue
            if overlap(a.step, b.step) and (i, j) not in before and (j, i) not in before:
                return True
    return False
