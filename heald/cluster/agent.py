"""The agent: one process, one thread, asks on its standard input, answers on its output.

Why       Starting Python and loading a project takes longer than a slice. An agent has loaded
          both, and forks each slice from itself, as a campaign on one machine does.
How       It sleeps until an ask comes or a child ends. It runs as many slices and parts at a
          time as it is asked to: who asks knows its processors.
Ends      With its leader: when the pipe is closed, when its parent dies (`parent`), or when
          nothing is heard for `silence_s`. Its children die with it.
Rules     One thread only, because it forks. Nothing that comes in is believed unchecked
          (heald/cluster/asks.py), and nothing but answers goes out on the pipe.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heald.cluster.asks import checked_ask
from heald.cluster.blobs import has_blob, keep_blob
from heald.cluster.doing import (
    Project,
    Tell,
    build_work,
    compile_work,
    part_work,
    slice_work,
)
from heald.cluster.lines import Line, LineReader, encoded, write_all
from heald.cluster.machine import hello
from heald.targets.isolated import AnyWork, Ended, Isolated
from heald.verdicts import HealdError, UsageError

_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_S = 0.01  # where the kernel cannot tell that a child has ended


@dataclass
class _Job:
    """A child at work, and the descriptors that say what becomes of it (-1: none)."""

    child: Isolated
    target: str | None = None
    ended: int = -1
    progress: LineReader | None = None
    is_part: bool = False


class Agent:
    """An agent that speaks over two descriptors.

    Parameters
    ----------
    asks, answers
        To read and to write; taken over.
    once
        Do what stands on `asks`, one after the other, and end: for arrays of jobs.
    silence_s
        End when so long nothing was heard; ``None``: never.
    """

    def __init__(
        self,
        asks: int,
        answers: int,
        *,
        once: bool = False,
        silence_s: float | None = None,
    ) -> None:
        self._reader = LineReader(asks)
        self._answers = answers
        self._once = once
        self._silence_s = silence_s
        self._heard = time.monotonic()
        self._project = Project()
        self._jobs: dict[int, _Job] = {}
        self._refused = False
        self._selector = selectors.DefaultSelector()
        self._doings = {
            "hello": lambda ask: {"answer": "hello", **hello()},
            "alive": lambda ask: {"answer": "alive"},
            "has": self._has,
            "keep": self._keep,
            "prepare": self._prepare,
            "compile": self._compile,
            "slice": self._slice,
            "build": self._build,
            "part": self._part,
            "hand_over": self._hand_over,
            "stop": self._stop,
        }

    def serve(self) -> int:
        """Answer until the leader is gone; return the exit code: 2 if an ask was refused."""
        try:
            if self._once:  # from a file, perhaps, which no selector takes
                while self._hear():
                    pass
                return 2 if self._refused else 0
            self._selector.register(self._reader.descriptor, selectors.EVENT_READ, None)
            while self._look_around():
                self._look_at_those_without_a_sign()
        except BrokenPipeError:
            pass
        finally:
            for job in self._jobs.values():
                job.child.kill()
            self._selector.close()
        return 0

    def _look_around(self) -> bool:
        """Wait for what comes first, and see to it; whether the leader is still there."""
        came = self._selector.select(self._patience_s())
        for key, _ in came:
            if key.data is not None:
                self._look_at(key.data)
            elif not self._hear():
                return False
        # What has come is looked at before it is called silence: loading a project takes long.
        return bool(came) or not self._is_silent()

    def _is_silent(self) -> bool:
        if self._silence_s is None:
            return False
        return time.monotonic() - self._heard > self._silence_s

    def _patience_s(self) -> float | None:
        if any(job.ended < 0 for job in self._jobs.values()):
            return _LOOK_EVERY_S
        return None if self._silence_s is None else min(1.0, self._silence_s)

    def _hear(self) -> bool:
        """Do what came; whether more may come."""
        try:
            lines = self._reader.read()
        except UsageError as error:
            self._say({"answer": "refused", "id": None, "message": str(error)})
            self._refused = True
            return False
        if lines is None:
            return False
        self._heard = time.monotonic()
        for line in lines:
            self._answer(line)
            while self._once and self._jobs:
                self._wait_for_all()
        return True

    def _wait_for_all(self) -> None:
        for job in self._jobs.values():
            os.waitid(os.P_PID, job.child.pid, os.WEXITED | os.WNOWAIT)
        for number in list(self._jobs):
            self._look_at(number)

    def _answer(self, line: Line) -> None:
        number = line.get("id")
        try:
            answer = self._doings[checked_ask(line)](line)
        except HealdError as error:
            self._refused = True
            answer = {"answer": "refused", "message": str(error)}
        if answer is not None:
            self._say({**answer, "id": number})

    def _say(self, answer: Mapping[str, Any]) -> None:
        write_all(self._answers, encoded(answer))

    # --- asks ---------------------------------------------------------------------------------

    def _has(self, ask: Line) -> Line:
        missing = [digest for digest in ask["digests"] if not has_blob(digest)]
        return {"answer": "has", "missing": missing}

    def _keep(self, ask: Line) -> Line:
        keep_blob(ask["digest"], ask["data"])
        return {"answer": "kept"}

    def _prepare(self, ask: Line) -> Line:
        targets = self._project.load(ask["folder"], ask["files"], ask["places"])
        return {"answer": "prepared", "targets": targets}

    def _compile(self, ask: Line) -> None:
        name = ask["target"]
        work = compile_work(None if name is None else self._project.target(name))
        self._start(ask, work, target=name)

    def _slice(self, ask: Line) -> None:
        target = self._project.target(ask["target"])
        self._start(ask, slice_work(target, seconds=ask["seconds"], seed=ask["seed"]))

    def _build(self, ask: Line) -> None:
        fields = {key: ask[key] for key in ask.keys() - {"ask", "id"}}
        self._start(ask, build_work(**fields))

    def _hand_over(self, ask: Line) -> Line:
        job = self._jobs.get(ask["of"])
        if job is not None and job.is_part:
            with contextlib.suppress(OSError):
                os.killpg(job.child.pid, signal.SIGUSR1)
        return {"answer": "stopping"}

    def _part(self, ask: Line) -> None:
        tell, progress = _progress_pipe() if ask["progress"] else (None, None)
        work = part_work(
            ask["program"],
            ask["root"],
            ask["words"],
            ask["arguments"],
            budget_s=ask["budget_s"],
            tell=tell[0] if tell else None,
        )
        self._start(ask, work, progress=progress, is_part=True)
        if tell:
            os.close(tell[1])

    def _stop(self, ask: Line) -> Line:
        job = self._jobs.get(ask["of"])
        if job is not None and ask["now"]:
            self._ended(ask["of"], job.child.kill())
        elif job is not None:
            job.child.ask_to_stop()
        return {"answer": "stopping"}

    # --- children -----------------------------------------------------------------------------

    def _start(
        self,
        ask: Line,
        work: AnyWork,
        *,
        target: str | None = None,
        progress: LineReader | None = None,
        is_part: bool = False,
    ) -> None:
        number = ask["id"]
        if number in self._jobs:
            raise UsageError(f"something runs under the id {number} already")
        child = Isolated(work, processors=ask.get("processors", ()))
        job = _Job(child, target, is_part=is_part)
        with contextlib.suppress(OSError):
            job.ended = os.pidfd_open(job.child.pid)
            self._selector.register(job.ended, selectors.EVENT_READ, number)
        if progress is not None:
            job.progress = progress
            self._selector.register(progress.descriptor, selectors.EVENT_READ, number)
        self._jobs[number] = job

    def _look_at_those_without_a_sign(self) -> None:
        for number, job in list(self._jobs.items()):
            if job.ended < 0:
                self._look_at(number)

    def _look_at(self, number: int) -> None:
        job = self._jobs.get(number)
        if job is None:
            return
        self._pass_on(number, job)
        ended = job.child.poll()
        if ended is not None:
            self._pass_on(number, job)  # its last words are in the pipe by now
            self._ended(number, ended)

    def _pass_on(self, number: int, job: _Job) -> None:
        """Send what a part says of sharing, and the last of its progress: older is no news."""
        try:
            lines = job.progress.read() if job.progress is not None else []
        except UsageError:  # the program under test wrote there
            lines = []
        counts = None
        for line in lines or ():
            if line.get("type") in ("begun", "given"):
                self._say({"answer": line["type"], "id": number, "share": line})
            else:
                counts = line
        if counts is not None:
            self._say({"answer": "progress", "id": number, "counts": counts})

    def _ended(self, number: int, ended: Ended) -> None:
        job = self._jobs.pop(number)
        for descriptor in (job.ended, job.progress.descriptor if job.progress else -1):
            if descriptor >= 0:
                with contextlib.suppress(KeyError):
                    self._selector.unregister(descriptor)
                os.close(descriptor)
        answer = {
            "answer": "ended",
            "id": number,
            "how": ended.how,
            "data": ended.data,
            "message": ended.message,
            "code": ended.code,
            "seconds": round(job.child.seconds, 6),
        }
        if job.target is not None and ended.how == "result":
            answer["identity"] = dict(self._project.identity(job.target))
        self._say(answer)


def _progress_pipe() -> tuple[tuple[Tell, int], LineReader]:
    """Return what a child calls with its progress, and what reads that here."""
    read, write = os.pipe()
    os.set_blocking(read, False)

    def tell(counts: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):
            write_all(write, encoded(counts))

    return (tell, write), LineReader(read)


def run_agent(*, once: bool, silence_s: float | None, parent: int | None) -> int:
    """Be an agent on standard input and output; return the exit code.

    Parameters
    ----------
    parent
        The process to die with.
    """
    if parent is not None:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            return 0
    # What a project prints while it is imported must not stand among the answers.
    asks, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - as long as the process
    return Agent(asks, answers, once=once, silence_s=silence_s).serve()
