"""The loop of a campaign: start slices, take results, commit, announce, stop in time.

The loop has one thread and never waits for a target: slices run in processes of their own
(``heald.targets.isolated``), several at a time. It looks at them every few milliseconds and kills
what does not end. Order matters in one place: capsule, then commit, then announcement.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
import signal
import time
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import heald
from heald.campaign.database import CampaignRow, Database
from heald.campaign.explanations import (
    NOT_EXPLAINED,
    Explanations,
    Explorer,
    Request,
    explain_request,
    needs_explorer,
)
from heald.campaign.plan import Plan
from heald.campaign.preparation import Preparation
from heald.campaign.processors import Processors
from heald.campaign.record import Record
from heald.campaign.sharing import TimeShares
from heald.capsule import capsule_of, load_capsule
from heald.finding import Finding
from heald.kinds import of_ended
from heald.stop import Stop
from heald.targets.isolated import Ended, IsolatedSlice
from heald.targets.places import file_of
from heald.targets.target import SliceResult, Target, identity_of
from heald.topology import this_machine
from heald.verdicts import UsageError

#: Shortest and longest slice, seconds, where the plan does not say.
SLICE_S = (0.2, 10.0)
#: How long a slice may take to end after it was asked to.
GRACE_S = 2.0
#: Capsules kept per target and kind of finding: the hundredth teaches nothing.
CAPSULES_PER_KIND = 5

_LOOK_EVERY_S = 0.01
_STOPPED_S = 1.0  # between two looks: nothing that the loop does takes so long


class Watcher(Protocol):
    """Who is told what happens. Everything it hears of is committed already."""

    def begun(self, campaign: Campaign) -> None:
        """Tell that the loop begins."""

    def found(self, record: Record, finding: Finding, capsule: str) -> None:
        """Tell of a finding with a new capsule."""

    def explained(self, record: Record, capsule: str) -> None:
        """Tell of what the explorer found of a capsule."""

    def went_on(self, campaign: Campaign) -> None:
        """Tell that time passes; many times a second."""


@dataclass
class _Lane:
    """One slice that runs, or one explanation."""

    record: Record
    seed: int
    slice_s: float
    child: IsolatedSlice
    places: tuple[int, ...]
    explains: Request | None = None
    asked_to_stop: bool = False


@dataclass
class Campaign:
    """A campaign over `targets`, ready to run.

    Attributes
    ----------
    targets
        Each with the place where it was found.
    records, shares
        What each target has shown; whose turn it is.
    budget_s, used_before_s
        Whole budget, and what earlier runs of a resumed campaign used of it.
    """

    targets: Mapping[str, tuple[Target, str]]
    plan: Plan
    seed: int
    database: Database
    id: int
    capsules: Path
    records: dict[str, Record]
    shares: TimeShares
    used_before_s: float = 0.0
    started: float = field(default_factory=time.monotonic)
    lanes: list[_Lane] = field(default_factory=list)
    preparation: Preparation | None = None
    preparing_s: float = 0.0
    interrupts: int = 0
    interrupted_at: float = 0.0
    _looked: float = field(default_factory=time.monotonic)
    _numbers: dict[str, int] = field(default_factory=dict)
    _kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    _identities: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _processors: Processors = field(default_factory=lambda: Processors(1))
    _announced: set[tuple[str, str]] = field(default_factory=set)
    _explanations: Explanations = field(init=False)

    def __post_init__(self) -> None:
        self._explanations = Explanations(self.plan.budget_s)

    @property
    def used_s(self) -> float:
        """Seconds of the budget that are used up, those of earlier runs included."""
        return self.used_before_s + time.monotonic() - self.started

    @property
    def left_s(self) -> float:
        """Seconds of the budget that are left."""
        return self.plan.budget_s - self.used_s

    def run(self, watcher: Watcher) -> None:
        """Run until the budget ends or somebody interrupts."""
        handlers = {
            number: signal.signal(number, self._interrupted)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
        }
        self._processors = Processors(self.plan.jobs)
        state = "interrupted"  # also where it broke: what is left can be resumed
        try:
            watcher.begun(self)
            self._prepare(watcher)
            while self._step(watcher):
                watcher.went_on(self)
                time.sleep(_LOOK_EVERY_S)
                self._leave_out_stops()
            state = "interrupted" if self.interrupts else "complete"
        finally:
            self._end_all()
            for number, handler in handlers.items():
                signal.signal(number, handler)
            if state == "complete" or self.interrupts:
                self.database.set_state(self.id, state, used_s=self.used_s)
            else:  # what broke it matters more than whether this can be written
                with contextlib.suppress(UsageError):
                    self.database.set_state(self.id, state, used_s=self.used_s)

    def _leave_out_stops(self) -> None:
        """Do not count time in which nobody ran: SIGSTOP, a suspended machine."""
        now = time.monotonic()
        stopped_s = now - self._looked
        if stopped_s > _STOPPED_S:
            self.started += stopped_s
            for lane in self.lanes:
                lane.child.started += stopped_s
        self._looked = now

    def _prepare(self, watcher: Watcher) -> None:
        """Let the targets compile what they need; the budget begins when they have.

        Whoever asks for a minute wants a minute of running, and the same minute whether or
        not the cache is warm.
        """
        targets = {name: target for name, (target, _) in self.targets.items()}
        # What is loaded here, compilers found included, is not loaded again by each of the
        # hundreds of children: one target of each kind shows what that is.
        for target in {type(target): target for target in targets.values()}.values():
            identity_of(target)
        needed: dict[str, Target] = dict(targets)
        if needs_explorer(targets.values()):
            needed[Explorer.name] = Explorer()
        self.preparation = Preparation(needed, self.plan.patience_s)
        for failed in self.preparation.errors(lambda: self.interrupts > 0):
            if failed is not None and failed[0] in self.records:
                name, ended = failed
                self._retire(self.records[name], ended)
            watcher.went_on(self)
        for name, target in targets.items():
            # Asked now and not when something fails: it is this source that runs. It also
            # loads, once and for all slices, what a target needs to find its binary.
            if self.records[name].error is None and not self.interrupts:
                self._identities[name] = identity_of(target)
        self.preparing_s = time.monotonic() - self.started
        self.started = self._looked = time.monotonic()

    def _is_over(self) -> bool:
        return self.interrupts > 0 or self.left_s <= 0

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        self.interrupts += 1
        self.interrupted_at = self.interrupted_at or time.monotonic()

    def _step(self, watcher: Watcher) -> bool:
        """Look at every lane once; whether there is anything left to do."""
        over = self._is_over()
        for lane in list(self.lanes):
            self._look_at(lane, over, watcher)
        while not over and (started := self._next_lane()) is not None:
            self.lanes.append(started)
        return bool(self.lanes)

    def _look_at(self, lane: _Lane, over: bool, watcher: Watcher) -> None:
        ended = lane.child.poll()
        late = lane.child.seconds > lane.slice_s + max(lane.slice_s, GRACE_S)
        if ended is None and (over or late) and not lane.asked_to_stop:
            lane.asked_to_stop = True
            lane.child.ask_to_stop()
        if ended is None and self._out_of_patience(lane):
            ended = lane.child.kill()
        if ended is not None:
            self.lanes.remove(lane)
            self._processors.give_back(lane.places)
            try:
                self._take(lane, ended, watcher)
            except UsageError:
                raise  # the results cannot be kept: nothing that others do can be, either
            except Exception as error:
                # Whatever this target's slice brought, the others are not to blame for it.
                text = "".join(traceback.format_exception(error))
                self._retire(lane.record, Ended("engine error", message=text))

    def _out_of_patience(self, lane: _Lane) -> bool:
        if self.interrupts > 1 or self.left_s < -GRACE_S:
            return True
        if self.interrupts and time.monotonic() - self.interrupted_at > GRACE_S:
            return True
        patience_s = GRACE_S if lane.explains else self.plan.patience_s
        return lane.child.seconds > lane.slice_s + patience_s

    def _next_lane(self) -> _Lane | None:
        """Start whose turn it is, or wait until there are enough processors for it."""
        explaining = self._next_explanation()
        if explaining is not None:
            return explaining
        busy = {lane.record.name for lane in self.lanes}
        name = self.shares.next(busy)
        whole = self._slice_s() if name is None else self._slice_of(self.records[name])
        slice_s = min(whole, self.left_s - self._explanations.reserve_s)
        if name is None or slice_s < whole / 4:  # too little is left to see anything
            return None
        target = self.targets[name][0]
        places = self._processors.take(getattr(target, "processors", None))
        if places is None:
            return None
        record = self.records[name]
        seed = slice_seed(self.seed, name, record.slices)

        def work(stop: Stop) -> SliceResult:
            return target.run_slice(seconds=slice_s, seed=seed, stop=stop)

        child = IsolatedSlice(work, processors=self._processors.pinned(places))
        return _Lane(record, seed, slice_s, child, places)

    def _next_explanation(self) -> _Lane | None:
        """Start to explain what was found, if it is time and there is a processor.

        Before that every target has its first slice: it may have something to tell, too.
        """
        busy = {lane.record.name for lane in self.lanes}
        unseen = any(
            not record.slices and record.error is None and record.name not in busy
            for record in self.records.values()
        )
        waits = bool(self._explanations.waiting) and not unseen
        places = self._processors.take(1) if waits else None
        if places is None:
            return None
        chosen = self._explanations.next(self.left_s)
        if chosen is None:
            self._processors.give_back(places)
            return None
        request, limit_s = chosen

        def work(_stop: Stop) -> SliceResult:
            return explain_request(request, limit_s)

        child = IsolatedSlice(work, processors=self._processors.pinned(places))
        return _Lane(request.record, 0, limit_s, child, places, request)

    def _slice_of(self, record: Record) -> float:
        """Return the length of the next slice: what is hunted gets longer breaths."""
        breath = 2 ** min(record.slices, 5) if _is_hunted(record) else 1
        return min(SLICE_S[1], self._slice_s() * breath)

    def _slice_s(self) -> float:
        """Return a length that gives every target some three turns."""
        if self.plan.slice_s is not None:
            return self.plan.slice_s
        turns = 3 * max(1, len(self.records))
        shortest, longest = SLICE_S
        return min(longest, max(shortest, self.plan.budget_s * self.plan.jobs / turns))

    def _take(self, lane: _Lane, ended: Ended, watcher: Watcher) -> None:
        """Keep what a slice gave, then tell of it."""
        record = lane.record
        if lane.explains is not None:
            self._explanations.spent(lane.child.seconds)
            self._take_explanation(lane.explains, ended, watcher)
            return
        if ended.how in ("usage error", "engine error"):
            self._retire(record, ended)
            return
        result = ended.result or self._lost(lane, ended)
        try:
            kept = self._keep_capsules(record, result.findings)
            self.database.add_slice(
                self.id,
                self._numbers[record.name],
                result,
                seed=lane.seed,
                used_s=self.used_s,
                capsules=kept,
            )
        except UsageError:
            # Nothing can be kept any more; what was found is shown all the same.
            for finding in result.findings:
                watcher.found(record, finding, "")
            raise
        discoveries = record.add(result)
        self._share_again(record, lane.child.seconds, discoveries)
        for finding_index, path in kept.items():
            if path not in record.capsules:
                record.capsules.append(path)
                finding = result.findings[finding_index]
                self._announce(record, finding, path, watcher)
                target, place = self.targets[record.name]
                self._explanations.offer(record, target, finding, place, path)

    def _take_explanation(self, request: Request, ended: Ended, watcher: Watcher) -> None:
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
            self._numbers[record.name],
            request.capsule,
            record.explained[request.capsule],
        )
        watcher.explained(record, request.capsule)

    def _announce(
        self, record: Record, finding: Finding, capsule: str, watcher: Watcher
    ) -> None:
        """Tell of the first finding of each kind; of a flaw expected, more is noise."""
        key = (record.name, finding.kind)
        if key not in self._announced or record.expected != "flawed":
            watcher.found(record, finding, capsule)
        self._announced.add(key)

    def _retire(self, record: Record, ended: Ended) -> None:
        """Keep why a target cannot be run, and run it no more."""
        record.error = (ended.how, ended.message)
        self.shares.retire(record.name)
        self.database.set_error(self._numbers[record.name], record.error)

    def _lost(self, lane: _Lane, ended: Ended) -> SliceResult:
        """Return what a slice stands for that gave no result."""
        in_time = lane.child.seconds <= lane.slice_s + self.plan.patience_s
        if ended.how == "killed" and in_time:  # the campaign was in a hurry, not it slow
            return SliceResult(
                0, 0.0, notes=(f"did not stop when asked: {ended.message}",)
            )
        kind = of_ended(ended.how)
        detail = {"slice_s": lane.slice_s, "code": ended.code}
        finding = Finding(kind, ended.message, seed=lane.seed, detail=detail)
        return SliceResult(0, lane.child.seconds, findings=(finding,))

    def _keep_capsules(
        self, record: Record, findings: Sequence[Finding]
    ) -> dict[int, str]:
        kept: dict[int, str] = {}
        place = self.targets[record.name][1]
        for index, finding in enumerate(findings):
            key = (record.name, finding.kind)
            capsule = capsule_of(
                finding,
                target=record.name,
                place=place,
                expected=record.expected,
                identity=self._identities.get(record.name, {}),
                file=file_of(record.name, place),
            )
            path = str(self.capsules / capsule.file_name)
            if path in record.capsules:
                kept[index] = path
            elif self._kept[key] < CAPSULES_PER_KIND:
                self._kept[key] += 1
                kept[index] = str(capsule.save(self.capsules))
        return kept

    def _share_again(self, record: Record, seconds: float, discoveries: int) -> None:
        self.shares.record(record.name, seconds=seconds, discoveries=discoveries)
        if record.expected == "flawed" and record.caught:
            self.shares.settle(record.name)
        else:
            self.shares.hunt(record.name, _is_hunted(record))

    def _end_all(self) -> None:
        for lane in self.lanes:
            lane.child.kill()


def prepare(
    plan: Plan,
    targets: Mapping[str, tuple[Target, str]],
    database: Database,
    *,
    capsules: Path,
    resumed: CampaignRow | None = None,
) -> Campaign:
    """Make a campaign of a plan, a new one or the rest of `resumed`.

    Raises
    ------
    UsageError
        If no target is left after the rules of the plan.
    """
    chosen = {n: t for n, t in targets.items() if not plan.rule_for(n).skip}
    if not chosen:
        raise UsageError(
            f"nothing to run: {len(targets)} targets in {', '.join(plan.places)}, "
            "all of them skipped by the plan"
        )
    known = {r.name: r for r in database.records(resumed.id)} if resumed else {}
    records = {
        name: _record_of(name, target, place, plan, known.get(name))
        for name, (target, place) in chosen.items()
    }
    campaign = _number_of(plan, database, resumed)
    return Campaign(
        targets=chosen,
        plan=plan,
        seed=campaign.seed,
        database=database,
        id=campaign.id,
        capsules=capsules,
        records=records,
        shares=_shares_of(plan, records),
        used_before_s=campaign.used_s,
        _numbers={n: database.add_target(campaign.id, r) for n, r in records.items()},
    )


def _number_of(
    plan: Plan, database: Database, resumed: CampaignRow | None
) -> CampaignRow:
    if resumed is not None:
        database.set_state(resumed.id, "running", used_s=resumed.used_s, plan=plan)
        return resumed
    seed = random.SystemRandom().randrange(2**32) if plan.seed is None else plan.seed
    database.start(
        plan, seed=seed, topology=this_machine().to_json(), heald=heald.__version__
    )
    started = database.latest()
    assert started is not None
    return started


def _record_of(
    name: str, target: Target, place: str, plan: Plan, known: Record | None
) -> Record:
    within = plan.rule_for(name).catch_within_s
    facts: dict[str, Any] = {
        "place": place,
        "expected": target.expected,
        "shown_here": getattr(target, "shown_here", "yes"),
        "catch_within_s": within or getattr(target, "catch_within_s", 60.0),
    }
    return replace(known, **facts, error=None) if known else Record(name, **facts)


def _shares_of(plan: Plan, records: Mapping[str, Record]) -> TimeShares:
    weights = {name: plan.rule_for(name).weight for name in records}
    shares = TimeShares(weights, floor=plan.floor)
    for name, record in records.items():
        if record.expected == "flawed" and record.caught:
            shares.settle(name)
        else:
            shares.hunt(name, _is_hunted(record))
        if record.seconds:
            shares.record(name, seconds=record.seconds, discoveries=0)
    return shares


def _is_hunted(record: Record) -> bool:
    """Whether something is still to come: a flaw to catch, or a first sample to trust."""
    if record.caught:
        return False
    flaw = record.expected == "flawed" and record.shown_here == "yes"
    return flaw or (record.slices > 0 and record.samples == 0)


def slice_seed(base: int, name: str, number: int) -> int:
    """Return the seed, 0 to 2^31 - 1, of the slice `number` of target `name`.

    So small, because a target may number what it draws in the bits above it.
    """
    text = f"{base} {name} {number}".encode()
    digest = hashlib.blake2b(text, digest_size=4).digest()
    return int.from_bytes(digest, "big") >> 1
