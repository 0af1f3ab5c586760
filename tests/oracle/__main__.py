"""Count, or with ``-v`` print, the graphs of a program given as text.

``python -m tests.oracle [-v MODEL] 'x.store(1, rlx); a = y.load(rlx) || ...'``
"""

from __future__ import annotations

import sys

from .enumerate import consistent_graphs
from .program import parse

arguments = sys.argv[1:]
shown = arguments[1] if arguments[0] == "-v" else None
found = consistent_graphs(parse(arguments[-1]))
for number, graph in enumerate(sorted(found.get(shown or "", ()), key=str), 1):
    print(f"{shown} graph {number}\n{graph}")  # noqa: T201  a command prints
print({model: len(graphs) for model, graphs in found.items()})  # noqa: T201
