"""What does the subjects' care cost? 64 MiB against the bare system call, in pairs.

``python -m benchmarks.paired`` runs each subject and its bare call right after one another
(``paired.c``) and prints the median of the ratios of throughput with its 95 % interval. The
interval is that of order statistics: it assumes nothing of how the noise is distributed.
"""

from __future__ import annotations

import argparse
import math
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heald.building.build import compile as compile_c
from subjects.transfer import FOLDER

SOURCE = Path(__file__).with_name("paired.c")
#: Subject and the bare system call that does the same.
PRICED = (("sendfile", "bare_sendfile"), ("splice", "bare_splice"))
SINKS = ("file", "tcp")


@dataclass(frozen=True)
class Interval:
    """A median and the bounds between which the true one lies, 95 times of 100."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        """Write the three as they are read: median [low, high]."""
        return f"{self.median:.4f} [{self.low:.4f}, {self.high:.4f}]"


def median_interval(values: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Return the median with its interval by order statistics.

    Parameters
    ----------
    values
        Independent; six or more for an interval at 0.95.

    Notes
    -----
    A value lies below the true median with probability 1/2, so how many do is binomial. The
    interval goes from the k-th smallest to the k-th largest with the largest k for which less
    than ``(1 - confidence) / 2`` of that distribution lies below k.
    """
    ordered, n = sorted(values), len(values)
    below, k = 0.0, 0
    while True:
        below += math.comb(n, k) / 2**n
        if below > (1 - confidence) / 2:
            break
        k += 1
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    if k == 0:
        return Interval(middle, -math.inf, math.inf)
    return Interval(middle, ordered[k - 1], ordered[n - k])


def measure(rounds: int, size: int) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Return by method and sink (wall ns, sender CPU ns) of each round, in order."""
    program = compile_c(
        [SOURCE, *(FOLDER / f"{subject}_all.c" for subject, _ in PRICED)],
        kind="executable",
        cflags=["-D_GNU_SOURCE"],
        ldflags=["-pthread"],
    )
    ran = subprocess.run(
        [str(program), str(rounds), str(size)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = defaultdict(list)
    for line in ran.stdout.splitlines():
        method, sink, _size, wall, sender, _receiver = line.split()
        found[method, sink].append((int(wall), int(sender)))
    return dict(found)


def ratios(subject: Sequence[int], bare: Sequence[int]) -> list[float]:
    """Return the subject's throughput over the bare call's, pair by pair."""
    return [b / a for a, b in zip(subject, bare, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=150)
    parser.add_argument("--size", type=int, default=1 << 26, help="bytes")
    options = parser.parse_args()

    found = measure(options.rounds, options.size)
    print(f"{options.rounds} pairs of {options.size >> 20} MiB; subject over bare call")
    print(f"{'':17}{'throughput':>27}{'per second of CPU':>27}{'bare GB/s':>11}")
    for subject, bare in PRICED:
        for sink in SINKS:
            mine, base = found[subject, sink], found[bare, sink]
            wall = median_interval(ratios([x[0] for x in mine], [x[0] for x in base]))
            cpu = median_interval(ratios([x[1] for x in mine], [x[1] for x in base]))
            speed = median_interval([options.size / x[0] for x in base]).median
            print(f"{subject:10}{sink:7}{wall!s:>27}{cpu!s:>27}{speed:>11.2f}")


if __name__ == "__main__":
    main()
