"""Running ``heald-explore``: one process or several, their JSON lines put together.

The engine explores a program in a process of its own, so that nothing the program does
can harm Python; one that has the program loaded already, if it is asked about it again.
With several jobs each process visits one part of the search tree; the
counts of the parts add up to the whole.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any, Protocol

from heald.explorer.long_loop import LONG_LOOP
from heald.explorer.part import Line, OwnProcess, Part
from heald.explorer.served import Served
from heald.topology import emulator
from heald.verdicts import EngineError

OnProgress = Callable[[Mapping[str, Any]], None]
MadeOf = Callable[[], Mapping[str, Any]]
"""Returns ``texts`` by name, and the ``folder`` that names start from; ``sources``, ``stdin``,
``cflags`` and ``trust`` as ``build_program`` takes them."""

_LATE_S = 3.0
"""Seconds beyond its budget after which a process of the engine is killed."""


@dataclass
class Explored:
    """What one search, in however many processes, has found.

    Attributes
    ----------
    result
        The engine's counts, summed; ``exhausted`` only if every part was.
    failures, outcomes, traces
        As the engine wrote them; outcomes of a scenario, each distinct one once; traces of
        executions that did not fail, if asked for.
    output
        What the shown execution printed.
    interrupted
        Whether the user ended it.
    is_named
        Whether the places in failures have their names already.
    """

    result: Line = field(default_factory=dict)
    failures: list[Line] = field(default_factory=list)
    outcomes: list[Line] = field(default_factory=list)
    traces: list[Line] = field(default_factory=list)
    output: str = ""
    interrupted: bool = False
    is_named: bool = False


_ENOUGH = ("failure", LONG_LOOP)
_SUMS = ("executions", "blocked", "cut", "failures", "steps", "runs", "estimate")


def explore(
    engine: Path,
    program: Path,
    options: Sequence[str],
    arguments: Sequence[str],
    *,
    jobs: int = 1,
    budget_s: float | None = None,
    on_progress: OnProgress | None = None,
    again: bool = False,
    at_home: bool = False,
    made_of: MadeOf | None = None,
) -> Explored:
    """Explore a program.

    Parameters
    ----------
    engine, program
        The host executable and the compiled program.
    options
        The host's options, without those that split the work.
    arguments
        The program's own.
    jobs
        Processes, 1 or more.
    budget_s
        Of the search. The engine ends it by itself; should it not, long after, it is killed,
        and what it had not said by then is lost.
    on_progress
        Called with summed counts, at most a few times a second.
    again
        Whether this program will be explored again: processes that have it loaded are kept.
    at_home
        Whether by processes of this machine, whatever ``exploring`` says.
    made_of
        Says what the program is made of, for whoever explores it where it cannot run.

    Raises
    ------
    UsageError
        If the engine refuses the program: its own words.
    EngineError
        If a process of the engine dies or says something that is not of its form.
    """
    if _elsewhere and not at_home and _is_exhaustive(options):
        return _elsewhere[-1].explore(
            engine,
            program,
            options,
            arguments,
            budget_s=budget_s,
            on_progress=on_progress,
            made_of=made_of,
        )
    options = [*options, *(("--progress", "0.25") if on_progress else ())]
    if budget_s is not None:
        options += ["--budget", str(budget_s)]
    ends_s = inf if budget_s is None else time.monotonic() + budget_s
    begun = Served if again else _own_process
    widths: list[str] = []
    while True:
        words = [*options, *known_widths(widths)]
        explored, parts = _explore_once(
            [begun(engine, program, [*words, *s], arguments) for s in _splits(jobs)],
            budget_s,
            on_progress,
        )
        found, agreed = widths_of([part.result for part in parts])
        if agreed:
            must_be_of_one_tree([part.result for part in parts])
            return explored
        if explored.failures or explored.interrupted:
            return explored
        if budget_s is not None:
            budget_s = ends_s - time.monotonic()
            if budget_s <= 0:  # their trees were not the same: the sum is not the whole
                explored.result |= {"exhausted": False, "stopped": True}
                explored.result["reason"] = "budget"
                return explored
            options += ["--budget", str(budget_s)]
        widths = found


def widths_of(parts: Sequence[Line]) -> tuple[list[str], bool]:
    """Return what parts found out about sizes of objects, and whether each found out all."""
    found = sorted({word for line in parts for word in line.get("widths", ())})
    return found, all(sorted(line.get("widths", ())) == found for line in parts)


def known_widths(widths: Sequence[str]) -> list[str]:
    """Tell all parts from the beginning what one has found out about sizes of objects.

    Else their trees differ, and they do not add up to a whole.
    """
    return ["--widths", " ".join(widths)] if widths else []


def _explore_once(
    parts: Sequence[Part], budget_s: float | None, on_progress: OnProgress | None
) -> tuple[Explored, Sequence[Part]]:
    explored = Explored()
    with _interruptible(parts, explored):
        try:
            for part, line in _lines(parts, budget_s):
                _take(explored, parts, part, line, on_progress)
        finally:
            for part in parts:
                part.end()
    for part in parts:
        part.must_have_ended_well()
    explored.result = summed([part.result for part in parts])
    return explored, parts


class Elsewhere(Protocol):
    """Who explores instead of processes of this machine alone."""

    def explore(
        self,
        engine: Path,
        program: Path,
        options: Sequence[str],
        arguments: Sequence[str],
        *,
        budget_s: float | None,
        on_progress: OnProgress | None,
        made_of: MadeOf | None = None,
    ) -> Explored:
        """Do what the function of this name does."""


_elsewhere: list[Elsewhere] = []


@contextlib.contextmanager
def exploring(elsewhere: Elsewhere) -> Iterator[None]:
    """Let exhaustive searches be made elsewhere, from wherever they are asked for."""
    _elsewhere.append(elsewhere)
    try:
        yield
    finally:
        _elsewhere.pop()


def _is_exhaustive(options: Sequence[str]) -> bool:
    return "exhaustive" in options and not {"--schedule", "--choices"} & set(options)


def _own_process(
    engine: Path, program: Path, options: Sequence[str], arguments: Sequence[str]
) -> Part:
    parent = ["--parent", str(os.getpid())]
    return OwnProcess(
        [*emulator(), str(engine), *options, *parent, str(program), *arguments]
    )


def _splits(jobs: int) -> list[list[str]]:
    if jobs == 1:
        return [[]]
    return [["--part", str(part), "--parts", str(jobs)] for part in range(jobs)]


@contextlib.contextmanager
def _interruptible(parts: Sequence[Part], explored: Explored) -> Iterator[None]:
    """Let an interrupt end the search instead of us: what it found so far is a result."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_interrupt(_number: int, _frame: object) -> None:
        explored.interrupted = True
        _stop_all(parts)

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _lines(parts: Sequence[Part], budget_s: float | None) -> Iterator[tuple[Part, Line]]:
    late_s = inf if budget_s is None else time.monotonic() + budget_s + _LATE_S
    with selectors.DefaultSelector() as selector:
        for part in parts:
            selector.register(part.stream, selectors.EVENT_READ, part)
        while selector.get_map():
            left_s = late_s - time.monotonic()
            if left_s <= 0:
                for part in parts:
                    part.cut_off()
                return
            for key, _ in selector.select(None if left_s == inf else left_s):
                for line in key.data.read():
                    yield key.data, line
                if key.data.has_ended:
                    selector.unregister(key.fileobj)


