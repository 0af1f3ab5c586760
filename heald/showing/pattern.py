"""What the rules of ``heald.showing.diagnosis`` share: a trace with questions, and words for it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, TypeAlias

Step: TypeAlias = Mapping[str, Any]

RELEASES = frozenset({"release", "acq_rel", "seq_cst"})
ACQUIRES = frozenset({"acquire", "consume", "acq_rel", "seq_cst"})
LOADS = frozenset({"load", "read"})
STORES = frozenset({"store", "write"})
READS = LOADS | {"rmw", "cas"}
WRITES = STORES | {"rmw", "cas"}


@dataclass(frozen=True)
class Diagnosis:
    """A bug by name.

    Attributes
    ----------
    name
        ``"ABA"``, ``"lost update"``, ... or the failure's kind where no rule fits.
    line
        The name and what happened, with places; one line.
    advice
        The known cures of an algorithm that has this bug; else empty.
    suspicion
        Orders that seem to be missing. Nobody has tried them: what looks like a missing pair
        may be another bug.
    marks
        What there is to say of the steps that show it, by their index in the trace.
    is_by_rule
        Whether a rule found the pattern; else the line is the failure's own words.
    """

    name: str
    line: str
    advice: str = ""
    suspicion: str = ""
    marks: Mapping[int, str] = field(default_factory=dict)
    is_by_rule: bool = True

    def to_json(self) -> dict[str, str]:
        """Return its parts by name."""
        return {
            "name": self.name,
            "line": self.line,
            "advice": self.advice,
            "suspicion": self.suspicion,
        }


class Run:
    """A trace, with the questions that the rules ask."""

    def __init__(self, steps: Sequence[Step], pending: Sequence[Step]) -> None:
        self.steps = steps
        self.pending = pending
        self._of_thread: dict[int, list[int]] = {}
        self._written: dict[str, list[int]] = {}
        for index, step in enumerate(steps):
            self._of_thread.setdefault(step["thread"], []).append(index)
            if is_write(step):
                self._written.setdefault(str(step.get("at")), []).append(index)

    def reads(self) -> Iterator[tuple[int, Step]]:
        """Yield atomic reads with their index."""
        return (
            (index, step)
            for index, step in enumerate(self.steps)
            if step["op"] in READS and "from" in step
        )

    def writes(self, at: str, after: int, before: int) -> list[int]:
        """Return the atomic writes to a place, strictly between two steps."""
        return _between(self._written.get(at, []), after, before)

    def guess(self, index: int) -> int | None:
        """Return the thread's latest read of the same place with the same value before."""
        step = self.steps[index]
        for earlier in range(index - 1, -1, -1):
            other = self.steps[earlier]
            if other["thread"] != step["thread"]:
                continue
            if other["op"] == "call":
                return None
            if other.get("at") == step["at"] and other["op"] in READS:
                return earlier if other.get("old") == step.get("old") else None
        return None

    def call_of(self, index: int) -> str:
        """Return the scenario's call that a step belongs to, or nothing."""
        thread = self.steps[index]["thread"]
        for earlier in range(index, -1, -1):
            step = self.steps[earlier]
            if step["thread"] == thread and step["op"] in ("call", "return"):
                return str(step.get("at", "")) if step["op"] == "call" else ""
        return ""

    def own(self, thread: int, after: int, before: int) -> Iterator[tuple[int, Step]]:
        """Yield one thread's steps, strictly between two."""
        for index in _between(self._of_thread.get(thread, []), after, before):
            yield index, self.steps[index]


def _between(indices: Sequence[int], after: int, before: int) -> list[int]:
    """Return those strictly between two, of some in ascending order."""
    return [*indices[bisect_right(indices, after) : bisect_left(indices, before)]]


def missing_pair(run: Run, pair: tuple[int, int], written: int, read: int) -> str:
    """Say which half of the release/acquire pair is not there."""
    raised, seen = run.steps[pair[0]], run.steps[pair[1]]
    releases = raised.get("order") in RELEASES or any(
        step["op"] == "fence" and step.get("order") in RELEASES
        for _, step in run.own(raised["thread"], written, pair[0])
    )
    acquires = seen.get("order") in ACQUIRES or any(
        step["op"] == "fence" and step.get("order") in ACQUIRES
        for _, step in run.own(seen["thread"], pair[1], read)
    )
    if line_of(raised) == line_of(seen):
        return f"the update at {line_of(raised)} must be an acq_rel one"
    store, load = f"the store at {line_of(raised)}", f"the load at {line_of(seen)}"
    missing = {
        (False, False): f"{store} must be a release and {load} an acquire",
        (False, True): f"{store} must be a release, or follow a release fence",
        (True, False): f"{load} must be an acquire, or an acquire fence follow it",
        (True, True): "what is between them orders nothing",
    }[releases, acquires]
    return f"the release/acquire pair {line_of(raised)} / {line_of(seen)} is missing: {missing}"


def is_write(step: Step) -> bool:
    """Whether a step changed what is in memory."""
    return step["op"] in WRITES and step.get("succeeded") is not False


def said_of(place: Step) -> str:
    """Return the verb for what was done at a place of the failure."""
    access = str(place.get("access", "touches"))
    if access in ("read", "write"):
        return f"{access}s"
    return {
        "atomic load": "loads",
        "atomic store": "stores",
        "atomic update": "updates",
        "freed": "frees",
        "allocated": "allocated",
    }.get(access, access)


def who(step: Step) -> str:
    """Name the thread of a step."""
    number = step.get("thread")
    return "main" if number == 0 else f"thread {number}"


def all_of(numbers: set[int]) -> str:
    """Name several threads."""
    named = ["main" if number == 0 else str(number) for number in sorted(numbers)]
    if len(named) == 1:
        return named[0] if named == ["main"] else f"thread {named[0]}"
    return f"threads {', '.join(named[:-1])} and {named[-1]}"


def line_of(step: Step) -> str:
    """Return file and line of a step."""
    if not step.get("file"):
        return "an unknown place"
    return f"{PurePath(step['file']).name}:{step['line']}"
