"""How many copies does sendfile save? Asked of the pages and of the processor.

``python -m benchmarks.copies`` lets each method move a file into a queue that nobody reads yet,
writes other bytes over the file and then reads the queue: who reads the new bytes reads the
file's own pages, and nothing was copied. Then it measures the processor time of each method
against that of a single copy out of the page cache and a single copy into a pipe
(``copies.c``). Both have to tell the same number.
"""

from __future__ import annotations

import argparse
import subprocess
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.paired import Interval, median_interval
from heald.building.build import compile as compile_c
from subjects.transfer import FOLDER

SOURCE = Path(__file__).with_name("copies.c")
METHODS = ("sendfile", "splice", "best", "vmsplice", "mmap_write", "read_write")
LINKED = (*METHODS, "copy_range")
QUEUES = ("pipe", "unix", "tcp")


@dataclass
class Seen:
    """What one run saw: shares of pages by method and queue, CPU ns per byte by method."""

    shared: dict[tuple[str, str], float] = field(default_factory=dict)
    cost: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def measure(rounds: int, size: int) -> Seen:
    """Run the C program once."""
    program = compile_c(
        [SOURCE, *(FOLDER / f"{name}_all.c" for name in LINKED)],
        kind="executable",
        cflags=["-D_GNU_SOURCE"],
        ldflags=["-pthread"],
    )
    command = [str(program), str(rounds), str(size)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seen = Seen()
    for line in ran.stdout.splitlines():
        kind, method, *rest = line.split()
        if kind == "pages":
            seen.shared[method, rest[0]] = int(rest[1]) / int(rest[2])
        else:
            seen.cost[method].append(int(rest[1]) / int(rest[0]))
    return seen


def copies_saved(cost: Mapping[str, list[float]], method: str) -> Interval:
    """Return how many single copies read and write cost more than `method`, round by round.

    A single copy is the mean of one out of the page cache and one into a pipe.
    """
    rounds = zip(
        cost["read_write"], cost[method], cost["copy_out"], cost["copy_in"], strict=True
    )
    return median_interval(
        [(full - mine) / ((out + into) / 2) for full, mine, out, into in rounds]
    )


def in_copies(cost: Mapping[str, list[float]], method: str) -> Interval:
    """Return the cost of `method` in single copies, round by round."""
    rounds = zip(cost[method], cost["copy_out"], cost["copy_in"], strict=True)
    return median_interval([mine / ((out + into) / 2) for mine, out, into in rounds])


def table(seen: Seen) -> str:
    """One row per method: pages it shares, what it costs, what it saves."""
    lines = [
        f"{'':12}{'pages shared with':^24}{'CPU s/GB':>10}{'in copies':>11}  saved",
        f"{'':12}" + "".join(f"{queue:>8}" for queue in QUEUES),
    ]
    for method in METHODS:
        shares = [seen.shared.get((method, queue)) for queue in QUEUES]
        row = "".join(f"{'-' if s is None else f'{s:.0%}':>8}" for s in shares)
        cost = median_interval(seen.cost[method]).median
        saved = copies_saved(seen.cost, method)
        lines.append(
            f"{method:12}{row}{cost:>10.3f}{in_copies(seen.cost, method).median:>11.2f}"
            f"{saved.median:6.2f} [{saved.low:.2f}, {saved.high:.2f}]"
        )
    for unit, text in (
        ("copy_out", "one copy out of the page cache"),
        ("copy_in", "one copy into a pipe"),
    ):
        cost = median_interval(seen.cost[unit]).median
        lines.append(f"{text:36}{cost:>10.3f}")
    return "\n".join(lines)


def draw(seen: Seen, picture: Path) -> None:
    """Draw what each method costs, with the two single copies stacked beside them."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.fonttype"] = "none"
    mpl.rcParams["svg.hashsalt"] = "heald"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.2), layout="constrained")
    names = [name for name in METHODS if name != "vmsplice"]
    costs = [median_interval(seen.cost[name]).median for name in names]
    shared = [seen.shared[name, "pipe"] > 0.5 for name in names]
    colors = ["tab:green" if each else "tab:red" for each in shared]
    axes.barh(names, costs, color=colors)
    out = median_interval(seen.cost["copy_out"]).median
    into = median_interval(seen.cost["copy_in"]).median
    axes.barh(["two single copies"], [out], color="tab:gray")
    axes.barh(["two single copies"], [into], left=[out], color="lightgray")
    axes.set_xlabel("CPU seconds per GB, file to pipe (green: the file's own pages)")
    axes.invert_yaxis()
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)
    pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=41)
    parser.add_argument("--size", type=int, default=1 << 26, help="bytes")
    parser.add_argument("--picture", type=Path, default=Path(".heald/copies.svg"))
    options = parser.parse_args()

    seen = measure(options.rounds, options.size)
    print(f"{options.rounds} rounds of {options.size >> 20} MiB, file to pipe; medians")
    print(table(seen))
    saved = copies_saved(seen.cost, "sendfile")
    full, own = in_copies(seen.cost, "read_write"), in_copies(seen.cost, "sendfile")
    print(
        f"read and write copy every byte twice and cost {full.median:.2f} copies; sendfile "
        f"copies none (its reader gets the file's pages) and costs {own.median:.2f}: it saves "
        f"2 copies, worth {saved.median:.2f} [{saved.low:.2f}, {saved.high:.2f}] after its own"
    )
    try:
        draw(seen, options.picture)
        print(f"picture: {options.picture}")
    except ModuleNotFoundError:
        print("no picture: matplotlib is not installed (pip install matplotlib)")


if __name__ == "__main__":
    main()
