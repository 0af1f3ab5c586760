"""``python -m tests.oracle.turned FIRST [LAST] [--clang] [--kind=K]``: drawn programs, turned."""

from __future__ import annotations

import sys

from .campaign import BATCH, Turned, judge

words = [word for word in sys.argv[1:] if not word.startswith("--")]
kind = next((w[7:] for w in sys.argv[1:] if w.startswith("--kind=")), "")
compiler = "clang" if "--clang" in sys.argv else "gcc"
first, last = int(words[0]), int(words[-1])
total = Turned()
for start in range(first, last + 1, BATCH):
    shown = len(total.differences)
    judge(range(start, min(start + BATCH, last + 1)), compiler, kind, total)
    for text in total.differences[shown:]:
        print(text)  # noqa: T201  a command prints
    print(f"{first} to {min(start + BATCH - 1, last)}: {total}", flush=True)  # noqa: T201
