"""Running ``heald-explore``: one process or several, their JSON lines put together.

The engine explores a program in a process of its own, so that nothing the program does
can harm Python. With several jobs each process visits one part of the search tree; the
counts of the parts add up to the whole.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from heald.explorer.long_loop import LONG_LOOP
from heald.verdicts import EngineError, UsageError

Line = dict[str, Any]
OnProgress = Callable[[Mapping[str, Any]], None]

_EXIT_USAGE = 2
_LATE_S = 3.0
"""Seconds beyond its budget after which a process of the engine is killed."""


@dataclass
class Explored:
    """What one search, in however many processes, has found.

    Attributes
    ----------
    result
        The engine's counts, summed; ``exhausted`` only if every part was.
    failures, graphs, outcomes, traces
        As the engine wrote them; outcomes of a scenario, each distinct one once; traces of
        executions that did not fail, if asked for.
    output
        What the shown execution printed.
    interrupted
        Whether the user ended it.
    """

    result: Line = field(default_factory=dict)
    failures: list[Line] = field(default_factory=list)
    graphs: list[Line] = field(default_factory=list)
    outcomes: list[Line] = field(default_factory=list)
    traces: list[Line] = field(default_factory=list)
    output: str = ""
    interrupted: bool = False


_NOTHING: Line = {"executions": 0, "blocked": 0, "failures": 0, "steps": 0, "runs": 0}
_NOTHING |= {"peak_bytes": 0, "estimate": 0.0, "done": 0.0, "seconds": 0.0}
_ENOUGH = ("failure", LONG_LOOP)
_CUT_OFF = Line(type="result", exhausted=False, stopped=True, reason="budget")
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

    Raises
    ------
    UsageError
        If the engine refuses the program: its own words.
    EngineError
        If a process of the engine dies or says something that is not of its form.
    """
    options = [*options, *(("--progress", "0.25") if on_progress else ())]
    if budget_s is not None:
        options += ["--budget", str(budget_s)]
    options += ["--parent", str(os.getpid())]
    parts = [
        _Part([str(engine), *options, *split, str(program), *arguments])
        for split in _splits(jobs)
    ]
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
    return explored


def _splits(jobs: int) -> list[list[str]]:
    if jobs == 1:
        return [[]]
    return [["--part", str(part), "--parts", str(jobs)] for part in range(jobs)]


class _Part:
    """One process of the engine."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.stream = self.process.stdout
        self.rest = b""
        self.result: Line = {}
        self.progress: Line = {}
        self.problem = ""
        self.was_cut_off = False
        self.was_asked = False
        self.errors: list[bytes] = []
        self.reader = threading.Thread(target=self._read_errors, daemon=True)
        self.reader.start()

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.readlines()

    def read(self) -> list[Line] | None:
        """Return the lines that have come, None at the end."""
        chunk = os.read(self.stream.fileno(), 1 << 16)
        if not chunk:
            return None
        *whole, self.rest = (self.rest + chunk).split(b"\n")
        try:
            return [json.loads(line) for line in whole if line]
        except ValueError as error:
            raise EngineError(f"heald-explore wrote no JSON: {error}") from error

    def stop(self) -> None:
        """Ask it to come to an end and to say what it has."""
        self.was_asked = True
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)

    def cut_off(self) -> None:
        """End it, though it does not want to; what it has counted so far is the result."""
        if self.result:
            return
        self.process.kill()
        self.result = {**_NOTHING, **self.progress, **_CUT_OFF}
        self.was_cut_off = True

    def end(self) -> None:
        """Wait for it; kill it if it is still at work because we were thrown out."""
        if not self.result and self.process.poll() is None:
            try:
                self.process.wait(timeout=0.5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.reader.join(timeout=5)
        self.stream.close()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def must_have_ended_well(self) -> None:
        """Raise what its end means, if it was not a good one."""
        if self.was_cut_off:
            return
        if self.was_asked and self.process.returncode == -signal.SIGTERM:
            # It was asked before it could listen: it had not begun.
            self.result = {**_NOTHING, **self.progress, **_CUT_OFF}
            return
        said = b"".join(self.errors).decode("utf-8", "replace").strip()
        if self.process.returncode == _EXIT_USAGE:
            raise UsageError(self.problem or said or "heald-explore refused its options")
        if self.process.returncode == 0 and self.result:
            return
        ending = _ending(self.process.returncode)
        words = said.removeprefix("engine bug: ")
        raise EngineError(f"heald-explore {ending}{': ' + words if words else ''}")


def _ending(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


@contextlib.contextmanager
def _interruptible(parts: Sequence[_Part], explored: Explored) -> Iterator[None]:
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


def _lines(
    parts: Sequence[_Part], budget_s: float | None
) -> Iterator[tuple[_Part, Line]]:
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
                lines = key.data.read()
                if lines is None:
                    selector.unregister(key.fileobj)
                    continue
                for line in lines:
                    yield key.data, line


def _take(
    explored: Explored,
    parts: Sequence[_Part],
    part: _Part,
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
        case "graph":
            explored.graphs.append(line["graph"])
        case "trace" | "outcome" as kind:
            {"trace": explored.traces, "outcome": explored.outcomes}[kind].append(line)
        case "output":
            explored.output = explored.output or line["text"]
        case "problem":
            part.problem = line["message"]
        case "progress":
            part.progress = line
    if line.get("type") == "progress" and on_progress is not None:
        on_progress(summed([p.result or p.progress for p in parts]))


def _unless_shown(
    shown: Sequence[Line], parts: Sequence[_Part], failure: Line
) -> list[Line]:
    """Of several parts each shows its first of a kind; one will do."""
    seen = len(parts) > 1 and failure["kind"] in {line["kind"] for line in shown}
    return [] if seen else [failure]


def _stop_all(parts: Sequence[_Part]) -> None:
    for part in parts:
        if not part.result:
            part.stop()


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
