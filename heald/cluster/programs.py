"""A compiled program, wherever it is explored: sent as it is, or compiled there from its texts.

The binary goes to machines that would have made the same one: same family of processors, same
C library, same compiler. Others get the texts and compile them; what a place in such a
program is called is then said there, for its addresses mean nothing here.
"""

from __future__ import annotations

import base64
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from heald.cluster.backend import Handle
from heald.cluster.blobs import digest_of_bytes
from heald.cluster.crew import Crew, Member, answered
from heald.cluster.machine import builds_as_here
from heald.explorer.process import MadeOf
from heald.explorer.sites import name_places
from heald.verdicts import EngineError, UsageError

#: Options whose values are addresses in the one binary.
_OF_THE_BINARY = ("--order", "--places")


@dataclass(frozen=True)
class There:
    """A program on an agent.

    Attributes
    ----------
    root
        Where its texts were laid out; empty if it is our own binary.
    """

    digest: str
    root: str


class Programs:
    """One program on all agents.

    Parameters
    ----------
    program
        The binary here.
    made_of
        Says what it is made of; ``None``: it cannot be compiled elsewhere.
    """

    def __init__(self, program: Path, made_of: MadeOf | None) -> None:
        self.made_of = made_of
        self._program = program
        self._content = program.read_bytes()
        self._there: dict[int, There] = {}
        self._useless: set[int] = set()
        self._steps: dict[int, tuple[Member, Iterator[None]]] = {}

    @cached_property
    def _recipe(self) -> Mapping[str, Any]:
        assert self.made_of is not None
        return self.made_of()

    def look(self, crew: Crew) -> None:
        """Move each agent that is ready a step towards having the program."""
        for member in crew.ready():
            number = member.number
            if number not in self._steps:
                self._steps[number] = (member, self._supply(member))
            if number not in self._there and number not in self._useless:
                try:
                    next(self._steps[number][1])
                except StopIteration:
                    if number not in self._there:
                        self._useless.add(number)
        if crew.is_settled() and all(m.number in self._useless for m in crew.ready()):
            raise UsageError(
                "no agent can run what is compiled here: they have other processors, "
                "another compiler or another C library"
            )

    def is_settled(self, crew: Crew) -> bool:
        """Whether each agent that is ready has it, or will never."""
        known = self._there.keys() | self._useless
        return all(member.number in known for member in crew.ready())

    def ready(self, crew: Crew, options: Sequence[str]) -> list[Member]:
        """Return the agents that can explore it under these options."""
        own_only = any(option in _OF_THE_BINARY for option in options)
        return [
            member
            for member in crew.ready()
            if (there := self._there.get(member.number)) is not None
            and not (own_only and there.root)
        ]

    def of(self, member: Member) -> There:
        """Return the program on an agent that is ready."""
        return self._there[member.number]

    def name(self, failures: Sequence[dict[str, Any]]) -> None:
        """Name the places of failures of our own binary, where others name theirs."""
        if self.made_of is not None:
            name_places(self._program, failures)

    def _supply(self, member: Member) -> Iterator[None]:
        assert member.machine is not None  # known before it is ready
        if member.machine.builds_as == builds_as_here():
            digest = digest_of_bytes(self._content)
            yield from self._send(member, {digest: self._content})
            self._there[member.number] = There(digest, "")
        elif self.made_of is not None:
            yield from self._build(member)

    def _send(self, member: Member, contents: Mapping[str, bytes]) -> Iterator[None]:
        asked = member.link.submit("has", digests=sorted(contents))
        answer = yield from answered(asked)
        for digest in answer.get("missing", ()):
            data = base64.b64encode(contents[digest]).decode()
            yield from answered(member.link.submit("keep", digest=digest, data=data))

    def _build(self, member: Member) -> Iterator[None]:
        texts = {name: text.encode() for name, text in self._recipe["texts"].items()}
        files = {name: digest_of_bytes(text) for name, text in texts.items()}
        yield from self._send(member, {files[name]: text for name, text in texts.items()})
        keys = ("folder", "sources", "stdin", "cflags", "trust")
        fields = {key: self._recipe[key] for key in keys}
        data = yield from _ended(member.link.submit("build", files=files, **fields))
        self._there[member.number] = There(str(data["program"]), str(data["root"]))


def _ended(handle: Handle) -> Generator[None, None, Mapping[str, Any]]:
    answer = yield from answered(handle)
    match answer.get("how"):
        case "result":
            data = answer.get("data")
            assert isinstance(data, dict)
            return data
        case "usage error":
            raise UsageError(str(answer.get("message")))
    raise EngineError(f"an agent did not compile the program: {answer.get('message')}")
