"""How the time of one execution grows with the program: accesses, fences, plain accesses, threads.

``python -m benchmarks.growth``. The programs (``growing.c``) have the same executions at every
length, so what grows is the cost of one. Microseconds of processor time, the least of several
runs, start-up taken off; the last column is the growth from the row before over that of the
length: 1 is linear, 2 square.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.explore import run
from heald.building.build import EXPLORED
from heald.building.build import compile as compile_c

LENGTHS = (16, 32, 64, 125, 250)
STEPS = {"accesses": 0, "seq_cst fences": 1, "plain accesses": 2, "threads": 3}
THREADS = (4, 5, 6, 7, 8)
AGAIN = 7


@dataclass(frozen=True)
class Grown:
    """One length: executions, microseconds and nanoseconds a step of each, and the exponent."""

    kind: str
    length: int
    executions: int
    each_us: float
    step_ns: float
    exponent: float | None


def measure(kind: str) -> Iterator[Grown]:
    """Measure one kind at every length."""
    before: Grown | None = None
    for length in THREADS if kind == "threads" else LENGTHS:
        program = compile_c(
            [Path(__file__).with_name("growing.c")],
            flavour=EXPLORED,
            cflags=[f"-DSTEPS={STEPS[kind]}", f"-DLENGTH={length}"],
        )
        runs = [run(program, "--model", "rc11", "--budget=20") for _ in range(AGAIN)]
        best = min(runs, key=lambda one: one.seconds)
        each = best.seconds / best.executions * 1e6
        exponent = None
        if before is not None:
            grown = math.log(length / before.length)
            exponent = math.log(each / before.each_us) / grown
        before = Grown(
            kind,
            length,
            best.executions,
            each,
            best.seconds / best.steps * 1e9,
            exponent,
        )
        yield before


def main() -> None:
    """Print the table."""
    print(
        f"{'what grows':15}{'length':>7}{'executions':>12}{'us each':>9}{'ns/step':>9}{'power':>7}"
    )
    for kind in STEPS:
        for each in measure(kind):
            power = "" if each.exponent is None else f"{each.exponent:.2f}"
            print(
                f"{kind:15}{each.length:>7}{each.executions:>12,}"
                f"{each.each_us:>9.2f}{each.step_ns:>9.0f}{power:>7}",
                flush=True,
            )


if __name__ == "__main__":
    main()
