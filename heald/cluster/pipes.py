"""Agents at the other end of two pipes: ``--cluster local:N``, ``--cluster ssh:HOST,HOST``.

Why       The same leader, agents, losses and counts as on a cluster with a scheduler, where
          one machine or a few are all there is.
How       Each agent is a child with two pipes, or `ssh` is, which has one elsewhere. One that
          dies is replaced, a few times. Agents on this machine divide its processors.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heald.cluster.backend import Answer
from heald.cluster.lines import Line, LineReader, encoded
from heald.verdicts import UsageError

#: After so many deaths nobody is replaced any more.
MOST_RESTARTS = 100


class PipeHandle:
    """An ask that went out on a pipe."""

    def __init__(self, link: PipeLink, number: int) -> None:
        self._link = link
        self.number = number
        self.answer: Line | None = None
        self.counts: Mapping[str, Any] = {}

    def poll(self) -> Answer | None:
        """Return the answer, once it has come."""
        if self.answer is None and not self._link.is_alive:
            return {"answer": "lost", "message": self._link.ending}
        return self.answer

    def progress(self) -> Mapping[str, Any]:
        """Return what it last said of its progress."""
        return self.counts

    def hand_over(self) -> None:
        """Let a part end before its next subtree."""
        if self.answer is None:
            self._link.submit("hand_over", of=self.number)

    def stop(self, *, now: bool) -> None:
        """End it early, or at once."""
        if self.answer is None:
            self._link.submit("stop", of=self.number, now=now)


class PipeLink:
    """The way to an agent at the other end of two pipes: of a child, or of `ssh`.

    Parameters
    ----------
    name
        Where it is.
    command
        Starts the agent.
    processors
        That it may use; empty: all, and none is its own.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        processors: Sequence[int] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.is_alive = True
        self.is_pinned = bool(processors)
        self.ending = ""
        self._out = bytearray()
        self._number = 0
        self._handles: dict[int, PipeHandle] = {}
        self.process = subprocess.Popen(
            [*command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            bufsize=0,
        )
        if processors:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(self.process.pid, processors)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._stdin, self._stdout = self.process.stdin, self.process.stdout
        for pipe in (self._stdin, self._stdout):
            os.set_blocking(pipe.fileno(), False)
        self._reader = LineReader(self._stdout.fileno())

    def submit(self, ask: str, **fields: Any) -> PipeHandle:
        """Send an ask."""
        self._number += 1
        handle = PipeHandle(self, self._number)
        if self.is_alive:
            self._handles[self._number] = handle
            self._out += encoded({"ask": ask, "id": self._number, **fields})
            self.flush()
        return handle

    def fileno(self) -> int:
        """Return what becomes readable when an answer comes."""
        return self._stdout.fileno()

    @property
    def has_more_to_say(self) -> bool:
        """Whether asks wait for the pipe."""
        return bool(self._out)

    def flush(self) -> None:
        """Send what the pipe takes."""
        while self._out and self.is_alive:
            try:
                sent = os.write(self._stdin.fileno(), self._out)
            except BlockingIOError:
                return
            except OSError:
                self.end("its pipe is closed")
                return
            del self._out[:sent]

    def hear(self) -> None:
        """Take the answers that have come."""
        try:
            lines = self._reader.read()
        except (UsageError, OSError) as error:
            self.end(f"it said something that is no answer: {error}")
            return
        if lines is None:
            self.end("it died")
            return
        for line in lines:
            self._take(line)

    def _take(self, line: Line) -> None:
        number = line.get("id")
        handle = self._handles.get(number) if isinstance(number, int) else None
        if handle is None:
            return
        if line.get("answer") == "progress":
            counts = line.get("counts")
            handle.counts = counts if isinstance(counts, dict) else {}
            return
        del self._handles[handle.number]
        handle.answer = line

    def end(self, why: str) -> None:
        """Let go of it: what it was asked is lost."""
        if not self.is_alive:
            return
        self.is_alive = False
        self.process.kill()
        code = self.process.wait()
        self.ending = f"the agent on {self.name} is lost: {why} (exit code {code})"
        self._handles.clear()

    @property
    def is_closed(self) -> bool:
        """Whether its descriptors are free again."""
        return self._stdout.closed

    def close(self) -> None:
        """Free the descriptors of one that has ended."""
        self._stdin.close()
        self._stdout.close()


@dataclass(frozen=True)
class Start:
    """How one agent is started.

    Attributes
    ----------
    name
        Where it is.
    command
        Whose standard input and output are the agent's.
    processors
        That are its own; empty: none is.
    environment
        Added to this process's own: another compiler, another cache.
    """

    name: str
    command: Sequence[str]
    processors: Sequence[int] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


class PipesBackend:
    """Agents at the other end of pipes.

    Parameters
    ----------
    starts
        One an agent.
    is_here
        Whether they share this machine and its files.
    """

    def __init__(self, starts: Sequence[Start], *, is_here: bool) -> None:
        self.is_here = is_here
        self._starts = starts
        self._count = 0
        self._selector = selectors.DefaultSelector()
        self._links = [self._started(start) for start in starts]

    def _started(self, start: Start) -> PipeLink:
        self._count += 1
        link = PipeLink(start.name, start.command, start.processors, start.environment)
        self._selector.register(link, selectors.EVENT_READ, link)
        return link

    def links(self) -> list[PipeLink]:
        """Return the links that are alive."""
        return [link for link in self._links if link.is_alive]

    def pump(self) -> None:
        """Hear what has come, replace who is gone."""
        for key, _ in self._selector.select(0):
            key.data.hear()
        for number, link in enumerate(self._links):
            if link.has_more_to_say:
                link.flush()
            if link.is_alive or link.is_closed:
                continue
            self._selector.unregister(link)
            link.close()
            if self._count < len(self._starts) + MOST_RESTARTS:
                self._links[number] = self._started(self._starts[number])

    def close(self) -> None:
        """End all agents."""
        for link in self._links:
            link.end("it was not needed any more")
            link.close()
        self._selector.close()


def local_backend(
    count: int, environments: Sequence[Mapping[str, str]] = ({},)
) -> PipesBackend:
    """Return agents that are children of this process and divide its processors.

    Parameters
    ----------
    count
        How many; beyond the number of processors none has its own.
    environments
        Added to the environment of each in turn.
    """
    command = [sys.executable, "-m", "heald", "agent", "--parent", str(os.getpid())]
    available = sorted(os.sched_getaffinity(0))
    each = len(available) // count
    starts = [
        Start(
            f"local-{number}",
            command,
            available[number * each : (number + 1) * each],
            environments[number % len(environments)],
        )
        for number in range(count)
    ]
    return PipesBackend(starts, is_here=True)


def ssh_backend(hosts: Sequence[str]) -> PipesBackend:
    """Return agents on other machines, each started by ``ssh HOST heald agent``."""
    words = ["-o", "BatchMode=yes", "-o", "ServerAliveInterval=10"]
    starts = [
        Start(host, ["ssh", *words, host, "heald", "agent", "--silence", "120s"])
        for host in hosts
    ]
    return PipesBackend(starts, is_here=False)
