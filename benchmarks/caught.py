"""What does it cost to survive a parser's fault? Nanoseconds a call, by the harness's own code.

``python -m benchmarks.caught`` calls a parser of one load bare, through the harness, and so
that it reads the byte after its input every time; each fault must come back with that byte's
exact address, or the program ends with an error (``caught.c``).
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
from collections import defaultdict
from pathlib import Path

from heald.building.build import compile as compile_c
from heald.building.engine import engine_include, engine_sources

SOURCE = Path(__file__).with_name("caught.c")


def measure(calls: int) -> dict[str, list[float]]:
    """Return ns per call of each way, one entry a round."""
    parse = engine_sources() / "parse"
    program = compile_c(
        [SOURCE, parse / "arena.c", parse / "fault.c"],
        kind="executable",
        cflags=["-D_GNU_SOURCE", f"-I{engine_include()}"],
    )
    ran = subprocess.run(
        [str(program), str(calls)], check=True, stdout=subprocess.PIPE, text=True
    )
    found = defaultdict(list)
    for line in ran.stdout.splitlines():
        way, spent = line.split()
        found[way].append(float(spent))
    return dict(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=1_000_000)
    found = measure(parser.parse_args().calls)
    medians = {way: statistics.median(spent) for way, spent in found.items()}
    print(f"a call alone            {medians['bare']:9.1f} ns")
    print(f"through the harness     {medians['captured']:9.1f} ns")
    print(f"with a fault, caught    {medians['fault']:9.1f} ns, at its exact byte")


if __name__ == "__main__":
    main()
