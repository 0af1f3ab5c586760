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

from .answer import Answer, TooBigError, all_steps, object_of, objects_of
from .axioms import axiomatic
from .interleaved import interleaved
from .program import PLAIN, Sized

MODELS = ("rc11", "tso", "sc")


def decide(program: Sized) -> dict[str, Answer]:
    """The program under each model.

    Raises
    ------
    TooBigError
        If that takes too long.
    """
    objects = objects_of(program)
    for step in all_steps(program):
        if step.kind in PLAIN:
            number = object_of(objects, step)
            if number < 0 or not set(step.bytes) <= set(objects[number]):
                raise TooBigError  # no object's alone: whole programs are drawn elsewhere
    return {
        "sc": interleaved(program, objects, buffers=False),
        "tso": interleaved(program, objects, buffers=True),
        "rc11": axiomatic(program, objects),
    }
