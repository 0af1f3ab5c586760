"""Measure how fast the explorer is, beside the figures of other checkers.

``python -m benchmarks.explore`` prints four tables and writes nothing:

1. every execution of the counted programs: executions, executions/s, ns per event, peak memory,
   and how many times faster the whole count is done than by GenMC (geometric mean at the end);
2. random executions/s beside Relacy's; a run whose every choice was made before is counted as
   what it was then, not made again, so small programs are far ahead of big ones;
3. the share of random executions that show a known bug, beside the better of Relacy and C11Tester;
4. a trivial program from end to end, with compiling and without.

The reference figures are data in ``tests/programs/reference.py``, from another run on a machine of
this kind: a ratio is good to a factor of two. Each figure is the median of several runs.
Seconds are processor time, as the reference's are: at most what the search took on the clock,
and at most what the process used. The host takes 2 ms around the search; table 4 has all.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from heald.building.build import EXPLORED
from heald.building.build import compile as compile_c
from heald.building.engine import engine_path
from tests.programs.reference import COUNTED, SAMPLED, SHOWN, Counted

PROGRAMS = Path(__file__).parents[1] / "tests" / "programs"
ROUNDS = 3
SAMPLER = "mixed"  # the default of heald check
SAMPLERS = ("mixed", "uniform", "pct", "pos")
SAMPLES = 200_000
LONG_S = 5
TOO_LONG_S = 20  # an exhaustive search that takes longer is shown as cut off


@dataclass(frozen=True)
class Run:
    """One run of the host: its result line, and what the process took."""

    executions: int
    failures: int
    steps: int
    seconds: float
    exhausted: bool
    peak_mib: float


def compiled(source: str, defines: Sequence[str]) -> Path:
    """Compile a program of ``tests/programs`` for the explorer."""
    macros = [f"-D{define}" for define in defines]
    return compile_c([PROGRAMS / f"{source}.c"], flavour=EXPLORED, cflags=["-w", *macros])


def run(program: Path, *options: str) -> Run:
    """Run the host once; a failure of the program does not end the search."""
    command = [str(engine_path("explore")), "--failures", "0", "--leaks", "allow"]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([*command, *options, str(program)], stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        lines = [json.loads(line) for line in output]
    result = next(line for line in lines if line["type"] == "result")
    return Run(
        result["executions"],
        result["failures"],
        result["steps"],
        min(result["seconds"], usage.ru_utime + usage.ru_stime),
        result["exhausted"],
        usage.ru_maxrss / 1024,
    )


def median_run(program: Path, *options: str, rounds: int = ROUNDS) -> Run:
    """Return the run of median seconds; a long one is not repeated."""
    runs = [run(program, *options)]
    while len(runs) < rounds and runs[0].seconds < LONG_S:
        runs.append(run(program, *options))
    return sorted(runs, key=lambda one: one.seconds)[len(runs) // 2]


def exhaustive(largest: int) -> None:
    """Table 1."""
    head = (
        f"{'program':12} {'executions':>10} {'per second':>11} {'ns/event':>8} {'MiB':>5}"
    )
    print(f"{head}  {'reference':>9} {'ratio':>7}")
    ratios = []
    for counted in COUNTED:
        if counted.rc11 > largest:
            continue
        program = compiled(counted.source, [f"N={counted.n}"])
        limit = f"--budget={TOO_LONG_S}"
        once = median_run(program, "--model", "rc11", limit)
        ratio = times_faster(counted, once)
        if ratio is not None:
            ratios.append(ratio)
        print(exhaustive_row(counted, once, ratio), flush=True)
    if ratios:
        print(f"geometric mean {geometric_mean(ratios):.1f}, lowest {min(ratios):.2f}")


def times_faster(counted: Counted, once: Run) -> float | None:
    """Seconds of the reference for its count over ours for the same answer."""
    if counted.per_second is None or not once.exhausted:
        return None
    return counted.rc11 / counted.per_second / once.seconds


def exhaustive_row(counted: Counted, once: Run, ratio: float | None) -> str:
    """One line of table 1."""
    rate = once.executions / once.seconds
    cells = f"{counted.name:12} {once.executions:>10,} {rate:>11,.0f}"
    cells += f" {once.seconds / max(1, once.steps) * 1e9:>8.0f} {once.peak_mib:>5.0f}"
    reference = "" if counted.per_second is None else f"{counted.per_second:,.0f}"
    cells += f"  {reference:>9} {'' if ratio is None else f'{ratio:.1f}':>7}"
    if not once.exhausted:
        return f"{cells}  cut off after {once.seconds:.0f} s"
    if once.executions != counted.rc11:
        return f"{cells}  WRONG COUNT"
    return cells


def sampling(samples: int) -> None:
    """Table 2: a random search makes exactly as many runs as it is asked for."""
    print(
        f"{'program':12} {'per second':>11} {'ns/event':>8}  {'Relacy':>9} {'ratio':>7}"
    )
    ratios = []
    for sampled in SAMPLED:
        program = compiled(sampled.source, sampled.defines)
        once = median_run(program, "--search", SAMPLER, "--max-executions", str(samples))
        rate = samples / once.seconds
        ratios.append(rate / sampled.relacy_per_second)
        print(
            f"{sampled.name:12} {rate:>11,.0f} {once.seconds / once.steps * 1e9:>8.0f}"
            f"  {sampled.relacy_per_second:>9,.0f} {ratios[-1]:>7.2f}"
        )
    print(f"geometric mean {geometric_mean(ratios):.2f}, lowest {min(ratios):.2f}")


def detection(samples: int) -> None:
    """Table 3."""
    print(f"{'bug':12}" + "".join(f" {name:>8}" for name in SAMPLERS) + "  best other")
    for shown in SHOWN:
        program = compiled(f"sampled/{shown.program}", shown.defines)
        rates = []
        for search in SAMPLERS:
            once = run(program, "--search", search, "--max-executions", str(samples))
            rates.append(once.failures / samples)
        cells = " ".join(f"{rate:>8.1%}" for rate in rates)
        below = "" if rates[0] >= shown.best_rate else "  below"
        print(f"{shown.name:12} {cells}  {shown.best_rate:>10.1%}{below}")


def end_to_end() -> None:
    """Table 4."""
    source = PROGRAMS / "sampled" / "lost2.c"
    with tempfile.TemporaryDirectory() as fresh:
        heald = str(Path(sys.executable).with_name("heald"))
        command = [heald, "check", str(source), "--json"]
        built = {**os.environ, "HEALD_CACHE": fresh}
        subprocess.run(command, env=built, capture_output=True, check=True)  # the engine
        host = Path(engine_path("explore"))
        program = compiled("sampled/lost2", ())
        timings: dict[str, Callable[[], object]] = {
            "heald check, built": lambda: subprocess.run(
                command, env=built, capture_output=True, check=True
            ),
            "heald check, with building": lambda: subprocess.run(
                [*command, "--", f"-DUNSEEN={time.time_ns()}"],
                env=built,
                capture_output=True,
                check=True,
            ),
            "the host alone": lambda: subprocess.run(
                [str(host), str(program)], capture_output=True, check=True
            ),
        }
        for name, action in timings.items():
            print(f"{name:27} {median_ms(action):>6.0f} ms")


def median_ms(action: Callable[[], object], rounds: int = 5) -> float:
    """Milliseconds on the wall clock, the median of several runs."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        action()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def geometric_mean(ratios: Sequence[float]) -> float:
    """Return the n-th root of the product."""
    return math.exp(statistics.fmean(map(math.log, ratios)))


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--largest",
        type=int,
        default=200_000,
        help="leave out programs with more executions",
    )
    parser.add_argument(
        "--samples", type=int, default=SAMPLES, help="of each random search"
    )
    parser.add_argument(
        "--only", choices=["exhaustive", "sampling", "detection", "end"], help="one table"
    )
    options = parser.parse_args(arguments)
    tables: dict[str, tuple[str, Callable[[], None]]] = {
        "exhaustive": ("every execution, rc11", lambda: exhaustive(options.largest)),
        "sampling": (f"random search ({SAMPLER})", lambda: sampling(options.samples)),
        "detection": ("executions that show a bug", lambda: detection(options.samples)),
        "end": ("a trivial program from end to end", end_to_end),
    }
    for name, (title, table) in tables.items():
        if options.only in (None, name):
            print(f"-- {title}")
            table()
            print()


if __name__ == "__main__":
    main(sys.argv[1:])
