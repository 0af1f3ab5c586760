"""The agents that a leader can use: greeted, compared, supplied and prepared, as they come.

An agent says hello, is given the files that it has not, loads the project and compiles its
targets; then it is ready. One that is not the same heald is refused by name. All of it goes
on beside the work of those that are ready: `look` moves each a step on and never waits.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heald.cluster.backend import Answer, Backend, Handle, Link
from heald.cluster.machine import Machine, machine_of
from heald.cluster.project import ProjectFiles
from heald.verdicts import UsageError

#: A machine whose agents come and go so often before one was ever ready is no machine of ours.
_MOST_FAILURES = 3
#: Without any agent that is ready, once there was one, seconds: who works overnight waits for a
#: network that comes back, and does not wait for ever.
_PATIENCE_S = 120.0


@dataclass
class Member:
    """An agent on its way to being ready.

    Attributes
    ----------
    number
        No other one has it, whenever it came.
    machine
        Known after its hello.
    is_ready
        Whether it can be asked to work.
    shown_here
        What its targets say of this machine.
    compiled
        Name of each target that was compiled to how that ended: ``ended`` answers.
    """

    link: Link
    steps: Iterator[None]
    number: int
    machine: Machine | None = None
    is_ready: bool = False
    shown_here: dict[str, str] = field(default_factory=dict)
    compiled: dict[str, Answer] = field(default_factory=dict)


class Crew:
    """All agents of a backend, led to the point where they can work.

    Parameters
    ----------
    backend
        Closed with the crew.
    files
        The project that they load; ``None`` for searches, which bring what they need.
    targets
        To be compiled before an agent is ready; ``None`` among them: the explorer.
    """

    def __init__(
        self,
        backend: Backend,
        files: ProjectFiles | None,
        targets: Sequence[str | None] = (),
    ) -> None:
        self.backend = backend
        self.refused: dict[str, str] = {}
        self._files = files
        self._targets = targets
        self._members: dict[int, Member] = {}
        self._failures: Counter[str] = Counter()  # of machines where none was ever ready
        self._known: set[str] = set()  # where one was
        self._last_ready = 0.0
        self._count = 0

    def look(self) -> None:
        """Hear what has come, and move everyone a step on.

        Raises
        ------
        UsageError
            If all agents have been out of reach for minutes.
        """
        self.backend.pump()
        links = {id(link): link for link in self.backend.links()}
        for gone in self._members.keys() - links.keys():
            name = self._members.pop(gone).link.name
            if name not in self._known:
                self._failures[name] += 1
        for number, link in links.items():
            if number not in self._members and link.name not in self.refused:
                self._count += 1
                member = Member(link, iter(()), self._count)
                member.steps = self._steps(member)
                self._members[number] = member
        for member in list(self._members.values()):
            if not member.is_ready:
                self._move(member)
        self._must_be_within_reach()

    def _must_be_within_reach(self) -> None:
        now = time.monotonic()
        if not self._known or self.ready():
            self._last_ready = now
        elif now - self._last_ready > _PATIENCE_S:
            raise UsageError(
                f"no agent is within reach any more ({', '.join(sorted(self._known))}): "
                "--resume goes on with what is left once they are"
            )

    def ready(self) -> list[Member]:
        """Return those that can be asked to work."""
        return [member for member in self._members.values() if member.is_ready]

    def is_settled(self) -> bool:
        """Whether everyone within reach is ready or refused."""
        if self._failures or not self._members:
            return False
        return all(member.is_ready for member in self._members.values())

    def refuse(self, name: str, why: str) -> None:
        """Use the agents on a machine no more."""
        self.refused[name] = why
        for number, member in list(self._members.items()):
            if member.link.name == name:
                del self._members[number]

    def must_go_on(self) -> None:
        """Raise ``UsageError`` if an agent was refused, or a machine never has one."""
        if self.refused:
            raise UsageError("; ".join(self.refused.values()))
        for name, count in self._failures.items():
            if count >= _MOST_FAILURES:
                raise UsageError(
                    f"{count} agents on {name} died before they were ready: does "
                    "`heald agent` run there?"
                )

    def close(self) -> None:
        """End all agents."""
        self.backend.close()

    def _move(self, member: Member) -> None:
        try:
            next(member.steps)
        except StopIteration:
            member.is_ready = True
            self._known.add(member.link.name)
            self._failures.pop(member.link.name, None)
        except UsageError as error:
            self.refuse(member.link.name, str(error))

    # --- steps: each yield is a look at an agent that has not answered yet ---------------------

    def _steps(self, member: Member) -> Iterator[None]:
        link = member.link
        answer = yield from answered(link.submit("hello"))
        member.machine = machine_of(link.name, answer)
        if self._files is not None:
            yield from self._supply(link, self._files)
            asked = self._files.prepare_fields()
            answer = yield from answered(link.submit("prepare", **asked))
            member.shown_here = _shown_here(answer)
        yield from self._compile(member, member.machine)

    def _supply(self, link: Link, files: ProjectFiles) -> Iterator[None]:
        digests = sorted(files.contents)
        if not digests:
            return
        answer = yield from answered(link.submit("has", digests=digests))
        for digest in answer.get("missing", ()):
            if digest in files.contents:
                data = files.base64_of(digest)
                yield from answered(link.submit("keep", digest=digest, data=data))

    def _compile(self, member: Member, machine: Machine) -> Iterator[None]:
        """Compile everything, as many at a time as there are processors."""
        waiting = list(self._targets)
        running: dict[str | None, Handle] = {}
        while waiting or running:
            while waiting and len(running) < len(machine.processors):
                name = waiting.pop(0)
                running[name] = member.link.submit("compile", target=name)
            for name, handle in list(running.items()):
                answer = handle.poll()
                if answer is None:
                    continue
                del running[name]
                if answer.get("answer") == "refused":
                    raise UsageError(f"{machine.name}: {answer.get('message')}")
                member.compiled[name or ""] = answer
            yield


def answered(handle: Handle) -> Generator[None, None, Answer]:
    """Wait for an answer, a look at a time, and return it.

    Raises
    ------
    UsageError
        If the agent refuses.
    """
    while (answer := handle.poll()) is None or answer.get("answer") == "lost":
        yield  # of a lost one nothing more comes: its link is gone at the next look
    if answer.get("answer") == "refused":
        raise UsageError(str(answer.get("message")))
    return answer


def _shown_here(answer: Mapping[str, Any]) -> dict[str, str]:
    targets = answer.get("targets")
    if not isinstance(targets, dict):
        raise UsageError("an agent does not say which targets it has")
    return {
        str(name): str(facts.get("shown_here", "yes"))
        for name, facts in targets.items()
        if isinstance(facts, dict)
    }
