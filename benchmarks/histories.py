"""Linearizability beside Porcupine: the same histories, in turn, where Go is installed.

``python -m benchmarks.histories``. Porcupine is fetched and compiled once (``porcupine/``), and
measured inside its own process, without reading the history; our time is that of
``linearize(history, model)`` from Python, with handing the history over to C. A map is checked
by key on both sides. Each history is checked several times, of which the median counts, and
five seeds, of whose ratios the median is shown.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.linearize import CASES, RUNS, in_c, timed
from benchmarks.simulated_history import simulate
from heald import History
from heald.building.cache import cache_directory

SOURCES = Path(__file__).with_name("porcupine")
SIZES = {
    "queue": (60, 200),
    "stack": (60,),
    "map, 20 keys": (200, 2000),
    "counter": (200, 2000),
}
REPEATED = 15


@dataclass(frozen=True)
class Compared:
    """Calls a second of both on one kind of history; 0 where Porcupine gave up or is not there."""

    name: str
    calls: int
    ours: float
    porcupine: float
    ratio: float


@functools.cache
def peer() -> Path | None:
    """Compile Porcupine's side; None where there is no Go, or it cannot be fetched."""
    if not shutil.which("go"):
        return None
    made = cache_directory() / "benchmarks" / "porcupine"
    made.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["go", "build", "-o", str(made), "."],
        cwd=SOURCES,
        env={**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"},
        capture_output=True,
        check=False,
    )
    return made if done.returncode == 0 else None


def as_line(name: str, history: History) -> str:
    """Return a history as the other side reads it."""
    calls = [
        {
            "op": event.call.op,
            "args": event.call.args,
            "result": event.result,
            "called": event.called,
            "return": event.returned,
            "thread": event.thread,
        }
        for event in history.events
    ]
    return json.dumps({"model": name.split(",")[0], "repeat": REPEATED, "calls": calls})


def compare() -> list[Compared]:
    """Measure every kind and size."""
    found = []
    for name, model, draw, _ in CASES:
        for calls in SIZES[name]:
            ours, others = [], []
            for seed in range(RUNS):
                history = simulate(model, draw, threads=8, calls=calls, seed=seed)
                ours.append(
                    statistics.median(
                        timed(lambda: in_c(history, model))  # noqa: B023
                        for _ in range(REPEATED)
                    )
                )
                others.append(_by_porcupine(as_line(name, history)))
            known = [(a, b) for a, b in zip(ours, others, strict=True) if b > 0]
            found.append(
                Compared(
                    name,
                    calls,
                    calls / statistics.median(ours),
                    calls / statistics.median(b for _, b in known) if known else 0.0,
                    statistics.median(b / a for a, b in known) if known else 0.0,
                )
            )
    return found


def _by_porcupine(line: str) -> float:
    """Return the seconds of one check; 0: not there; -1: it gave up."""
    command = peer()
    if command is None:
        return 0.0
    done = subprocess.run(
        [str(command)], input=line, capture_output=True, text=True, check=True
    )
    return int(done.stdout) / 1e9


def main() -> None:
    """Print the table."""
    print(
        f"{'same histories':16}{'calls':>8}{'ours, calls/s':>15}{'Porcupine':>13}{'ratio':>7}"
    )
    for each in compare():
        print(
            f"{each.name:16}{each.calls:8,}{each.ours:15,.0f}{each.porcupine:13,.0f}{each.ratio:7.1f}"
        )


if __name__ == "__main__":
    main()
