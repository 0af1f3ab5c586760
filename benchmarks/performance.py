"""Measure what docs/performance.md shows, and write it: ``python -m benchmarks.performance``.

Takes three to eight minutes. The page is ``performance_page.md`` with tables put in, and is
written whole: change that file, not the page.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks import explore, growth, histories
from heald.topology import this_machine
from tests.programs.reference import COUNTED, SAMPLED

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
LARGEST, SAMPLES = 50_000, 100_000
STARTS = 15
TEXT = Path(__file__).with_name("performance_page.md")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of Markdown: the first column is text, the others are numbers."""
    lines = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def exhaustive() -> tuple[str, list[float]]:
    """Return the table of whole searches, and the ratios in it."""
    rows, ratios = [], []
    for counted in COUNTED:
        if counted.rc11 > LARGEST:
            continue
        program = explore.compiled(counted.source, [f"N={counted.n}"])
        once = explore.median_run(program, "--model", "rc11", "--budget=20")
        ratio = explore.times_faster(counted, once)
        ratios += [] if ratio is None else [ratio]
        is_right = once.exhausted and once.executions == counted.rc11
        rows.append(
            (
                counted.name,
                f"{once.executions:,}" + ("" if is_right else " **wrong**"),
                f"{once.executions / once.seconds:,.0f}",
                f"{once.seconds / max(1, once.steps) * 1e9:.0f}",
                f"{once.peak_mib:.0f}",
                f"{counted.per_second:,.0f}" if counted.per_second else "",
                "" if ratio is None else f"{ratio:.1f}",
            )
        )
    head = ("program", "executions", "a second", "ns/event", "MiB", "GenMC", "ratio")
    return table(head, rows), ratios


def growing() -> str:
    """Return the growth curves."""
    head = ("what grows", "length", "executions", "µs each", "ns/step", "power")
    return table(
        head,
        (
            (
                each.kind,
                f"{each.length}",
                f"{each.executions:,}",
                f"{each.each_us:.2f}",
                f"{each.step_ns:.0f}",
                "" if each.exponent is None else f"{each.exponent:.2f}",
            )
            for kind in growth.STEPS
            for each in growth.measure(kind)
        ),
    )


def sampling() -> str:
    """Return the table of random searches."""
    rows = []
    for sampled in SAMPLED:
        program = explore.compiled(sampled.source, sampled.defines)
        once = explore.median_run(
            program, "--search", explore.SAMPLER, "--max-executions", str(SAMPLES)
        )
        rate = SAMPLES / once.seconds
        rows.append(
            (
                sampled.name,
                f"{rate:,.0f}",
                f"{sampled.relacy_per_second:,.0f}",
                f"{rate / sampled.relacy_per_second:.2f}",
                f"{once.seconds / once.steps * 1e9:.0f}",
            )
        )
    return table(("program", "a second", "Relacy", "ratio", "ns/step"), rows)


def linearizing() -> str:
    """Return the table of histories."""
    return table(
        ("history", "calls", "ours", "Porcupine", "ratio"),
        (
            (
                each.name,
                f"{each.calls:,}",
                f"{each.ours:,.0f}",
                f"{each.porcupine:,.0f}" if each.porcupine else "",
                f"{each.ratio:.1f}" if each.ratio else "",
            )
            for each in histories.compare()
        ),
    )


EMPTY_TEST = "def test_nothing(): pass\n"
ONE_TEST = """\
import heald
from hypothesis import strategies as st


class Model:
    def __init__(self):
        self.n = 0

    def add(self, by):
        old, self.n = self.n, self.n + by
        return old


counter = heald.Subject(
    "counter.c",
    state="struct counter",
    init="void counter_init(struct counter *)",
    ops={{"add": heald.op("int counter_add(struct counter *, int by)", by=st.integers(0, 9))}},
    model=Model,
)
test_counter = heald.{kind}(counter, threads=2, ops=2)
"""
COUNTER = """\
#include <stdatomic.h>
struct counter { atomic_int n; };
void counter_init(struct counter *c) { atomic_init(&c->n, 0); }
int counter_add(struct counter *c, int by) { return atomic_fetch_add(&c->n, by); }
"""


def spent_ms(command: Sequence[str], folder: Path) -> float:
    """Return the processor time of a command."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, capture_output=True, check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def starting() -> str:
    """Return what processes take from their start to their end."""
    heald = str(Path(sys.executable).with_name("heald"))
    test = [sys.executable, "-m", "pytest", "-q"]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "heald --version": [heald, "--version"],
        "heald check, a trivial built program": [heald, "check", "trivial.c"],
        "pytest, an empty test": [*test, "test_empty.py"],
        "pytest, one `heald.explored` test": [*test, "test_explored.py"],
        "pytest, one `heald.linearizable` test": [*test, "test_linearizable.py"],
    }
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "trivial.c").write_text("int main(void) { return 0; }\n")
        (folder / "counter.c").write_text(COUNTER)
        (folder / "test_empty.py").write_text(EMPTY_TEST)
        for kind in ("explored", "linearizable"):
            (folder / f"test_{kind}.py").write_text(ONE_TEST.format(kind=kind))
        least = dict.fromkeys(commands, float("inf"))
        for each in range(STARTS + 1):
            for name, command in commands.items():
                spent = spent_ms(command, folder)
                if each:  # the first one builds
                    least[name] = min(least[name], spent)
    return table(("process", "ms"), ((name, f"{ms:.0f}") for name, ms in least.items()))


def commit() -> str:
    """Name the sources."""
    asked = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(
        asked, cwd=PAGE.parent, capture_output=True, text=True, check=False
    )
    return f"commit {done.stdout.strip()}" if done.returncode == 0 else "a release"


def write_page() -> None:
    """Measure everything, then write the page."""

    def told(name: str, measure: Callable[[], str]) -> str:
        print(f"{name} ...", file=sys.stderr, flush=True)
        return measure()

    print("every execution ...", file=sys.stderr, flush=True)
    searched, ratios = exhaustive()
    has_peer = histories.peer() is not None
    text = TEXT.read_text().format(
        machine=this_machine(),
        day=time.strftime("%Y-%m-%d", time.gmtime()),
        commit=commit(),
        exhaustive=searched,
        mean=explore.geometric_mean(ratios),
        lowest=min(ratios),
        growth=told("growth", growing),
        again=growth.AGAIN,
        samples=SAMPLES,
        sampling=told("sampling", sampling),
        histories=told("histories", linearizing),
        porcupine="a map by key in both." if has_peer else "but there was no Go here.",
        repeated=histories.REPEATED,
        starts=STARTS,
        starting=told("starts", starting),
    )
    PAGE.write_text(text)


if __name__ == "__main__":
    write_page()
