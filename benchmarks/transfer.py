"""When does zero-copy pay? GB/s, CPU seconds per GB and system calls, on this machine.

``python -m benchmarks.transfer`` runs every transfer method, the bare system calls and memcpy
in one interleaved run (``transfer.c``), prints medians, and draws a picture. What the subjects'
care costs beside the bare call is less than these medians can tell: see ``paired.py``; what is
copied on the way, ``copies.py``.
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
from heald.faults import Case, Host, Sink, Source
from subjects.transfer import FOLDER, SOUND

SOURCE = Path(__file__).with_name("transfer.c")
LINKED = (
    *("sendfile", "splice", "read_write", "mmap_write", "best", "event", "zerocopy"),
    *("copy_range", "uring", "send_zc"),
)
#: Sinks for which calls are counted.
COUNTED = frozenset({Sink.FILE, Sink.PIPE, Sink.TCP})

Cell = tuple[str, str, int]
"""Method, sink, bytes."""


@dataclass(frozen=True)
class Measured:
    """One transfer: nanoseconds of wall clock, and of processor time at both ends."""

    wall: int
    sender: int
    receiver: int


def measure(sizes: Sequence[int], *, rounds: int) -> dict[Cell, list[Measured]]:
    """Run the C program; a list per cell, in the order of the rounds."""
    sources = [SOURCE, *(FOLDER / f"{name}_all.c" for name in LINKED)]
    program = compile_c(
        sources, kind="executable", cflags=["-D_GNU_SOURCE"], ldflags=["-pthread"]
    )
    command = [str(program), str(rounds), *map(str, sizes)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    cells = defaultdict(list)
    for line in ran.stdout.splitlines():
        method, sink, size, *numbers = line.split()
        cells[method, sink, int(size)].append(Measured(*map(int, numbers)))
    return dict(cells)


def gigabytes_a_second(cells: Mapping[Cell, Sequence[Measured]]) -> dict[Cell, float]:
    """Median over the rounds."""
    return {
        cell: statistics.median(cell[2] / m.wall for m in found)
        for cell, found in cells.items()
    }


def cpu_a_gigabyte(cells: Mapping[Cell, Sequence[Measured]]) -> dict[Cell, float]:
    """CPU seconds of both ends per GB moved, median over the rounds."""
    return {
        cell: statistics.median((m.sender + m.receiver) / cell[2] for m in found)
        for cell, found in cells.items()
    }


def calls_a_transfer(size: int) -> dict[tuple[str, str], int]:
    """System calls that move bytes or wait, by subject and sink, for one file of `size` bytes.

    Those of io_uring are in its ring, where nothing counts them; tee has no file.
    """
    found = {}
    for subject in SOUND:
        contract = subject.contract
        if not contract.scripted or Source.FILE not in contract.sources:
            continue
        for sink in sorted(contract.sinks & COUNTED):
            nonblocking = contract.nonblocking and sink.is_stream
            case = Case(
                size=size, count=size, sink=sink, peer=True, nonblock_out=nonblocking
            )
            with Host(subject, deadline_s=60) as host:
                result = host.run_one(case).result
            if result is not None and result.result == 0:
                found[subject.name, sink.name.lower()] = result.calls + result.waits
    return found


def calls_table(calls: Mapping[tuple[str, str], int]) -> str:
    """One row per subject, one column per sink."""
    sinks = list(dict.fromkeys(sink for _, sink in calls))
    lines = [" " * 14 + "".join(f"{sink:>10}" for sink in sinks)]
    for name in dict.fromkeys(name for name, _ in calls):
        cells = [calls.get((name, sink)) for sink in sinks]
        row = "".join(f"{'' if cell is None else f'{cell:,}':>10}" for cell in cells)
        lines.append(f"  {name:12}{row}")
    return "\n".join(lines)


def label(size: int) -> str:
    """Write bytes as people do."""
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def table(title: str, values: Mapping[Cell, float], sizes: Sequence[int]) -> str:
    """One row per sink and method, one column per size."""
    rows = dict.fromkeys((sink, method) for method, sink, _ in values)
    lines = [f"{title:24}" + "".join(f"{label(size):>10}" for size in sizes)]
    for sink, method in sorted(rows):
        row = "".join(f"{values[method, sink, size]:>10.2f}" for size in sizes)
        lines.append(f"  {sink:7}{method:15}{row}")
    return "\n".join(lines)


def draw(values: Mapping[Cell, float], sizes: Sequence[int], picture: Path) -> None:
    """Draw GB/s over sizes for the TCP sink, with memcpy as the limit."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["svg.hashsalt"] = "heald"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for method, sink in dict.fromkeys((method, sink) for method, sink, _ in values):
        if sink == "file":
            continue
        style = "--" if method.startswith("bare") or sink == "memory" else "-"
        points = [values[method, sink, size] for size in sizes]
        axes.plot(sizes, points, style, marker="o", label=method)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(list(sizes), [label(size) for size in sizes])
    axes.set_xlabel("bytes of one transfer")
    axes.set_ylabel("GB/s over loopback TCP")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sizes = [4096, 65536, 1 << 20, 1 << 26]
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes, help="bytes")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--picture", type=Path, default=Path(".heald/transfer.svg"))
    options = parser.parse_args()

    cells = measure(options.sizes, rounds=options.rounds)
    speed = gigabytes_a_second(cells)
    print(f"{options.rounds} rounds, one interleaved run; medians")
    print(table("GB/s", speed, options.sizes), end="\n\n")
    print(
        table("CPU s per GB, both ends", cpu_a_gigabyte(cells), options.sizes), end="\n\n"
    )
    largest = max(options.sizes)
    print(f"moving and waiting system calls for {label(largest)}")
    print(calls_table(calls_a_transfer(largest)))
    try:
        draw(speed, options.sizes, options.picture)
        print(f"picture: {options.picture}")
    except ModuleNotFoundError:
        print("no picture: matplotlib is not installed (pip install matplotlib)")


if __name__ == "__main__":
    main()
