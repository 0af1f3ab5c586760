"""Hands elsewhere: the slices of a campaign on agents (heald/cluster/).

The leader keeps what it has on one machine: who runs next, results, capsules, explanations.
Only the slices go out. A machine that is lost takes its slices with it; the campaign asks
for them again (heald/campaign/turns.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from heald.campaign.hands import LOST, Child, Failure, Seat
from heald.campaign.preparation import Preparation
from heald.campaign.processors import Processors
from heald.cluster.backend import Answer, Backend, Handle
from heald.cluster.crew import Crew, Member
from heald.cluster.machine import Machine
from heald.cluster.project import ProjectFiles
from heald.targets.isolated import Ended, IsolatedSlice, Work, result_from_json
from heald.targets.target import Target
from heald.topology import this_machine
from heald.verdicts import HealdError, UsageError

_HOWS = ("result", "usage error", "engine error", "signal", "exit", "killed")


class RemoteSlice:
    """A slice that an agent was asked for."""

    def __init__(self, handle: Handle) -> None:
        self.started = time.monotonic()
        self._handle = handle

    @property
    def seconds(self) -> float:
        """Seconds since it was asked for."""
        return time.monotonic() - self.started

    def poll(self) -> Ended | None:
        """Return how it ended, or ``None`` while it runs."""
        answer = self._handle.poll()
        return None if answer is None else ended_of(answer)

    def ask_to_stop(self) -> None:
        """Ask it to end early with the result so far."""
        self._handle.stop(now=False)

    def kill(self) -> Ended:
        """End it now; what it still says is not waited for."""
        self._handle.stop(now=True)
        return Ended("killed", message=f"did not end within {self.seconds:.1f} s")


def ended_of(answer: Answer) -> Ended:
    """Read how a slice ended; it has been through code under test and a network."""
    match answer.get("answer"):
        case "lost":
            return Ended(LOST, message=str(answer.get("message")))
        case "refused":
            return Ended("usage error", message=str(answer.get("message")))
    how = answer.get("how")
    try:
        if how == "result":
            return Ended("result", result_from_json(answer["data"]))
        if how in _HOWS:
            code = answer["code"]
            return Ended(str(how), message=str(answer["message"]), code=int(code))
    except (KeyError, TypeError, ValueError, AttributeError, HealdError) as error:
        return Ended("exit", message=f"its result makes no sense: {error}")
    return Ended("exit", message=f"its result makes no sense: it ended by {how!r}")


class AgentHands:
    """Agents of a backend.

    Parameters
    ----------
    backend
        Taken over.
    files
        The project that they load.
    targets
        Those of the campaign, by name.
    jobs
        How many racing targets run at a time on each machine.
    """

    def __init__(
        self,
        backend: Backend,
        files: ProjectFiles,
        targets: Sequence[str],
        jobs: int,
    ) -> None:
        self._crew = Crew(backend, files, targets)
        self._jobs = jobs
        self._seats: dict[int, tuple[Member, Processors]] = {}
        self._known: dict[str, Machine] = {}
        self._shown: dict[tuple[str, str], str] = {}
        self._explains = False
        self._kinds: tuple[str, ...] = ()
        self._free: dict[str, dict[int, None]] = {}

    def look(self) -> None:
        """Notice who has come and who is gone."""
        self._crew.look()
        ready = {member.number: member for member in self._crew.ready()}
        gone, new = self._seats.keys() - ready.keys(), ready.keys() - self._seats.keys()
        for number in gone:
            kind = _machine(self._seats.pop(number)[0]).kind
            self._free[kind].pop(number, None)
        for number in sorted(new):
            self._welcome(number, ready[number])
        if gone or new:
            kinds = {_machine(member).kind for member, _ in self._seats.values()}
            self._kinds = tuple(sorted(kinds))

    def _welcome(self, number: int, member: Member) -> None:
        machine = member.machine
        assert machine is not None
        self._seats[number] = (member, Processors(self._jobs, machine.processors))
        self._free.setdefault(machine.kind, {})[number] = None
        self._known[machine.name] = machine
        for name, shown in member.shown_here.items():
            self._shown[name, machine.kind] = shown

    def kinds(self) -> Sequence[str]:
        """Return the kinds of machines that are ready."""
        return self._kinds

    def slots(self) -> int:
        """Return how many racing targets can run at a time, everywhere."""
        return max(1, self._jobs * len(self._seats))

    def machines(self) -> Mapping[str, Mapping[str, Any]]:
        """Return facts about each machine that was ever ready."""
        return {
            name: {
                "topology": dict(machine.topology),
                "heald": machine.heald,
                "compiler": machine.compiler,
            }
            for name, machine in self._known.items()
        }

    def shown_here(self, name: str, kind: str) -> str | None:
        """Return what a machine of the kind says of a target."""
        return self._shown.get((name, kind))

    def prepare(
        self, preparation: Preparation, over: Callable[[], bool]
    ) -> Iterator[Failure | None]:
        """Compile here what the leader needs, and on every machine within reach.

        Raises
        ------
        UsageError
            If an agent is not the same heald, or has other files.
        """
        here = this_machine().machine
        for failed in preparation.errors(over):
            self.look()
            if failed is None:
                yield None
            elif self._crew.backend.is_here:
                yield failed[0], here, failed[1]
        while not self._crew.is_settled() and not over():
            self.look()
            self._crew.must_go_on()
            yield None
            time.sleep(0.005)
        told: set[tuple[str, str]] = set()
        for member in self._crew.ready():
            for name, answer in member.compiled.items():
                ended = _compiled(answer)
                key = (name, _machine(member).kind)
                if ended is not None and key not in told:
                    told.add(key)
                    yield (*key, ended)

    def check_identities(self, identities: Mapping[str, Mapping[str, Any]]) -> None:
        """Refuse a machine whose targets are made of other files than here.

        Raises
        ------
        UsageError
            Names the machine, the target and the file.
        """
        for member in self._crew.ready():
            for name, answer in member.compiled.items():
                theirs = _sources(answer.get("identity"))
                for path, digest in _sources(identities.get(name)).items():
                    if theirs.get(path, digest) != digest:
                        raise UsageError(
                            f"{member.link.name} has another {path} than this machine, "
                            f"for {name}: give both the same files"
                        )

    def takes_many(self) -> bool:
        """Return yes."""
        return True

    def take(self, kind: str, wanted: int | None) -> Seat | None:
        """Take a seat on a machine of the kind."""
        free = self._free.get(kind, {})
        for number in free:
            member, processors = self._seats[number]
            places = processors.take(wanted)
            if places is not None:
                if not processors.has_free:
                    del free[number]
                return Seat(_machine(member).name, kind, places, number)
        return None

    def take_here(self) -> Seat | None:
        """Take one processor of this machine; where agents are elsewhere, one at a time."""
        if self._crew.backend.is_here:
            for kind in self.kinds():
                seat = self.take(kind, 1)
                if seat is not None:
                    return seat
            return None
        if self._explains:
            return None
        self._explains = True
        return Seat("", this_machine().machine, ())

    def give_back(self, seat: Seat) -> None:
        """Return what was taken, if its machine is still there."""
        if seat.owner is None:
            self._explains = False
        elif seat.owner in self._seats:
            self._seats[seat.owner][1].give_back(seat.places)
            self._free[seat.kind][seat.owner] = None

    def start(self, seat: Seat, target: Target, *, seconds: float, seed: int) -> Child:
        """Ask for a slice."""
        member, processors = self._seats[seat.owner]
        pinned = processors.pinned(seat.places) if member.link.is_pinned else ()
        handle = member.link.submit(
            "slice",
            target=target.name,
            seed=seed,
            seconds=seconds,
            processors=list(pinned),
        )
        return RemoteSlice(handle)

    def start_here(self, seat: Seat, work: Work) -> Child:
        """Fork something from the leader."""
        pinned: Sequence[int] = ()
        if seat.owner in self._seats:
            member, processors = self._seats[seat.owner]
            pinned = processors.pinned(seat.places) if member.link.is_pinned else ()
        return IsolatedSlice(work, processors=pinned)

    def close(self) -> None:
        """End all agents."""
        self._crew.close()


def _machine(member: Member) -> Machine:
    assert member.machine is not None  # known before it is ready
    return member.machine


def _compiled(answer: Answer) -> Ended | None:
    """Return why a target cannot be run, if that is what compiling it showed."""
    ended = Ended(str(answer.get("how")), message=str(answer.get("message")))
    # A crash, an exit or a hang here is for the first slice to meet, and to report.
    return ended if ended.how in ("usage error", "engine error") else None


def _sources(identity: Any) -> Mapping[str, Any]:
    sources = identity.get("sources") if isinstance(identity, Mapping) else None
    return sources if isinstance(sources, Mapping) else {}
