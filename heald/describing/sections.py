"""Critical sections for a lock: one that counts in plain memory, one that only looks.

A library has many ways to take one lock (elided, adaptive, recursive): of each side, writing
and reading, the plainest is taken, and the others are left out by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from heald.describing.guesses import (
    Guess,
    Part,
    has_value,
    is_shared,
    only_one_writes,
    words,
)
from heald.describing.names import declared, partner
from heald.describing.step import Step
from heald.subject.declarations import CType, Declaration, Parameter


@dataclass(frozen=True)
class Section:
    """What is done under a lock.

    Attributes
    ----------
    nodes
        Types of what the lock is handed beside its state, as a queued lock's node.
    ends
        How many of them the unlock is handed.
    is_shared
        Whether several may be in it at once: they only look.
    """

    name: str
    lock: str
    unlock: str
    nodes: tuple[str, ...]
    ends: int
    is_shared: bool
    role: str | None

    def text(self, name: str, own: str, it: str) -> list[str]:
        """Return the C of it, a line each."""
        told = "Nobody counts while somebody looks: that would be a data race."
        if not self.is_shared:
            told = "Two threads at once in here are a data race, or a number given twice."
        arguments = ", ".join([it, *(f"&node{i}" for i in range(len(self.nodes)))])
        ends = ", ".join([it, *(f"&node{i}" for i in range(self.ends))])
        return [
            f"/* {told} */",
            self._declaration(name, own).text,
            "{",
            *(f"    {text} node{i} = {{0}};" for i, text in enumerate(self.nodes)),
            f"    {self.lock}({arguments});",
            f"    int number = {'' if self.is_shared else '++'}s->entered;",
            f"    {self.unlock}({ends});",
            "    return number;",
            "}",
        ]

    def step(self, name: str, own: str) -> Step:
        """Return the operation that enters it."""
        declaration = self._declaration(name, own)
        part = Part.LOOK if self.is_shared else Part.LOCK
        return Step(
            self.name,
            declaration.name,
            declaration.text,
            part,
            declaration.returns,
            role=self.role,
        )

    def _declaration(self, name: str, own: str) -> Declaration:
        return declared(
            f"{name}_subject_{self.name}",
            CType("int", "integer", 32),
            [Parameter("s", CType(own, "pointer"))],
        )


def sections_of(
    functions: Iterable[Declaration], guess: Guess
) -> tuple[list[Section], list[tuple[str, str]]]:
    """Return the sections, and the ways to lock that are left out, each with the reason."""
    by_part: dict[Part, list[Declaration]] = {Part.LOCK: [], Part.UNLOCK: []}
    for function in functions:
        part = guess.parts.get(function.name)
        if part in by_part:
            by_part[part].append(function)
    sections, left_out = [], []
    title = {w for f in by_part[Part.LOCK] for w in words(f.name)}
    for side, name in ((False, "section"), (True, "look")):
        locks = [f for f in by_part[Part.LOCK] if is_shared(f) is side]
        unlocks = [f for f in by_part[Part.UNLOCK] if is_shared(f) is side]
        if not unlocks:
            left_out += [(f.name, "nothing is known that unlocks it") for f in locks]
            continue
        for number, lock in enumerate(sorted(locks, key=_plainness)):
            if number:
                left_out.append((lock.name, "another way to take the same lock"))
                continue
            role = "writer" if not side and only_one_writes(title) else None
            sections.append(_section(name, lock, unlocks, guess, role))
    return sections, left_out


def _plainness(lock: Declaration) -> tuple[int, int]:
    return len(lock.parameters), len(lock.name)


def _section(
    name: str,
    lock: Declaration,
    unlocks: Sequence[Declaration],
    guess: Guess,
    role: str | None,
) -> Section:
    unlock = partner(lock, unlocks)
    nodes = tuple(t.text for t in has_value(lock, guess.state))
    ends = len(unlock.parameters) - 1
    return Section(name, lock.name, unlock.name, nodes, ends, is_shared(lock), role)
