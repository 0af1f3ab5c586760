"""Judge drawn programs: ``python -m tests.oracle.sizes FIRST [LAST] [options]``.

Options are ``--clang --reordered --show``.

Prints each seed whose program the explorer answers otherwise, with the smallest such program as C.
With ``--reordered`` programs are written with other memory orders, put right by ``--order``.
"""

from __future__ import annotations

import sys

from .campaign import Judged, judge
from .explored import Batch
from .program import drawn
from .reordered import Reordered

CHUNK = 100

words = [word for word in sys.argv[1:] if not word.startswith("--")]
first, last = int(words[0]), int(words[-1])
if "--show" in sys.argv:
    print(drawn(first))  # noqa: T201  a command prints
compiler = "clang" if "--clang" in sys.argv else "gcc"
form = Reordered if "--reordered" in sys.argv else Batch
sums = Judged()
for start in range(first, last + 1, CHUNK):
    end = min(start + CHUNK - 1, last)
    judged = judge(range(start, end + 1), compiler, form)
    for text in judged.differences:
        print(text)  # noqa: T201
    sums.add(judged)
    print(f"{first} to {end}: {sums}", flush=True)  # noqa: T201
