"""How many scripted transfers a second one processor runs, driven from Python.

``python -m benchmarks.bulk`` runs the bulk cases of every sound subject, each in a worker of its
own, and prints cases a second of processor time (worker and Python together: what one quiet
processor does) and of wall time. What differs between subjects is their own system calls.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

from heald.faults import Host, TransferSubject
from subjects.transfer import SOUND

#: The first cases of a worker open what later ones find open.
WARM_UP = 1000


@dataclass(frozen=True)
class Rate:
    """Cases, what they took, and how many calls the shim saw."""

    cases: int
    cpu_s: float
    wall_s: float
    calls: int
    failed: int


def worker_cpu_s(pid: int) -> float:
    """Return the processor time of a process, to the nanosecond the kernel counts."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def measure(subject: TransferSubject, cases: int, seed: int) -> Rate:
    """Run bulk cases of one subject."""
    with Host(subject) as host:
        host.bulk(seed, WARM_UP)
        pid = host.pid
        begin, cpu = time.monotonic(), worker_cpu_s(pid) + time.process_time()
        report = host.bulk(seed + WARM_UP, cases)
        cpu = worker_cpu_s(pid) + time.process_time() - cpu
        wall = time.monotonic() - begin
    return Rate(cases, cpu, wall, report.calls, report.failed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000, help="of each subject")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    print(f"{'':12}{'cases/s of CPU':>16}{'cases/s':>10}{'calls/case':>12}{'failed':>8}")
    rates = []
    for subject in SOUND:
        if not subject.contract.scripted:
            continue
        rate = measure(subject, options.cases, options.seed)
        rates.append(rate)
        print(
            f"{subject.name:12}{rate.cases / rate.cpu_s:>16,.0f}"
            f"{rate.cases / rate.wall_s:>10,.0f}{rate.calls / rate.cases:>12.2f}"
            f"{rate.failed:>8}"
        )
    cases = sum(rate.cases for rate in rates)
    cpu, wall = sum(rate.cpu_s for rate in rates), sum(rate.wall_s for rate in rates)
    print(f"{'together':12}{cases / cpu:>16,.0f}{cases / wall:>10,.0f}   {cases:,} cases")


if __name__ == "__main__":
    main()
