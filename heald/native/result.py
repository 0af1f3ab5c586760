"""What a native run gave: outcomes and how often, findings, and whether to believe it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from heald.finding import Finding
from heald.history import Event, History
from heald.native.settings import Settings
from heald.scenario import Outcome, Scenario
from heald.subject.layout import Layout


@dataclass(frozen=True, slots=True)
class Power:
    """How the power check went: a racy counter, with the same threads and placement.

    Attributes
    ----------
    lost
        Updates that it lost; 0 means that this run could not have seen a race.
    samples, seconds
        What that took.
    """

    lost: int
    samples: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the parts by name."""
        return {"lost": self.lost, "samples": self.samples, "seconds": self.seconds}


@dataclass(frozen=True)
class NativeResult:
    """One run of one scenario.

    Attributes
    ----------
    samples
        Finished ones, whatever their outcome.
    seconds
        Wall clock: making and ending states included, the power check not.
    histogram
        Outcomes whose invariant held, with their counts. Grading them is up to the
        subject's model (``heald.models.grading``).
    histories
        The same with the order of the calls in time, if histories were asked for.
    findings
        Crashes, hangs, exits, broken invariants, ...
    settings
        Those that interleaved most; ``None`` if no round was finished.
    power
        ``None`` if it was not made: one thread, or not asked for.
    doubts
        Why the run could not have seen a failure; empty for a run to be believed.
    overlap
        Share of the samples looked at in which calls of two threads overlapped.
    """

    scenario: Scenario
    seed: int
    samples: int
    seconds: float
    histogram: Mapping[Outcome, int]
    histories: Mapping[History, int]
    findings: Sequence[Finding]
    settings: Settings | None
    power: Power | None
    overlap: float
    notes: Sequence[str] = ()
    doubts: Sequence[str] = ()

    @property
    def trustworthy(self) -> bool:
        """Whether the run could have seen a failure; one that it did see always counts."""
        return not self.doubts

    @property
    def samples_per_s(self) -> float:
        """Samples per second of wall clock; 0 for an empty run."""
        return self.samples / self.seconds if self.seconds > 0 else 0.0


@dataclass
class Tally:
    """Outcomes of a run put together, over all the processes that it took."""

    scenario: Scenario
    layout: Layout
    histogram: dict[Outcome, int] = field(default_factory=dict)
    histories: dict[History, int] = field(default_factory=dict)
    broken: dict[Outcome, int] = field(default_factory=dict)

    def add(self, entries: Iterable[tuple[int, tuple[int, ...]]]) -> None:
        """Add (count, slots) pairs of one process; slots as in ``stress.h``."""
        results = self.layout.result_count
        for count, slots in entries:
            outcome = self.layout.outcome(slots[1 : 1 + results])
            target = self.histogram if slots[0] else self.broken
            target[outcome] = target.get(outcome, 0) + count
            epochs = slots[1 + results :]
            if epochs and slots[0]:
                history = history_of(self.scenario, outcome, epochs)
                self.histories[history] = self.histories.get(history, 0) + count


def history_of(scenario: Scenario, outcome: Outcome, epochs: Sequence[int]) -> History:
    """Put a history together from results and two epochs per call of each thread.

    Calls before and after the threads get stamps of their own, outside of the others.
    """
    pairs = iter(zip(epochs[::2], epochs[1::2], strict=True))
    events = []
    first = -len(scenario.before)
    for at, (call, result) in enumerate(zip(scenario.before, outcome[0], strict=True)):
        events.append(Event(0, call, first + at, first + at, result))
    for number, calls in enumerate(scenario.threads, 1):
        for call, result in zip(calls, outcome[number], strict=True):
            called, returned = next(pairs)
            events.append(Event(number, call, called, returned, result))
    last = max(epochs, default=0) + 1
    for at, (call, result) in enumerate(zip(scenario.after, outcome[-1], strict=True)):
        events.append(Event(0, call, last + at, last + at, result))
    return History(tuple(events))
