"""Who runs the slices of a campaign: this process's own children, or agents elsewhere.

A *seat* is the processors of one machine that a slice takes and gives back. Machines are of
*kinds*, such as x86_64 and aarch64: what a target shows depends on it, so each kind has its
own shares of the time. On one machine there is one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from heald.campaign.preparation import Preparation
from heald.campaign.processors import Processors
from heald.stop import Stop
from heald.targets.isolated import Ended, IsolatedSlice, Work
from heald.targets.target import SliceResult, Target
from heald.topology import this_machine


class Child(Protocol):
    """A slice at work, wherever that is."""

    started: float

    @property
    def seconds(self) -> float:
        """Seconds since it was started."""

    def poll(self) -> Ended | None:
        """Return how it ended, or ``None`` while it runs. Does not wait."""

    def ask_to_stop(self) -> None:
        """Ask it to end early with the result so far."""

    def kill(self) -> Ended:
        """End it now."""


@dataclass(frozen=True)
class Seat:
    """Processors of a machine.

    Attributes
    ----------
    machine
        Its name; empty for this one, without agents.
    kind
        Of the machine.
    places
        What was taken.
    owner
        Whose they are.
    """

    machine: str
    kind: str
    places: tuple[int, ...]
    owner: Any = None


LOST = "lost"
"""How a slice ended whose machine is gone."""

Failure = tuple[str, str, Ended]
"""Name of a target that cannot be run, the kind of machine where, and why."""


class Hands(Protocol):
    """Whoever runs slices."""

    def look(self) -> None:
        """Notice who has come and who is gone; does not wait."""

    def kinds(self) -> Sequence[str]:
        """Return the kinds of machines that there are now."""

    def slots(self) -> int:
        """Return how many racing targets can run at a time."""

    def machines(self) -> Mapping[str, Mapping[str, Any]]:
        """Return facts about each machine by name: topology, heald, compiler."""

    def shown_here(self, name: str, kind: str) -> str | None:
        """Return what a machine of the kind says of a target; ``None``: nothing."""

    def prepare(
        self, preparation: Preparation, over: Callable[[], bool]
    ) -> Iterator[Failure | None]:
        """Compile everything; yield who cannot be run, and ``None`` while time passes."""

    def check_identities(self, identities: Mapping[str, Mapping[str, Any]]) -> None:
        """Raise ``UsageError`` if a machine has other sources of a target than these."""

    def takes_many(self) -> bool:
        """Whether a target may run several times at a time: on several machines."""

    def take(self, kind: str, wanted: int | None) -> Seat | None:
        """Take a seat on a machine of the kind, or return ``None`` while there is none."""

    def take_here(self) -> Seat | None:
        """Take one processor of this machine, for what only the leader can do."""

    def give_back(self, seat: Seat) -> None:
        """Return what was taken."""

    def start(self, seat: Seat, target: Target, *, seconds: float, seed: int) -> Child:
        """Run a slice there."""

    def start_here(self, seat: Seat, work: Work) -> Child:
        """Run something in a child of this process."""

    def close(self) -> None:
        """Let go of whoever is not this process."""


class OwnHands:
    """Children of this process.

    Parameters
    ----------
    jobs
        How many racing targets run at a time.
    """

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._processors = Processors(jobs)
        self._kind = this_machine().machine

    def look(self) -> None:
        """There is nobody to look for."""

    def kinds(self) -> Sequence[str]:
        """Return the one kind."""
        return (self._kind,)

    def slots(self) -> int:
        """Return the number of jobs."""
        return self._jobs

    def machines(self) -> Mapping[str, Mapping[str, Any]]:
        """Return none: the campaign itself says where it runs."""
        return {}

    def shown_here(self, name: str, kind: str) -> str | None:
        """Return nothing: the targets are asked themselves."""
        return None

    def prepare(
        self, preparation: Preparation, over: Callable[[], bool]
    ) -> Iterator[Failure | None]:
        """Compile everything here."""
        for failed in preparation.errors(over):
            yield None if failed is None else (failed[0], self._kind, failed[1])

    def check_identities(self, identities: Mapping[str, Mapping[str, Any]]) -> None:
        """Pass: the files are the same ones."""

    def takes_many(self) -> bool:
        """Return no."""
        return False

    def take(self, kind: str, wanted: int | None) -> Seat | None:
        """Take processors."""
        places = self._processors.take(wanted)
        return None if places is None else Seat("", self._kind, places)

    def take_here(self) -> Seat | None:
        """Take one processor."""
        return self.take(self._kind, 1)

    def give_back(self, seat: Seat) -> None:
        """Return what was taken."""
        self._processors.give_back(seat.places)

    def start(self, seat: Seat, target: Target, *, seconds: float, seed: int) -> Child:
        """Fork a slice."""

        def work(stop: Stop) -> SliceResult:
            return target.run_slice(seconds=seconds, seed=seed, stop=stop)

        return self.start_here(seat, work)

    def start_here(self, seat: Seat, work: Work) -> Child:
        """Fork something."""
        return IsolatedSlice(work, processors=self._processors.pinned(seat.places))

    def close(self) -> None:
        """Nobody is to be let go."""
