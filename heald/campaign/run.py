"""The loop of a campaign: start slices, take results, commit, announce, stop in time.

The loop has one thread and never waits for a target: slices run in processes of their own
(``heald.targets.isolated``), several at a time. It looks at them every few milliseconds and kills
what does not end. Order matters in one place: capsule, then commit, then announcement.
"""

from __future__ import annotations

import contextlib
import random
import signal
import time
import traceback
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import heald
from heald.campaign.database import Database
from heald.campaign.explanations import (
    NOT_EXPLAINED,
    Explanations,
    Explorer,
    Request,
    explain_request,
    needs_explorer,
)
from heald.campaign.hands import LOST, Child, Hands, OwnHands, Seat
from heald.campaign.plan import Plan
from heald.campaign.preparation import Preparation
from heald.campaign.record import Record
from heald.campaign.results import CampaignRow
from heald.campaign.turns import MOST_LOSSES, Errand, Turns
from heald.capsule import capsule_of, load_capsule
from heald.finding import Finding
from heald.kinds import of_ended
from heald.stop import Stop
from heald.targets.isolated import Ended
from heald.targets.places import file_of
from heald.targets.target import SliceResult, Target, identity_of
from heald.topology import this_machine
from heald.verdicts import UsageError

#: How long a slice may take to end after it was asked to.
GRACE_S = 2.0
#: Capsules kept per target and kind of finding: the hundredth teaches nothing.
CAPSULES_PER_KIND = 5

_LOOK_EVERY_S = 0.01
_ALONE_S = 60.0  # without any machine
_LATE = 1000  # answers of lost machines that may still come
_ALL = 1 << 30  # processors of a machine
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
class _News:
    """What is told when it is committed, in its order."""

    found_: list[tuple[Record, Finding, str]] = field(default_factory=list)
    explained_: list[tuple[Record, str]] = field(default_factory=list)

    def found(self, record: Record, finding: Finding, capsule: str) -> None:
        self.found_.append((record, finding, capsule))

    def explained(self, record: Record, capsule: str) -> None:
        self.explained_.append((record, capsule))

    def tell(self, watcher: Watcher) -> None:
        for each in self.found_:
            watcher.found(*each)
        for one in self.explained_:
            watcher.explained(*one)


@dataclass
class _Lane:
    """One slice that runs, or one explanation."""

    record: Record
    errand: Errand
    child: Child
    seat: Seat
    explains: Request | None = None
    asked_to_stop: bool = False


