"""Agents at the other end of two pipes: ``--cluster local:N``, ``--cluster ssh:HOST,HOST``.

Why       The same leader, agents, losses and counts as on a cluster with a scheduler, where
          one machine or a few are all there is.
How       Each agent is a child with two pipes, or `ssh` is, which has one elsewhere. One that
          dies is replaced: at once, a few times, where it had said something; else, as where a
          machine is gone, after longer and longer. Agents on this machine divide its processors.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from heald.cluster.backend import Answer
from heald.cluster.lines import Line
from heald.cluster.stream import Stream

#: After so many deaths of agents that had said something nobody is replaced any more.
MOST_RESTARTS = 100
#: Who died in silence is replaced after this, and after twice as long each further time, seconds.
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 30.0
_ALIVE_EVERY_S = 10.0  # far less than the silence after which an agent ends


class Sender(Protocol):
    """What a handle needs of its link."""

    @property
    def is_alive(self) -> bool:
        """Whether asks still reach it."""

    @property
    def ending(self) -> str:
        """Why it is lost."""

    def submit(self, ask: str, **fields: Any) -> Any:
        """Send an ask."""


class PipeHandle:
    """An ask that went out on a pipe."""

    def __init__(self, link: Sender, number: int) -> None:
        self._link = link
        self.number = number
        self.answer: Line | None = None
        self.counts: Mapping[str, Any] = {}
        self.has_begun = False
        self.given: list[Mapping[str, Any]] = []

    def poll(self) -> Answer | None:
        """Return the answer, once it has come."""
        if self.answer is None and not self._link.is_alive:
            return {"answer": "lost", "message": self._link.ending}
        return self.answer

    def progress(self) -> Mapping[str, Any]:
        """Return what it last said of its progress."""
        return self.counts

    def taken(self) -> list[Mapping[str, Any]]:
        """Return what it has given away since the last time."""
        given, self.given = self.given, []
        return given

    def hand_over(self) -> None:
        """Let a part of a search give some of it away."""
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
        self.is_pinned = bool(processors)
        self.stream = Stream(command, environment)
        self.has_spoken = False
        self._number = 0
        self._handles: dict[int, PipeHandle] = {}
        if processors:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(self.stream.process.pid, processors)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The agent, or what leads to it."""
        return self.stream.process

    @property
    def is_alive(self) -> bool:
        """Whether asks still reach it."""
        return not self.stream.ending

    @property
    def ending(self) -> str:
        """Why it is lost."""
        return f"the agent on {self.name} is lost: {self.stream.ending}"

    def submit(self, ask: str, **fields: Any) -> PipeHandle:
        """Send an ask."""
        self._number += 1
        handle = PipeHandle(self, self._number)
        if self.is_alive:
            self._handles[self._number] = handle
            self.stream.send({"ask": ask, "id": self._number, **fields})
        return handle

    def fileno(self) -> int:
        """Return what becomes readable when an answer comes."""
        return self.stream.fileno()

    def hear(self) -> None:
        """Take the answers that have come."""
        for line in self.stream.hear():
            self.has_spoken = True
            take_answer(self._handles, line)


def take_answer(handles: dict[int, Any], line: Line) -> None:
    """Give an answer to the handle of its ask; one that nobody waits for is dropped."""
    number = line.get("id")
    handle = handles.get(number) if isinstance(number, int) else None
    if handle is None:
        return
    match line:
        case {"answer": "progress"}:
            counts = line.get("counts")
            handle.counts = counts if isinstance(counts, dict) else {}
            return
        case {"answer": "begun"}:
            handle.has_begun = True
            return
        case {"answer": "given", "share": dict(share)}:
            handle.given.append(share)
            return
    del handles[handle.number]
    handle.answer = line


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


class Pause:
    """How long to wait until an agent is replaced."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._until = 0.0

    def begin(self, *, is_short: bool) -> None:
        """Wait not at all, or twice as long as the last time."""
        longer = max(_FIRST_PAUSE_S, min(2 * self._seconds, _LONGEST_PAUSE_S))
        self._seconds = 0.0 if is_short else longer
        self._until = time.monotonic() + self._seconds

    @property
    def is_over(self) -> bool:
        """Whether to try again."""
        return time.monotonic() >= self._until


class PipesBackend:
    """Agents at the other end of pipes.

    Parameters
    ----------
    starts
        One an agent.
    is_here
        Whether they share this machine and its files.
    alive_every_s
        How often they are told that somebody is there: who visits a share or runs a slice
        for minutes hears nothing else.
    """

    def __init__(
        self,
        starts: Sequence[Start],
        *,
        is_here: bool,
        alive_every_s: float = _ALIVE_EVERY_S,
    ) -> None:
        self.is_here = is_here
        self._alive_every_s = alive_every_s
        self._told = time.monotonic()
        self._starts = starts
        self._pauses = [Pause() for _ in starts]
        self._deaths = 0
        self._selector = selectors.DefaultSelector()
        self._links = [self._started(start) for start in starts]

    def _started(self, start: Start) -> PipeLink:
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
        self._tell_alive()
        for number, link in enumerate(self._links):
            link.stream.flush()
            if not link.is_alive:
                self._replace(number, link)

    def _replace(self, number: int, link: PipeLink) -> None:
        pause = self._pauses[number]
        if not link.stream.is_closed:
            self._selector.unregister(link)
            link.stream.close()
            self._deaths += link.has_spoken
            pause.begin(is_short=link.has_spoken)
        if pause.is_over and self._deaths <= MOST_RESTARTS:
            self._links[number] = self._started(self._starts[number])

    def _tell_alive(self) -> None:
        now = time.monotonic()
        if now - self._told >= self._alive_every_s:
            self._told = now
            for link in self.links():
                link.stream.send({"ask": "alive", "id": 0})

    def close(self) -> None:
        """End all agents."""
        for link in self._links:
            link.stream.end("it was not needed any more")
            link.stream.close()
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
