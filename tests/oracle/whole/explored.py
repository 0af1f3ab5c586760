"""What the explorer says about whole programs, and how that differs from what is right."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.building import build
from heald.building.engine import engine_path
from tests.oracle.graph import Graph

from . import decide
from .channel_statements import (
    Assume,
    Count,
    EventRead,
    FutexAwait,
    FutexWait,
    FutexWake,
    PipeRead,
    Poll,
)
from .decide import Decision
from .graph import from_dump
from .head import THREADS, WIDTHS
from .printer import to_c
from .program import (
    ATOMIC_ROW,
    ATOMICS,
    FIELDS,
    RECURSIVE,
    STRUCTURES,
    Acquire,
    AddInLoop,
    Await,
    Bounded,
    LookInLoop,
    Repeat,
    RwLocked,
    Spinning,
    TakeInLoop,
    TimedWait,
    Unlock,
    Wait,
    Wake,
    Whole,
)

_MEMBERS = {
    f"{name}+{4 * at}": f"{name}.{field}"
    for name in STRUCTURES
    for at, field in enumerate(FIELDS)
}
_ELEMENTS = {f"{ATOMIC_ROW}+{4 * at}": f"{ATOMIC_ROW}.{at}" for at in range(2)}
NAMES = (
    _MEMBERS
    | _ELEMENTS
    | {f"{name}{end}+0": name for name in ATOMICS for end in WIDTHS.values()}
    | {f"{name}+0": name for name in (f"res{i}" for i in range(THREADS))}
)
PATIENCE_S = 20.0
Ending = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Answer:
    """One search: its own summary, the graphs of all complete executions, the failures."""

    result: dict[str, Any]
    graphs: Counter[Graph]
    failures: tuple[dict[str, Any], ...]

    @property
    def kinds(self) -> set[str]:
        """The kinds of failure."""
        return {failure["kind"] for failure in self.failures}


class Batch:
    """Programs compiled into one file."""

    def __init__(
        self,
        programs: Sequence[Whole],
        folder: Path,
        compiler: str | None = None,
        engine: Path | None = None,
    ) -> None:
        source = folder / "batch.c"
        source.write_text(to_c(programs))
        self.programs = programs
        self.engine = engine or engine_path("explore")
        self.compiled = build.compile(
            [source],
            flavour=build.EXPLORED,
            compiler=compiler,
            cflags=shlex.split(os.environ.get("CFLAGS", "")),
        )

    def ask(self, number: int, model: str, *options: str) -> Answer:
        """Explore one of them.

        Raises
        ------
        AssertionError
            If the engine says that it is wrong, or its program cannot be modelled.
        """
        words = (
            "--model",
            model,
            "--results",
            "2",
            "--dump",
            "-",
            "--budget",
            "10",
            "--weak-failures",
            *options,
        )
        command = [str(self.engine), *words, str(self.compiled), str(number)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr[-400:]}"
        lines = [json.loads(line) for line in done.stderr.splitlines() if line[:1] == "{"]
        failures = tuple(line for line in lines if line["type"] == "failure")
        dumped = done.stdout.splitlines()
        begun = [at for at, line in enumerate(dumped, 1) if line.startswith('{"anew"')]
        graphs = Counter(
            from_dump(line, NAMES) for line in dumped[max(begun, default=0) :]
        )
        return Answer(lines[-1], graphs, failures)


def difference(program: Whole, model: str, right: Decision, answer: Answer) -> str:
    """What is wrong with an answer, empty if nothing is."""
    if right.kinds[model] or answer.kinds:
        return _failures_differ(program, model, right.kinds[model], answer)
    if not answer.result["exhausted"]:
        return f"{model}: did not come to an end"
    if answer.result["executions"] != answer.graphs.total():
        return f"{model}: counted otherwise than shown"
    expected, found = right.graphs[model], answer.graphs
    if not is_counted(program):
        expected, found = Counter(set(expected)), Counter(set(found))
    ends = Counter({ending(graph) for graph in found})
    if has_another_first_round(program):
        return _graphs_differ(model, Counter({ending(g) for g in expected}), ends)
    if not may_leave_out(program):
        return _graphs_differ(model, expected, found)
    return _graphs_differ(model, expected, found | expected) or _graphs_differ(
        model, Counter({ending(graph) for graph in expected}), ends
    )


def sampled_difference(
    program: Whole, model: str, right: Decision, answer: Answer
) -> str:
    """What is wrong with an answer from samples: each must be an execution of the program."""
    if answer.kinds - right.kinds[model]:
        return _failures_differ(program, model, right.kinds[model], answer)
    if right.kinds[model]:
        return ""
    if not answer.graphs and not any(isinstance(s, Assume) for s in program.statements()):
        return f"{model}: no sample"
    if has_another_first_round(program):
        ends = {ending(graph) for graph in right.graphs[model]}
        strange = [graph for graph in answer.graphs if ending(graph) not in ends]
    else:
        strange = list(answer.graphs.keys() - right.graphs[model].keys())
    return f"{model}: not an execution:\n{strange[0]}" if strange else ""


def _failures_differ(program: Whole, model: str, right: set[str], answer: Answer) -> str:
    if not right:
        said = answer.failures[0]
        return f"{model}: false {said['kind']} ({said.get('message')})"
    if not answer.kinds:
        return f"{model}: passed, but {sorted(right)}"
    if answer.kinds - right:
        possible = decide.kinds(program)[model]
        if answer.kinds - possible:
            return f"{model}: {sorted(answer.kinds)}, but {sorted(possible)}"
    return ""


def may_leave_out(program: Whole) -> bool:
    """A thread that goes round may be where fewer rounds would have led it: that is enough."""
    loops = Repeat | AddInLoop | TakeInLoop | LookInLoop | Bounded | Spinning | FutexAwait
    return any(isinstance(statement, loops) for statement in program.statements())


def has_another_first_round(program: Whole) -> bool:
    """A compiler may give a loop's first round a place of its own: one read more, that fails."""
    return any(isinstance(s, Await) and s.between for s in program.statements())


def ending(graph: Graph) -> Ending:
    """What the threads' registers and the atomic variables hold in the end."""
    return tuple(
        (location, graph.threads[places[-1][0]][places[-1][1]][4])
        for location, places in graph.mo
    )


def is_counted(program: Whole) -> bool:
    """Whether it is defined how often each execution comes, beside what is shown of it.

    It is where every lock and wait is one event in one order. A signal chooses whom it wakes, a
    look at a semaphore or reader-writer lock may be one event or two, and of rounds that have
    looked in vain those are kept that others have noticed, or where a dead register differs.
    """
    looks = PipeRead | Poll | Count | FutexWait | FutexWake | FutexAwait
    waits = Wake | Wait | TimedWait | LookInLoop | TakeInLoop
    for statement in program.statements():
        if isinstance(statement, waits | looks):
            return False
        if isinstance(statement, EventRead) and not program.channels.waits:
            return False
        if isinstance(statement, Acquire | RwLocked) and statement.tries:
            return False
        if isinstance(statement, Unlock) or getattr(statement, "mutex", "") == RECURSIVE:
            return False
        if isinstance(statement, Spinning) and statement.kind != "ticket":
            return False
        if isinstance(statement, Acquire) and statement.spins:
            return False
    return True


def _graphs_differ(model: str, right: Counter[Any], found: Counter[Any]) -> str:
    for words, graphs in (("missing", right - found), ("too many", found - right)):
        if graphs:
            of = f"{graphs.total()} of {right.total()} executions {words}"
            return f"{model}: {of}, for example\n{next(iter(graphs))}"
    return ""
