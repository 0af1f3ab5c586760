"""Judge drawn programs: ``python -m tests.oracle.sizes FIRST [LAST] [--clang] [--show]``.

Prints each seed whose program the explorer answers otherwise, with the smallest such program as C.
"""

from __future__ import annotations

import sys

from .campaign import Judged, judge
from .program import drawn

CHUNK = 100

words = [word for word in sys.argv[1:] if not word.startswith("--")]
first, last = int(words[0]), int(words[-1])
if "--show" in sys.argv:
    print(drawn(first))  # noqa: T201  a command prints
compiler = "clang" if "--clang" in sys.argv else "gcc"
sums = Judged()
for start in range(first, last + 1, CHUNK):
    end = min(start + CHUNK - 1, last)
    judged = judge(range(start, end + 1), compiler)
    for text in judged.differences:
        print(text)  # noqa: T201
    sums.add(judged)
    print(f"{first} to {end}: {sums}", flush=True)  # noqa: T201
