"""What comes from slices is kept, once, and only then told of: capsule, commit, announcement.

A slice gives a result, or dies, or its machine is lost; an explanation says what the explorer
found. Whoever cannot be run is retired here with the reason.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from heald.campaign.clock import Clock
from heald.campaign.database import Database
from heald.campaign.explanations import NOT_EXPLAINED, Explanations, Request
from heald.campaign.hands import LOST, Child, Hands, Seat
from heald.campaign.record import Record
from heald.campaign.turns import Errand, Turns
from heald.capsule import capsule_of, load_capsule
from heald.finding import Finding
from heald.kinds import of_ended
from heald.targets.isolated import Ended
from heald.targets.places import file_of
from heald.targets.target import SliceResult, Target

#: Capsules kept per target and kind of finding: the hundredth teaches nothing.
CAPSULES_PER_KIND = 5

_LATE = 1000  # answers of lost machines that may still come


class Hearer(Protocol):
    """Who is told of what was found. Everything it hears of is committed already."""

    def found(self, record: Record, finding: Finding, capsule: str) -> None:
        """Tell of a finding with a new capsule."""

    def explained(self, record: Record, capsule: str) -> None:
        """Tell of what the explorer found of a capsule."""


@dataclass
class News:
    """What is told when it is committed, in its order."""

    found_: list[tuple[Record, Finding, str]] = field(default_factory=list)
    explained_: list[tuple[Record, str]] = field(default_factory=list)

    def found(self, record: Record, finding: Finding, capsule: str) -> None:
        """Tell later of a finding with a new capsule."""
        self.found_.append((record, finding, capsule))

    def explained(self, record: Record, capsule: str) -> None:
        """Tell later of what the explorer found of a capsule."""
        self.explained_.append((record, capsule))

    def tell(self, hearer: Hearer) -> None:
        """Tell now."""
        for each in self.found_:
            hearer.found(*each)
        for one in self.explained_:
            hearer.explained(*one)


@dataclass
class Lane:
    """One slice that runs, or one explanation."""

    record: Record
    errand: Errand
    child: Child
    seat: Seat
    explains: Request | None = None
    asked_to_stop: bool = False


@dataclass
class Keeping:
    """Where what comes from the slices of a campaign is kept.

    Attributes
    ----------
    id, numbers
        Of the campaign and of its targets, in the database.
    identities
        What each target is: asked before the first slice.
    explanations
        What waits to be searched for in the explorer.
    """

    id: int
    database: Database
    capsules: Path
    targets: Mapping[str, tuple[Target, str]]
    turns: Turns
    hands: Hands
    clock: Clock
    patience_s: float
    numbers: Mapping[str, int]
    explanations: Explanations
    identities: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    _machines: dict[str, int] = field(default_factory=dict)
    _late: deque[Lane] = field(default_factory=lambda: deque(maxlen=_LATE))
    _announced: set[tuple[str, str]] = field(default_factory=set)

    def take(self, lane: Lane, ended: Ended, news: News) -> None:
        """Keep what a slice gave, then tell of it."""
        record = lane.record
        if lane.explains is not None:
            self.explanations.spent(lane.child.seconds)
            self._take_explanation(lane.explains, ended, news)
            return
        if ended.how in ("usage error", "engine error"):
            self.retire(record, ended, lane.seat.kind)
            return
        if ended.how == LOST:
            self._lose(lane, ended, news)
            return
        result = ended.result if ended.how == "result" else None
        self._keep(lane, result or self.died(lane, ended), news)

    def _keep(self, lane: Lane, result: SliceResult, news: News) -> None:
        """Commit the result of a slice, once, and tell of it."""
        record = lane.record
        kept = self.keep_capsules(record, result.findings)
        is_new = self.database.add_slice(
            self.id,
            self.numbers[record.name],
            result,
            seed=lane.errand.seed,
            used_s=self.clock.used_s,
            capsules=kept,
            number=lane.errand.number,
            machine=self._machine(lane.seat.machine),
        )
        if not is_new:  # asked for again, and both answered
            return
        discoveries = record.add(result, lane.seat.kind)
        self.turns.took(
            record.name,
            lane.seat.kind,
            seconds=lane.child.seconds,
            discoveries=discoveries,
        )
        for finding_index, path in kept.items():
            if path not in record.capsules:
                record.capsules.append(path)
                finding = result.findings[finding_index]
                self._announce(record, finding, path, news)
                target, place = self.targets[record.name]
                self.explanations.offer(record, target, finding, place, path)

    def _lose(self, lane: Lane, ended: Ended, news: News) -> None:
        """Ask again for a slice whose machine was lost; three losses are a finding."""
        self._late.append(lane)
        given_up = self.turns.lose(lane.errand, lane.seat.machine)
        if given_up is None:
            return
        self.turns.retire(lane.record.name)
        machines = ", ".join(given_up.losses)
        finding = Finding(
            LOST,
            f"kills its machine: {len(given_up.losses)} were lost while it ran ({machines})",
            seed=given_up.seed,
            detail={"slice_s": given_up.slice_s, "machines": list(given_up.losses)},
        )
        self._keep(lane, SliceResult(0, lane.child.seconds, findings=(finding,)), news)

    def take_late(self, hearer: Hearer) -> None:
        """Keep what comes from machines that were taken for lost; it counts once."""
        for lane in list(self._late):
            ended = lane.child.poll()
            if ended is not None and ended.how == "result" and ended.result is not None:
                self._late.remove(lane)
                news = News()
                self._keep(lane, ended.result, news)
                news.tell(hearer)

    def _machine(self, name: str) -> int | None:
        """Return the number of a machine in the database; it is made known there."""
        if not name:
            return None
        if name not in self._machines:
            facts = self.hands.machines()[name]
            self._machines[name] = self.database.add_machine(self.id, name, facts)
        return self._machines[name]

    def _take_explanation(self, request: Request, ended: Ended, news: News) -> None:
        """Keep what the explorer found; the child has written it into the capsule."""
        explanation: Mapping[str, Any] = {}
        if ended.how == "result":
            explanation = load_capsule(Path(request.capsule)).explanation
        elif ended.message and ended.how != "killed":
            explanation = {"found": False, "text": f"not explained: {ended.message}"}
        record = request.record
        record.explained[request.capsule] = explanation or {
            "found": False,
            "text": NOT_EXPLAINED,
        }
        self.database.add_explanation(
            self.numbers[record.name],
            request.capsule,
            record.explained[request.capsule],
        )
        news.explained(record, request.capsule)

    def _announce(
        self, record: Record, finding: Finding, capsule: str, news: News
    ) -> None:
        """Tell of the first finding of each kind; of a flaw expected, more is noise."""
        key = (record.name, finding.kind)
        if key not in self._announced or record.expected != "flawed":
            news.found(record, finding, capsule)
        self._announced.add(key)

    def retire(self, record: Record, ended: Ended, kind: str) -> None:
        """Keep why a target cannot be run on a kind of machines, and run it no more there."""
        where = f"on {kind}: " if len(self.hands.kinds()) > 1 else ""
        record.error = (ended.how, where + ended.message)
        self.turns.retire(record.name, kind)
        self.database.set_error(self.numbers[record.name], record.error)

    def died(self, lane: Lane, ended: Ended) -> SliceResult:
        """Return what a slice stands for that gave no result but what it found so far."""
        found = ended.result or SliceResult(0, 0.0)
        in_time = lane.child.seconds <= lane.errand.slice_s + self.patience_s
        if ended.how == "killed" and in_time:  # the campaign was in a hurry, not it slow
            note = f"did not stop when asked: {ended.message}"
            return replace(found, notes=(*found.notes, note))
        kind = of_ended(ended.how)
        detail = {"slice_s": lane.errand.slice_s, "code": ended.code}
        finding = Finding(kind, ended.message, seed=lane.errand.seed, detail=detail)
        findings = (*found.findings, finding)
        return replace(found, seconds=lane.child.seconds, findings=findings)

    def keep_capsules(
        self, record: Record, findings: Sequence[Finding]
    ) -> dict[int, str]:
        """Write what is new of its kind into capsules; return their paths by finding."""
        kept: dict[int, str] = {}
        place = self.targets[record.name][1]
        for index, finding in enumerate(findings):
            key = (record.name, finding.kind)
            capsule = capsule_of(
                finding,
                target=record.name,
                place=place,
                expected=record.expected,
                identity=self.identities.get(record.name, {}),
                file=file_of(record.name, place),
            )
            path = str(self.capsules / capsule.file_name)
            if path in record.capsules:
                kept[index] = path
            elif self._kept[key] < CAPSULES_PER_KIND:
                self._kept[key] += 1
                kept[index] = str(capsule.save(self.capsules))
        return kept
