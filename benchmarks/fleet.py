"""What one leader on one processor keeps up with: hundreds of agents that answer without working.

    python -m benchmarks.fleet [AGENTS] [SECONDS] [SLICE_S]

Each agent says after `SLICE_S` what a slice would have given. All that a leader does is done:
whose turn it is, one transaction a slice, capsules of what fails. Printed are the slices that
it commits a second, what it would commit if it were never without an answer, its processor
time, and its memory after each quarter.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.campaign.agents import AgentHands
from heald.campaign.beginning import begin
from heald.campaign.database import Database
from heald.campaign.plan import Plan
from heald.campaign.run import Campaign
from heald.cluster.machine import hello
from heald.cluster.project import ProjectFiles
from heald.finding import Finding
from heald.stop import Stop
from heald.targets.isolated import result_to_json
from heald.targets.target import SliceResult

_TARGETS = 80


@dataclass
class Target:
    """A target that only a leader sees."""

    name: str
    expected: Any = "sound"
    shown_here: str = "yes"

    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        raise AssertionError("an agent runs it")


class Handle:
    """An answer that is there after a while."""

    def __init__(self, answer: Mapping[str, Any], after_s: float = 0.0) -> None:
        self._answer = answer
        self._at = time.monotonic() + after_s

    def poll(self) -> Mapping[str, Any] | None:
        return self._answer if time.monotonic() >= self._at else None

    def progress(self) -> Mapping[str, Any]:
        return {}

    has_begun = False

    def taken(self) -> Sequence[Mapping[str, Any]]:
        return ()

    def hand_over(self) -> None: ...

    def stop(self, *, now: bool) -> None:
        self._at = 0.0


class Link:
    """An agent that answers without working."""

    is_alive = True
    is_pinned = False

    def __init__(self, name: str) -> None:
        self.name = name

    def submit(self, ask: str, **fields: Any) -> Handle:
        match ask:
            case "hello":
                return Handle({"answer": "hello", **HELLO})
            case "prepare":
                return Handle({"answer": "prepared", "targets": {}})
            case "slice":
                return Handle(_slice(fields), fields["seconds"])
        return Handle({"answer": "ended", "how": "result", "data": {}})


HELLO = hello()


def _slice(fields: Mapping[str, Any]) -> dict[str, Any]:
    seed = fields["seed"]
    bad = seed % 500 == 0
    findings = [Finding("lost update", "2 gave 1", seed=seed)] if bad else []
    outcomes = {f"{n} {seed % 7}": n + 1 for n in range(20)}
    result = SliceResult(1000, fields["seconds"], outcomes, findings, ("a note",))
    return {"answer": "ended", "how": "result", "data": result_to_json(result)}


class Fleet:
    """A backend of such agents."""

    is_here = False

    def __init__(self, count: int) -> None:
        self._links = [Link(f"simulated-{number}") for number in range(count)]

    def links(self) -> Sequence[Link]:
        return self._links

    def pump(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class Seen:
    """What a leader did.

    Attributes
    ----------
    slices, seconds, busy_s
        Committed; wall clock and processor time of that.
    memory_mb
        Of the process after each quarter of the time.
    """

    slices: int = 0
    seconds: float = 0.0
    busy_s: float = 0.0
    memory_mb: tuple[float, ...] = ()


class _Watcher:
    def __init__(self, budget_s: float) -> None:
        self.budget_s = budget_s
        self.memory_mb: list[float] = []
        self.busy_s = 0.0

    def begun(self, campaign: Campaign) -> None: ...

    def found(self, *_: Any) -> None: ...

    def explained(self, *_: Any) -> None: ...

    def went_on(self, campaign: Campaign) -> None:
        if not campaign.preparing_s:
            self.busy_s = time.process_time()
        if campaign.clock.used_s > self.budget_s / 4 * (len(self.memory_mb) + 1):
            self.memory_mb.append(_memory_mb())


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measure(agents: int, seconds: float, slice_s: float) -> Seen:
    """Lead so many agents for so long."""
    targets = {
        f"subject/{number}": Target(f"subject/{number}") for number in range(_TARGETS)
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        Database(Path(folder, "r.db")) as database,
    ):
        plan = Plan(budget_s=seconds, jobs=1, seed=1, slice_s=slice_s)
        hands = AgentHands(Fleet(agents), ProjectFiles(".", ()), list(targets), plan.jobs)
        campaign = begin(
            plan,
            {name: (target, "simulated") for name, target in targets.items()},
            database,
            capsules=Path(folder, "capsules"),
            hands=hands,
        )
        watcher = _Watcher(seconds)
        began = time.monotonic()
        campaign.run(watcher)
        took = time.monotonic() - began - campaign.preparing_s
        slices = sum(record.slices for record in campaign.records.values())
        busy_s = time.process_time() - watcher.busy_s
    return Seen(slices, took, busy_s, tuple(watcher.memory_mb))


def main() -> None:
    words = [float(word) for word in sys.argv[1:]] if __name__ == "__main__" else []
    agents, seconds, slice_s = (*words, *(500.0, 20.0, 1.0)[len(words) :])
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    seen = measure(int(agents), seconds, slice_s)
    each_ms = 1000 * seen.busy_s / max(1, seen.slices)
    print(f"{int(agents)} agents, slices of {slice_s:g} s, a leader on one processor:")
    print(f"  {seen.slices / seen.seconds:8.0f} slices/s committed", end="")
    print(
        f" ({seen.slices:,} in {seen.seconds:.1f} s; {agents / slice_s:.0f} were there)"
    )
    print(
        f"  {each_ms:8.2f} ms of its processor each: it ends at {1000 / each_ms:.0f} slices/s"
    )
    print(f"  {', '.join(f'{mb:.0f}' for mb in seen.memory_mb):>8} MB after each quarter")


if __name__ == "__main__":
    main()
