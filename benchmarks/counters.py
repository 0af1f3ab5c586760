"""Atomics or mutex, backoff or not? Nanoseconds per increment, on this machine.

``python -m benchmarks.counters`` measures eight ways to count with 1, 2, 4 and 8 threads in
one interleaved run (``counters.c``), prints medians and the medians of the ratios to a
relaxed ``fetch_add``, and draws a picture. A ratio compares measurements of one round, so
what slows a whole round down does not count.

What is measured is throughput. A loop that yields after a failure looks good by it, for the
other threads then count undisturbed for a while; its own next increment comes late.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heald.building.build import compile as compile_c

SOURCE = Path(__file__).with_name("counters.c")
REFERENCE = "relaxed"
WAYS = {
    "plain": "plain ++ (wrong)",
    "relaxed": "fetch_add relaxed",
    "seq_cst": "fetch_add seq_cst",
    "cas": "CAS loop",
    "cas-yield": "CAS loop, yield",
    "cas-backoff": "CAS loop, backoff",
    "mutex": "mutex",
    "per-thread": "per thread, summed",
}

Cell = tuple[str, int]
"""A way and a number of threads."""


@dataclass(frozen=True)
class Measured:
    """One measurement: nanoseconds per increment, and the share of increments kept."""

    ns: float
    kept: float


def measure(
    threads: Sequence[int], *, rounds: int, target_ms: int, seed: int
) -> dict[Cell, list[Measured]]:
    """Run the C program; a list per cell, in the order of the rounds."""
    program = compile_c([SOURCE], kind="executable", ldflags=["-pthread"])
    command = [program, rounds, target_ms, seed, *threads]
    ran = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE)
    cells = defaultdict(list)
    for line in ran.stdout.decode().splitlines():
        _, way, count, ns, kept = line.split()
        cells[way, int(count)].append(Measured(float(ns), float(kept)))
    return dict(cells)


def medians(cells: Mapping[Cell, Sequence[Measured]]) -> dict[Cell, float]:
    """Nanoseconds per increment."""
    return {cell: statistics.median(m.ns for m in found) for cell, found in cells.items()}


def ratios(cells: Mapping[Cell, Sequence[Measured]]) -> dict[Cell, float]:
    """Medians of the ratios to the reference with as many threads, round by round."""
    found = {}
    for (way, threads), measured in cells.items():
        reference = cells[REFERENCE, threads]
        pairs = zip(measured, reference, strict=True)
        found[way, threads] = statistics.median(m.ns / r.ns for m, r in pairs)
    return found


def table(
    title: str, values: Mapping[Cell, float], threads: Sequence[int], form: str
) -> str:
    """One row per way, one column per number of threads."""
    lines = [f"{title:22}" + "".join(f"{count:>9}" for count in threads)]
    for way, label in WAYS.items():
        row = "".join(f"{values[way, count]:>9{form}}" for count in threads)
        lines.append(f"  {label:20}{row}")
    return "\n".join(lines)


def rule_of_thumb(values: Mapping[Cell, float], threads: Sequence[int]) -> str:
    """Answer the questions of the title with this machine's numbers."""
    lines = []
    for count in threads:
        loops = {w: values[w, count] for w in ("cas", "cas-yield", "cas-backoff")}
        best = min(loops, key=lambda way: loops[way])
        add, mutex = values["relaxed", count], values["mutex", count]
        cheaper = "atomic" if add < mutex else "mutex"
        lines.append(
            f"{count} threads: {cheaper} (fetch_add {add:.1f} ns, mutex {mutex:.1f} ns, "
            f"per thread {values['per-thread', count]:.2f} ns); "
            f"of the CAS loops {WAYS[best]} ({loops[best]:.1f} ns)"
        )
    return "\n".join(lines)


def draw(values: Mapping[Cell, float], threads: Sequence[int], picture: Path) -> None:
    """Draw nanoseconds per increment over threads, both axes logarithmic."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["svg.hashsalt"] = "heald"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for way, label in WAYS.items():
        style = "--" if way == "plain" else "-"
        axes.plot(
            threads, [values[way, n] for n in threads], style, marker="o", label=label
        )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(list(threads), [str(count) for count in threads])
    axes.set_xlabel("threads")
    axes.set_ylabel("ns per increment (all threads together)")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--target-ms", type=int, default=10, help="per measurement")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture", type=Path, default=Path(".heald/counters.svg"))
    options = parser.parse_args()

    cells = measure(
        options.threads,
        rounds=options.rounds,
        target_ms=options.target_ms,
        seed=options.seed,
    )
    values = medians(cells)
    kept = {c: 100 * statistics.median(m.kept for m in f) for c, f in cells.items()}
    print(f"{options.rounds} rounds, one interleaved run; medians")
    print(table("ns per increment", values, options.threads, ".2f"), end="\n\n")
    print(
        table(f"ratio to {REFERENCE}", ratios(cells), options.threads, ".2f"), end="\n\n"
    )
    lost = ", ".join(f"{100 - kept['plain', n]:.0f} %" for n in options.threads)
    print(f"plain ++ lost {lost} of its increments\n")
    print(rule_of_thumb(values, options.threads))
    try:
        draw(values, options.threads, options.picture)
        print(f"picture: {options.picture}")
    except ModuleNotFoundError:
        print("no picture: matplotlib is not installed (pip install matplotlib)")


if __name__ == "__main__":
    main()
