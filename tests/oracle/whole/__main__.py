"""Judge drawn programs: ``python -m tests.oracle.whole FIRST [LAST] [options]``.

Options are ``--show --clang --kind=K --states=N --more=N``.

Prints each seed whose program the explorer answers otherwise, with the smallest such program as C.
With ``--show``, also the program of FIRST. Of ``K``, one of ``drawn.KINDS``, each program has more.
Programs of more than so many states are left out; ``--more`` are accesses beyond the usual.
``CFLAGS`` is heard: ``CFLAGS=-O0`` asks of code that is not optimised.
"""

from __future__ import annotations

import sys

from .campaign import MOST_STATES, Judged, judge
from .drawn import drawn
from .printer import to_c

CHUNK = 100

words = [word for word in sys.argv[1:] if not word.startswith("--")]
more = int(next((w[7:] for w in sys.argv if w.startswith("--more=")), 0))
kind = next((w[7:] for w in sys.argv[1:] if w.startswith("--kind=")), "")
first, last = int(words[0]), int(words[-1])
if "--show" in sys.argv:
    print(to_c([drawn(first, kind, more)]))  # noqa: T201  a command prints
states = int(next((w[9:] for w in sys.argv if w.startswith("--states=")), MOST_STATES))
compiler = "clang" if "--clang" in sys.argv else "gcc"
sums = Judged()
for start in range(first, last + 1, CHUNK):
    judged = judge(
        range(start, min(start + CHUNK, last + 1)), compiler, kind, states, more
    )
    for text in judged.differences:
        print(text)  # noqa: T201
    sums.add(judged)
    print(f"{first} to {min(start + CHUNK - 1, last)}: {sums}", flush=True)  # noqa: T201
