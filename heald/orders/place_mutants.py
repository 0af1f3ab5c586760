"""What became of each order of a program or a subject that was weakened."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from heald.building.frames import Spot
from heald.orders.grounds import Grounds
from heald.scenario import Scenario
from heald.verdicts import Verdict

State = Literal["needed", "stronger", "never run", "undecided"]
STATES: tuple[State, ...] = ("needed", "stronger", "never run", "undecided")


@dataclass(frozen=True)
class PlaceMutant:
    """What became of one order when it was weakened.

    Attributes
    ----------
    spot
        Innermost position in the user's files, relative to the current directory.
    number
        From 1 among the operations of that line that the table has; 0 if it has one only.
    name
        What the author calls the order there, such as ``RING_PUBLISH``; empty: nothing.
    operation, old, new
        What it is; ``new`` is ``"removed"`` for a fence that goes.
    sites
        How many places in the machine code have their order from there.
    override
        The change as ``--order`` takes it.
    failure
        Of an execution that fails without it.
    scenario
        Of a subject: where it fails.
    executions
        How many of it were explored; all there are if it is stronger than needed.
    beyond_rc11
        Whether load buffering could need it all the same.
    why
        It is undecided.
    step
        1: next below what is written; more: everything above was stronger than needed.
    """

    spot: Spot
    number: int
    operation: str
    old: str
    new: str
    state: State
    sites: int
    name: str = ""
    override: str = ""
    failure: Mapping[str, Any] | None = None
    scenario: Scenario | None = None
    executions: int = 0
    beyond_rc11: bool = False
    why: str = ""
    step: int = 1

    @property
    def place(self) -> str:
        """The place as people write it, ``queue.c:31`` or ``queue.c:31#2``."""
        number = f"#{self.number}" if self.number else ""
        return f"{os.path.relpath(self.spot.file)}:{self.spot.line}{number}"

    def to_json(self) -> dict[str, Any]:
        """Return one entry of ``mutants``."""
        return {
            "file": os.path.relpath(self.spot.file),
            "line": self.spot.line,
            "column": self.spot.column,
            "number": self.number,
            "name": self.name or None,
            "operation": self.operation,
            "from": self.old,
            "to": self.new,
            "state": self.state,
            "sites": self.sites,
            "order": self.override or None,
            "kind": self.failure["kind"] if self.failure else None,
            "message": self.failure["message"] if self.failure else None,
            "scenario": self.scenario.to_json() if self.scenario else None,
            "schedule": self.failure.get("schedule") if self.failure else None,
            "executions": self.executions,
            "beyond_rc11": self.beyond_rc11,
            "why": self.why or None,
            "step": self.step,
        }


@dataclass(frozen=True)
class PlaceMutation:
    """All mutants of one program, or of one subject.

    Attributes
    ----------
    failure
        Of the program itself: nothing can be said of its mutants.
    unwatched
        Whether operations that never executed could not be looked for.
    grounds
        Of a subject: the scenarios.
    """

    name: str
    model: str
    verdict: Verdict
    mutants: Sequence[PlaceMutant] = ()
    executions: int = 0
    seconds: float = 0.0
    failure: Mapping[str, Any] | None = None
    unwatched: bool = False
    grounds: Grounds = field(default_factory=Grounds)

    def count(self, state: State) -> int:
        """Count the mutants of one state."""
        return sum(mutant.state == state for mutant in self.mutants)

    def shown_needed(self) -> tuple[int, int]:
        """Return how many orders are needed, at some step or other, and of how many."""
        states: dict[tuple[object, ...], set[State]] = {}
        for each in self.mutants:
            order = each.spot, each.number, each.operation, each.old
            states.setdefault(order, set()).add(each.state)
        needed = sum("needed" in found for found in states.values())
        stronger = sum(found == {"stronger"} for found in states.values())
        return needed, needed + stronger

    @property
    def score(self) -> float | None:
        """Needed ones among those that are needed or undecided; None: there are none."""
        wanted = self.count("needed") + self.count("undecided")
        return self.count("needed") / wanted if wanted else None

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``heald mutate program.c --json`` prints."""
        return {
            "program": self.name,
            "model": self.model,
            "verdict": self.verdict.value,
            "executions": self.executions,
            "seconds": round(self.seconds, 3),
            "needed": self.count("needed"),
            "stronger": self.count("stronger"),
            "never_run": self.count("never run"),
            "undecided": self.count("undecided"),
            "score": self.score,
            "failure": self.failure,
            "mutants": [mutant.to_json() for mutant in self.mutants],
        }