@dataclass
class Campaign:
    """A campaign over `targets`, ready to run.

    Attributes
    ----------
    targets
        Each with the place where it was found.
    records, turns
        What each target has shown; whose turn it is.
    hands
        Who runs the slices.
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
    turns: Turns
    hands: Hands
    used_before_s: float = 0.0
    started: float = field(default_factory=time.monotonic)
    lanes: list[_Lane] = field(default_factory=list)
    preparation: Preparation | None = None
    preparing_s: float = 0.0
    interrupts: int = 0
    interrupted_at: float = 0.0
    _looked: float = field(default_factory=time.monotonic)
    _busy: float = field(default_factory=time.process_time)
    _numbers: dict[str, int] = field(default_factory=dict)
    _kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    _identities: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _machines: dict[str, int] = field(default_factory=dict)
    _late: deque[_Lane] = field(default_factory=lambda: deque(maxlen=_LATE))
    _alone_since: float | None = None
    _running: dict[str, dict[str, float]] = field(default_factory=dict)
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
            self.hands.close()
            for number, handler in handlers.items():
                signal.signal(number, handler)
            if state == "complete" or self.interrupts:
                self.database.set_state(self.id, state, used_s=self.used_s)
            else:  # what broke it matters more than whether this can be written
                with contextlib.suppress(UsageError):
                    self.database.set_state(self.id, state, used_s=self.used_s)

    def _leave_out_stops(self) -> None:
        """Do not count time in which nobody ran: SIGSTOP, a suspended machine."""
        now, busy = time.monotonic(), time.process_time()
        stopped_s = now - self._looked - (busy - self._busy)
        self._busy = busy
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
        for failed in self.hands.prepare(self.preparation, lambda: self.interrupts > 0):
            if failed is not None and failed[0] in self.records:
                name, kind, ended = failed
                self._retire(self.records[name], ended, kind)
            watcher.went_on(self)
        for name, target in targets.items():
            # Asked now and not when something fails: it is this source that runs. It also
            # loads, once and for all slices, what a target needs to find its binary.
            if self.records[name].error is None and not self.interrupts:
                self._identities[name] = identity_of(target)
        self.hands.check_identities(self._identities)
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
        self.hands.look()
        self._take_late(watcher)
        ended = [(lane, e) for lane in self.lanes if (e := self._ended(lane, over))]
        if ended:
            self._take_all(ended, watcher)
        while not over and (started := self._next_lane()) is not None:
            self.lanes.append(started)
        return bool(self.lanes) or self._waits_for_machines(over)

    def _take_all(self, ended: Sequence[tuple[_Lane, Ended]], watcher: Watcher) -> None:
        """Keep what has come, in one transaction: a slow disk is waited for once."""
        for lane, _ in ended:
            self.lanes.remove(lane)
            self.hands.give_back(lane.seat)
            if lane.explains is None:
                self._count_running(lane.errand, lane.seat, -1)
        news = _News()
        try:
            with self.database.together():
                for lane, how in ended:
                    self._took(lane, how, news)
        except UsageError:
            # Nothing can be kept any more; what was found is shown all the same.
            for lane, how in ended:
                died = how.how in ("signal", "exit", "killed") and not lane.explains
                result = self._died(lane, how) if died else how.result
                for finding in result.findings if result else ():
                    watcher.found(lane.record, finding, "")
            raise
        news.tell(watcher)

    def _waits_for_machines(self, over: bool) -> bool:
        """Whether there is nobody to run anything, which may change.

        Raises
        ------
        UsageError
            If it has not for long.
        """
        if over or self.hands.kinds():
            self._alone_since = None
            return False
        now = time.monotonic()
        self._alone_since = self._alone_since or now
        if now - self._alone_since > _ALONE_S:
            raise UsageError(
                "no machine of the cluster is left; go on with: heald stress --resume"
            )
        return True

    def _ended(self, lane: _Lane, over: bool) -> Ended | None:
        """Return how it ended, if it has, or if it is out of patience with it."""
        ended = lane.child.poll()
        late = lane.child.seconds > lane.errand.slice_s + max(
            lane.errand.slice_s, GRACE_S
        )
        if ended is None and (over or late) and not lane.asked_to_stop:
            lane.asked_to_stop = True
            lane.child.ask_to_stop()
        if ended is None and self._out_of_patience(lane):
            ended = lane.child.kill()
        return ended

    def _took(self, lane: _Lane, ended: Ended, news: _News) -> None:
        try:
            self._take(lane, ended, news)
        except UsageError:
            raise  # the results cannot be kept: nothing that others do can be, either
        except Exception as error:
            # Whatever this target's slice brought, the others are not to blame for it.
            text = "".join(traceback.format_exception(error))
            ended = Ended("engine error", message=text)
            self._retire(lane.record, ended, lane.seat.kind)

    def _out_of_patience(self, lane: _Lane) -> bool:
        if self.interrupts > 1 or self.left_s < -GRACE_S:
            return True
        if self.interrupts and time.monotonic() - self.interrupted_at > GRACE_S:
            return True
        patience_s = GRACE_S if lane.explains else self.plan.patience_s
        return lane.child.seconds > lane.errand.slice_s + patience_s

    def _next_lane(self) -> _Lane | None:
        """Start whose turn it is, or wait until there are enough processors for it."""
        explaining = self._next_explanation()
        if explaining is not None:
            return explaining
        many = self.hands.takes_many()
        busy = () if many else {lane.record.name for lane in self.lanes}
        for kind in self.hands.kinds():
            errand = self.turns.next(
                kind,
                slots=self.hands.slots(),
                left_s=self.left_s - self._explanations.reserve_s,
                busy=busy,
                running=self._running.get(kind) if many else None,
            )
            started = None if errand is None else self._started(errand, kind)
            if started is not None:
                return started
        return None

    def _started(self, errand: Errand, kind: str) -> _Lane | None:
        target = self.targets[errand.name][0]
        # Who may have killed two machines has the third to itself: nobody else is to blame then.
        alone = len(errand.losses) == MOST_LOSSES - 1
        wanted = _ALL if alone else getattr(target, "processors", None)
        seat = self.hands.take(kind, wanted)
        if seat is None:
            return None
        self.turns.begin(errand)
        child = self.hands.start(seat, target, seconds=errand.slice_s, seed=errand.seed)
        record = self.records[errand.name]
        shown = self.hands.shown_here(errand.name, kind)
        if shown is not None and record.on(kind).shown_here != shown:
            record.on(kind).shown_here = shown
            self.database.set_shown(self._numbers[record.name], kind, shown)
        self._count_running(errand, seat, 1)
        return _Lane(record, errand, child, seat)

    def _count_running(self, errand: Errand, seat: Seat, sign: int) -> None:
        """Keep how many seconds of slices of each target are at work on each kind."""
        running = self._running.setdefault(seat.kind, {})
        left = running.get(errand.name, 0.0) + sign * errand.slice_s
        running[errand.name] = left
        if left <= 1e-9:
            del running[errand.name]

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
        seat = self.hands.take_here() if waits else None
        if seat is None:
            return None
        chosen = self._explanations.next(self.left_s)
        if chosen is None:
            self.hands.give_back(seat)
            return None
        request, limit_s = chosen

        def work(_stop: Stop) -> SliceResult:
            return explain_request(request, limit_s)

        errand = Errand(request.record.name, 0, 0, limit_s)
        child = self.hands.start_here(seat, work)
        return _Lane(request.record, errand, child, seat, request)

    def _take(self, lane: _Lane, ended: Ended, news: _News) -> None:
        """Keep what a slice gave, then tell of it."""
        record = lane.record
        if lane.explains is not None:
            self._explanations.spent(lane.child.seconds)
            self._take_explanation(lane.explains, ended, news)
            return
        if ended.how in ("usage error", "engine error"):
            self._retire(record, ended, lane.seat.kind)
            return
        if ended.how == LOST:
            self._lose(lane, ended, news)
            return
        self._keep(lane, ended.result or self._died(lane, ended), news)

    def _keep(self, lane: _Lane, result: SliceResult, news: _News) -> None:
        """Commit the result of a slice, once, and tell of it."""
        record = lane.record
        kept = self._keep_capsules(record, result.findings)
        is_new = self.database.add_slice(
            self.id,
            self._numbers[record.name],
            result,
            seed=lane.errand.seed,
            used_s=self.used_s,
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
                self._explanations.offer(record, target, finding, place, path)

    def _lose(self, lane: _Lane, ended: Ended, news: _News) -> None:
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

    def _take_late(self, watcher: Watcher) -> None:
        """Keep what comes from machines that were taken for lost; it counts once."""
        for lane in list(self._late):
            ended = lane.child.poll()
            if ended is not None and ended.result is not None:
                self._late.remove(lane)
                news = _News()
                self._keep(lane, ended.result, news)
                news.tell(watcher)

    def _machine(self, name: str) -> int | None:
        """Return the number of a machine in the database; it is made known there."""
        if not name:
            return None
        if name not in self._machines:
            facts = self.hands.machines()[name]
            self._machines[name] = self.database.add_machine(self.id, name, facts)
        return self._machines[name]

    def _take_explanation(self, request: Request, ended: Ended, news: _News) -> None:
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
        news.explained(record, request.capsule)

    def _announce(
        self, record: Record, finding: Finding, capsule: str, news: _News
    ) -> None:
        """Tell of the first finding of each kind; of a flaw expected, more is noise."""
        key = (record.name, finding.kind)
        if key not in self._announced or record.expected != "flawed":
            news.found(record, finding, capsule)
        self._announced.add(key)

    def _retire(self, record: Record, ended: Ended, kind: str) -> None:
        """Keep why a target cannot be run on a kind of machines, and run it no more there."""
        where = f"on {kind}: " if len(self.hands.kinds()) > 1 else ""
        record.error = (ended.how, where + ended.message)
        self.turns.retire(record.name, kind)
        self.database.set_error(self._numbers[record.name], record.error)

    def _died(self, lane: _Lane, ended: Ended) -> SliceResult:
        """Return what a slice stands for that gave no result."""
        in_time = lane.child.seconds <= lane.errand.slice_s + self.plan.patience_s
        if ended.how == "killed" and in_time:  # the campaign was in a hurry, not it slow
            return SliceResult(
                0, 0.0, notes=(f"did not stop when asked: {ended.message}",)
            )
        kind = of_ended(ended.how)
        detail = {"slice_s": lane.errand.slice_s, "code": ended.code}
        finding = Finding(kind, ended.message, seed=lane.errand.seed, detail=detail)
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
    hands: Hands | None = None,
) -> Campaign:
    """Make a campaign of a plan, a new one or the rest of `resumed`.

    Parameters
    ----------
    hands
        Who runs the slices; by default this process's own children.

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
    numbers = {n: database.add_target(campaign.id, r) for n, r in records.items()}
    firsts = {name: database.next_number(number) for name, number in numbers.items()}
    return Campaign(
        targets=chosen,
        plan=plan,
        seed=campaign.seed,
        database=database,
        id=campaign.id,
        capsules=capsules,
        records=records,
        turns=Turns(plan, records, campaign.seed, firsts),
        hands=hands or OwnHands(plan.jobs),
        used_before_s=campaign.used_s,
        _numbers=numbers,
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
