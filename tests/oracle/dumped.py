"""What the explorer says of a program when it is asked for every execution: lines, and graphs.

It prints its own lines on standard error and each complete execution on standard output; where
it begins anew, what came before counts no more.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Dumped(Generic[Shown]):
    """The lines of one search, and how often each execution came."""

    lines: list[dict[str, Any]]
    graphs: Counter[Shown]

    @property
    def failures(self) -> list[dict[str, Any]]:
        """The lines of failures."""
        return [line for line in self.lines if line["type"] == "failure"]

    @property
    def kinds(self) -> list[str]:
        """Their kinds."""
        return [line["kind"] for line in self.failures]

    @property
    def exhausted(self) -> bool:
        """Whether that was all."""
        return bool(self.lines[-1].get("exhausted"))


def dumped(
    command: Sequence[str], shown: Callable[[dict[str, Any]], Shown]
) -> Dumped[Shown]:
    """Run a search with ``--dump -``; ``shown`` is what is looked at of an execution.

    Raises
    ------
    AssertionError
        If the engine dies.
    """
    done = subprocess.run([*command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"engine: {done.returncode} {done.stderr[-400:]}"
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    graphs: Counter[Shown] = Counter()
    for line in done.stdout.splitlines():
        graph = json.loads(line)
        if "anew" in graph:
            graphs.clear()
        else:
            graphs[shown(graph)] += 1
    return Dumped(lines, graphs)
