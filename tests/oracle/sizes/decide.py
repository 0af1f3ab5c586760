"""What a program may do, by brute force: its graphs under each model, and whether it races.

sc, tso   every interleaving of the steps over plain memory, under tso with a store buffer for
          each thread. Each byte of memory remembers who wrote it: so each gives a graph.
rc11      every order of all writes to overlapping bytes, every place in it for each read (a
          read sees the bytes as of one place); the axioms of ``tests.oracle.rc11`` choose
          among them, with a read that reads from each write whose bytes it gets.

Objects are the widest accesses; what overlaps lies in one object. A graph of rc11 in which a
write to a part comes, in the order of the writes, before what it depends on is one that the
explorer cannot build: ``refused`` says that there is such a graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from .answer import Answer, TooBigError, all_steps, object_of, objects_of
from .axioms import axiomatic
from .interleaved import interleaved
from .program import PLAIN, Sized, Step

Search = Callable[[Sized, list[range]], Answer]
MODELS = ("rc11", "tso", "sc")


def decide(program: Sized) -> dict[str, Answer]:
    """The program under each model.

    Raises
    ------
    TooBigError
        If that takes too long.
    """
    searches: tuple[Search, ...] = (
        axiomatic,
        partial(interleaved, buffers=True),
        partial(interleaved, buffers=False),
    )
    return {
        model: _settled(program, search)
        for model, search in zip(MODELS, searches, strict=True)
    }


def _settled(program: Sized, search: Search) -> Answer:
    """An access that no execution makes tells nobody how wide an object is."""
    steps = dict(all_steps(program))
    made = set(steps)
    for _ in range(3):
        objects = objects_of(steps[place] for place in made)
        _check(steps.values(), objects)
        answer = search(program, objects)
        if objects_of(steps[place] for place in answer.made) == objects:
            return answer
        made = answer.made
    raise TooBigError


def _check(steps: Iterable[Step], objects: list[range]) -> None:
    for step in steps:
        if step.kind in PLAIN:
            number = object_of(objects, step)
            if number < 0 or not set(step.bytes) <= set(objects[number]):
                raise TooBigError  # no object's alone: whole programs are drawn elsewhere
