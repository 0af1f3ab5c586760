"""sc and tso: every interleaving over plain memory, under tso with store buffers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.oracle.program import Order
from tests.oracle.relation import from_pairs

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
from .program import PLAIN, READS, UPDATES, Sized, Step

MOST_STATES = 8_000
Buffer = tuple[tuple[Place, Step, int], ...]
Orders = tuple[
    tuple[Place, ...], ...
]  # of the writes to each object, as they reach memory


@dataclass(frozen=True)
class _State:
    memory: bytes
    writers: tuple[Place, ...]
    at: tuple[int, ...]
    buffers: tuple[Buffer, ...]
    log: tuple[tuple[Did, ...], ...]
    order: Orders


def interleaved(program: Sized, objects: list[range], *, buffers: bool) -> Answer:
    count = len(program.threads)
    size = len(program.initial)
    start = _State(
        program.initial, (BEGIN,) * size, (0,) * count, ((),) * count, ((),) * count,
        ((),) * len(objects),
    )  # fmt: skip
    answer = Answer()
    stack, seen = [start], {start}
    while stack:
        state = stack.pop()
        following = list(_steps_of(program, objects, state, buffers=buffers))
        if not following:
            _ended(program, objects, state, answer)
        for after in following:
            if after not in seen:
                seen.add(after)
                stack.append(after)
        if len(seen) > MOST_STATES:
            raise TooBigError
    return answer


def _with(items: tuple, at: int, value: object) -> tuple:  # type: ignore[type-arg]
    return (*items[:at], value, *items[at + 1 :])


def _steps_of(
    program: Sized, objects: list[range], state: _State, *, buffers: bool
) -> Iterator[_State]:
    for thread, steps in enumerate(program.threads):
        if state.buffers[thread]:
            yield _flushed(objects, state, thread)
        if state.at[thread] < len(steps):
            after = _stepped(objects, state, thread, steps[state.at[thread]], buffers)
            if after:
                yield after


def _flushed(objects: list[range], state: _State, thread: int) -> _State:
    (place, step, value), *rest = state.buffers[thread]
    return _State(
        stored(state.memory, step, value), owned(state.writers, step, place), state.at,
        _with(state.buffers, thread, tuple(rest)), state.log,
        _ordered(objects, state.order, step, place),
    )  # fmt: skip


def _ordered(objects: list[range], order: Orders, step: Step, place: Place) -> Orders:
    number = object_of(objects, step)
    return order if number < 0 else _with(order, number, (*order[number], place))


def _seen(
    state: _State, thread: int, step: Step
) -> tuple[bytes, tuple[Place, ...]] | None:
    """Memory as the thread sees it; None: a store of its own must be in memory first."""
    memory, writers = state.memory, state.writers
    for place, own, value in reversed(state.buffers[thread]):
        if overlap(own, step):
            if not set(step.bytes) <= set(own.bytes):
                return None
            return stored(memory, own, value), owned(writers, own, place)
    return memory, writers


def _stepped(
    objects: list[range], state: _State, thread: int, step: Step, buffers: bool
) -> _State | None:
    index, log, buffer = state.at[thread], state.log[thread], state.buffers[thread]
    place = (thread, index)
    at = _with(state.at, thread, index + 1)
    read = {did.place[1]: did.read for did in log if did.read is not None}
    if not is_made(step, read):
        return replace(state, at=at)
    drains = step.kind in UPDATES or (
        step.order is Order.SC and step.kind in ("store", "fence")
    )
    if drains and buffer and step.kind != "store":
        return None
    if step.kind == "fence":
        return replace(state, at=at)
    seen = _seen(state, thread, step) if step.kind in READS else (b"", ())
    if not seen:
        return None
    memory, writers = seen
    found = number_at(memory, step) if step.kind in READS else None
    sources = tuple(writers[i] for i in step.bytes) if step.kind in READS else ()
    written = None
    if step.kind not in ("load", "read") and not (
        step.kind == "cas" and found != step.expected
    ):
        written = step.written(found or 0)
    did = Did(place, step, found, written, sources)
    logs = _with(state.log, thread, (*log, did))
    if written is None:
        return replace(state, at=at, log=logs)
    if buffers and step.kind in ("store", "write"):
        if drains:  # a store and a fence behind it: nothing may come between
            if buffer:
                return None
        else:
            later = _with(state.buffers, thread, (*buffer, (place, step, written)))
            return replace(state, at=at, buffers=later, log=logs)
    return _State(
        stored(state.memory, step, written), owned(state.writers, step, place), at,
        state.buffers, logs, _ordered(objects, state.order, step, place),
    )  # fmt: skip


def _ended(program: Sized, objects: list[range], state: _State, answer: Answer) -> None:
    done = [did for log in state.log for did in log]
    read: dict[int, int] = {}
    for index, step in enumerate(program.after):
        if not is_made(step, read):
            continue
        read[index] = number_at(state.memory, step)
        sources = tuple(state.writers[i] for i in step.bytes)
        done.append(Did((len(program.threads), index), step, read[index], None, sources))
    answer.graphs.add(shown(done, state.order))
    answer.made |= {did.place for did in done}
    if not answer.races:
        answer.races = _races_strongly(program, done)


def _races_strongly(program: Sized, done: Sequence[Did]) -> bool:
    """Under sc and tso every atomic read synchronises with the writes whose bytes it gets."""
    if not any(did.step.kind in PLAIN for did in done):
        return False
    number = {did.place: i for i, did in enumerate(done)}
    pairs = _sequenced(program, [did.place for did in done])
    for did in done:
        if did.step.kind in PLAIN:
            continue
        for source in did.sources:
            if source != BEGIN and done[number[source]].step.kind not in PLAIN:
                pairs.append((number[source], number[did.place]))
    return any_race(done, from_pairs(len(done), pairs).plus())


def _sequenced(program: Sized, places: Sequence[Place]) -> list[tuple[int, int]]:
    """Of one thread in its order, and main after all others."""
    last = len(program.threads)
    return [
        (i, j)
        for i, a in enumerate(places)
        for j, b in enumerate(places)
        if (a[0] == b[0] and a[1] < b[1]) or (b[0] == last and a[0] < last)
    ]