def _take(
    explored: Explored,
    parts: Sequence[Part],
    part: Part,
    line: Line,
    on_progress: OnProgress | None,
) -> None:
    match line.get("type"):
        case "result":
            part.result = line
            if line.get("reason") in _ENOUGH:  # for the other parts, too
                _stop_all(parts)
        case "failure":
            explored.failures += _unless_shown(explored.failures, parts, line)
        case "trace":
            explored.traces.append({**line, "where": []})
        case "outcome":
            explored.outcomes.append(line)
        case "output":
            explored.output = explored.output or line["text"]
        case "problem":
            part.problem = line["message"]
        case "progress":
            part.progress = line
    if line.get("type") == "progress" and on_progress is not None:
        on_progress(summed([p.result or p.progress for p in parts]))


def _unless_shown(
    shown: Sequence[Line], parts: Sequence[Part], failure: Line
) -> list[Line]:
    """Of several parts each shows its first of a kind; one will do."""
    seen = len(parts) > 1 and failure["kind"] in {line["kind"] for line in shown}
    return [] if seen else [failure]


def _stop_all(parts: Sequence[Part]) -> None:
    for part in parts:
        if not part.result:
            part.stop()


def must_be_of_one_tree(parts: Sequence[Line]) -> None:
    """Raise ``EngineError`` if parts that came to their end did not walk the same tree.

    Each says where it dealt out subtrees, whosever they were. If they disagree, subtrees may
    belong to nobody, and their counts mean nothing.
    """
    dealt = {
        (line["dealt"], line["dealt_sum"])
        for line in parts
        if line.get("exhausted") and "dealt_sum" in line
    }
    if len(dealt) > 1:
        raise EngineError("the parts of the search have walked different trees")


def summed(parts: Sequence[Line]) -> Line:
    """Add the counts of the parts; the rest is the first part's that has an opinion.

    Each part estimates its own share of all executions. A part that has said nothing yet
    (an empty line) is taken to have as many as the others have on average.
    """
    lines = [line for line in parts if line]
    if not lines:
        return {}
    total = {key: line[key] for line in reversed(lines) for key in line}
    for key in _SUMS:
        if key in total:
            total[key] = sum(line.get(key, 0) for line in lines)
    if "estimate" in total:
        total["estimate"] *= len(parts) / len(lines)
    if "exhausted" in total:
        total["exhausted"] = all(line.get("exhausted") for line in lines)
    if any("places" in line for line in lines):
        total["places"] = [place for line in lines for place in line.get("places", ())]
    notes = [note for line in lines for note in line.get("notes", ())]
    total["notes"] = list(dict.fromkeys(notes))
    reasons = [line["reason"] for line in lines if line.get("reason")]
    first = [reason for reason in _ENOUGH if reason in reasons]
    total["reason"] = next(iter(first or reasons), None)
    for key in ("seconds", "peak_bytes", "twins"):
        if key in total:
            total[key] = max(line.get(key, 0) for line in lines)
    if "done" in total:
        visited = total.get("executions", 0) + total.get("blocked", 0)
        total["done"] = (
            min(1.0, visited / total["estimate"]) if total["estimate"] else 0.0
        )
    return total
