"""Running ``heald-explore``: one process or several, their JSON lines put together.

The engine explores a program in a process of its own, so that nothing the program does
can harm Python; one that has the program loaded already, if it is asked about it again.
Several jobs share the search tree (heald/explorer/sharing.py); their counts add up to the
whole.
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
from heald.explorer.sharing import OnShared, Sharing
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


_LEAST_S = 0.01
_DIFFERENT = "the parts of the search have walked different trees"
_ENOUGH = ("failure", LONG_LOOP)
_SUMS = ("executions", "blocked", "cut", "failures", "remembered", "steps", "runs")


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
    on_shared: OnShared | None = None,
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
    on_shared
        This is a part of a search, as `options` say; called with what it gives away.

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
    ends_s = inf if budget_s is None else time.monotonic() + budget_s
    begun = Served if again else _own_process
    widths: list[str] = []

    def begin(words: Sequence[str]) -> Part:
        left_s = ends_s - time.monotonic()
        until = [] if left_s == inf else ["--budget", str(max(_LEAST_S, left_s))]
        every = [*options, *until, *known_widths(widths), *words]
        return begun(engine, program, every, arguments)

    while True:
        sharing = Sharing(begin, jobs, on_shared)
        explored = _explore_once(sharing, ends_s, on_progress)
        results = [part.result for part in sharing.parts]
        found, agreed = widths_of(results)
        if agreed or on_shared is not None:
            must_be_of_one_tree([] if on_shared is not None else results)
            return explored
        if explored.failures or explored.interrupted:
            return explored
        if ends_s <= time.monotonic():  # their trees differ: the sum is not the whole
            explored.result |= {"exhausted": False, "stopped": True}
            explored.result["reason"] = "budget"
            return explored
        must_be_new(found, widths)
        widths = found


def widths_of(parts: Sequence[Line]) -> tuple[list[str], bool]:
    """Return what parts found out about sizes of objects, and whether each found out all.

    One that is lost began, or was divided, before it or another one had.
    """
    found = sorted({word for line in parts for word in line.get("widths", ())})
    are_lost = any(line.get("lost") for line in parts)
    return found, not are_lost and all(
        sorted(line.get("widths", ())) == found for line in parts
    )


def must_be_new(found: Sequence[str], widths: Sequence[str]) -> None:
    """Raise ``EngineError`` if parts that knew everything do not fit together all the same."""
    if not set(found) - set(widths):
        raise EngineError(_DIFFERENT)


def known_widths(widths: Sequence[str]) -> list[str]:
    """Tell all parts from the beginning what one has found out about sizes of objects.

    Else their trees differ, and they do not add up to a whole.
    """
    return ["--widths", " ".join(widths)] if widths else []


def _explore_once(
    sharing: Sharing, ends_s: float, on_progress: OnProgress | None
) -> Explored:
    explored = Explored()
    with _interruptible(sharing, explored):
        try:
            for part, line in _lines(sharing, ends_s):
                _take(explored, sharing, part, line, on_progress)
        finally:
            for part in sharing.parts:
                part.end()
    for part in sharing.parts:
        part.must_have_ended_well()
    sharing.must_be_whole()
    explored.result = sharing.summed(summed([part.result for part in sharing.parts]))
    return explored


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


@contextlib.contextmanager
def _interruptible(sharing: Sharing, explored: Explored) -> Iterator[None]:
    """Let an interrupt end the search instead of us: what it found so far is a result."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_interrupt(_number: int, _frame: object) -> None:
        explored.interrupted = True
        sharing.stop()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _lines(sharing: Sharing, ends_s: float) -> Iterator[tuple[Part, Line]]:
    with selectors.DefaultSelector() as selector:
        for part in sharing.parts:
            selector.register(part.stream, selectors.EVENT_READ, part)
        while selector.get_map():
            left_s = ends_s + _LATE_S - time.monotonic()
            if left_s <= 0:
                for part in sharing.parts:
                    part.cut_off()
                return
            for key, _ in selector.select(None if left_s == inf else left_s):
                for line in key.data.read():
                    if line.get("type") in ("begun", "given"):
                        sharing.heard(key.data, line)
                    else:
                        yield key.data, line
                if key.data.has_ended:
                    selector.unregister(key.fileobj)
                    sharing.ended(key.data)
            for part in sharing.begin_and_ask():
                selector.register(part.stream, selectors.EVENT_READ, part)


def _take(
    explored: Explored,
    sharing: Sharing,
    part: Part,
    line: Line,
    on_progress: OnProgress | None,
) -> None:
    match line.get("type"):
        case "result":
            part.result = line
            if line.get("reason") in _ENOUGH:  # for the other parts, too
                sharing.stop()
        case "failure" | "again":
            _take_failure(explored.failures, sharing.parts, line)
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
        on_progress(summed([p.result or p.progress for p in sharing.parts]))


def _take_failure(shown: list[Line], parts: Sequence[Part], failure: Line) -> None:
    """Take the first of a kind of several parts, and what is told of it when it is run again."""
    if failure["type"] == "again":
        same = ("kind", "schedule", "message")
        for known in shown:
            if all(known.get(key) == failure.get(key) for key in same):
                known |= {"where": failure["where"], "trace": failure["trace"]}
    elif len(parts) == 1 or failure["kind"] not in {line["kind"] for line in shown}:
        shown.append(failure)


def must_be_of_one_tree(parts: Sequence[Line]) -> None:
    """Raise ``EngineError`` if parts did not walk the same tree.

    Each has gone down the same few ways and says what it saw there. If they disagree, subtrees
    may belong to nobody, and their counts mean nothing.
    """
    if len({line["tree"] for line in parts if line.get("tree")}) > 1:
        raise EngineError(_DIFFERENT)


def summed(parts: Sequence[Line]) -> Line:
    """Add the counts of the parts; the rest is the first part's that has an opinion.

    The part that began with the whole tree estimates the whole; the others say what they have
    visited.
    """
    lines = [line for line in parts if line]
    if not lines:
        return {}
    total = {key: line[key] for line in reversed(lines) for key in line}
    for key in _SUMS:
        if key in total:
            total[key] = sum(line.get(key, 0) for line in lines)
    visited = total.get("executions", 0) + total.get("blocked", 0)
    if "exhausted" in total:
        total["exhausted"] = all(line.get("exhausted") for line in lines)
    if "estimate" in total and len(lines) > 1:
        guesses = [line.get("estimate", 0.0) for line in lines]
        total["estimate"] = visited if total.get("exhausted") else max(*guesses, visited)
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
        total["done"] = (
            min(1.0, visited / total["estimate"]) if total["estimate"] else 0.0
        )
    return total
