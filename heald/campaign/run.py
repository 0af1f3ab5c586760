"""The loop of a campaign: start slices, take results, commit, announce, stop in time.

The loop has one thread and never waits for a target: slices run in processes of their own
(``heald.targets.isolated``), several at a time. It looks at them every few milliseconds and kills
what does not end. Order matters in one place: capsule, then commit, then announcement.
"""

from __future__ import annotations

import contextlib
import signal
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Protocol

from heald.campaign.clock import Clock
from heald.campaign.database import Database
from heald.campaign.explanations import (
    Explorer,
    explain_request,
    needs_explorer,
)
from heald.campaign.hands import Hands, Seat
from heald.campaign.keeping import Hearer, Keeping, Lane, News
from heald.campaign.plan import Plan
from heald.campaign.preparation import Preparation
from heald.campaign.record import Record
from heald.campaign.turns import MOST_LOSSES, Errand, Turns
from heald.stop import Stop
from heald.targets.isolated import Ended
from heald.targets.target import SliceResult, Target, identity_of
from heald.verdicts import UsageError

#: How long a slice may take to end after it was asked to.
GRACE_S = 2.0

_LOOK_EVERY_S = 0.01
_ALONE_S = 60.0  # without any machine
_COMPILING_S = 300.0  # at least, on top of the budget
_ALL = 1 << 30  # processors of a machine


class Watcher(Hearer, Protocol):
    """Who is told what happens."""

    def begun(self, campaign: Campaign) -> None:
        """Tell that the loop begins."""

    def went_on(self, campaign: Campaign) -> None:
        """Tell that time passes; many times a second."""


@dataclass
class Campaign:
    """A campaign, ready to run.

    Attributes
    ----------
    records
        What each target has shown.
    keeping
        Where what comes is kept, with all that both need: the targets and whose turn it is, the
        hands, the clock, the database.
    """

    plan: Plan
    seed: int
    records: dict[str, Record]
    keeping: Keeping
    lanes: list[Lane] = field(default_factory=list)
    preparation: Preparation | None = None
    preparing_s: float = 0.0
    interrupts: int = 0
    interrupted_at: float = 0.0
    _alone_since: float | None = None
    _running: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def targets(self) -> Mapping[str, tuple[Target, str]]:
        """Each with the place where it was found."""
        return self.keeping.targets

    @property
    def turns(self) -> Turns:
        """Whose turn it is."""
        return self.keeping.turns

    @property
    def hands(self) -> Hands:
        """Who runs the slices."""
        return self.keeping.hands

    @property
    def clock(self) -> Clock:
        """How much of the budget is used."""
        return self.keeping.clock

    @property
    def database(self) -> Database:
        """Where results are."""
        return self.keeping.database

    @property
    def id(self) -> int:
        """Its number there."""
        return self.keeping.id

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
                stopped_s = self.clock.leave_out_stops()
                for lane in self.lanes:
                    lane.child.started += stopped_s
            state = "interrupted" if self.interrupts else "complete"
        finally:
            self._end_all()
            self.hands.close()
            for number, handler in handlers.items():
                signal.signal(number, handler)
            if state == "complete" or self.interrupts:
                self.database.set_state(self.id, state, used_s=self.clock.used_s)
            else:  # what broke it matters more than whether this can be written
                with contextlib.suppress(UsageError):
                    self.database.set_state(self.id, state, used_s=self.clock.used_s)

    def _prepare(self, watcher: Watcher) -> None:
        """Let the targets compile what they need; the budget begins when they have.

        Whoever asks for a minute wants a minute of running, and the same minute whether or
        not the cache is warm. Compilers that are at work for longer than that are ended.
        """
        targets = {name: target for name, (target, _) in self.targets.items()}
        # What is loaded here, compilers found included, is not loaded again by each of the
        # hundreds of children: one target of each kind shows what that is.
        for target in {type(target): target for target in targets.values()}.values():
            identity_of(target)
            load = getattr(target, "load", None)
            if callable(load):
                load()
        needed: dict[str, Target] = dict(targets)
        if needs_explorer(targets.values()):
            needed[Explorer.name] = Explorer()
        longest_s = max(_COMPILING_S, self.plan.budget_s)
        self.preparation = Preparation(needed, self.plan.patience_s, longest_s)
        for failed in self.hands.prepare(self.preparation, lambda: self.interrupts > 0):
            if failed is not None and failed[0] in self.records:
                name, kind, ended = failed
                self.keeping.retire(self.records[name], ended, kind)
            watcher.went_on(self)
        for name, target in targets.items():
            # Asked now and not when something fails: it is this source that runs. It also
            # loads, once and for all slices, what a target needs to find its binary.
            if self.records[name].error is None and not self.interrupts:
                self.keeping.identities[name] = identity_of(target)
        self.hands.check_identities(self.keeping.identities)
        self.preparing_s = self.clock.begin()

    def _is_over(self) -> bool:
        return self.interrupts > 0 or self.clock.left_s <= 0

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        self.interrupts += 1
        self.interrupted_at = self.interrupted_at or time.monotonic()

    def _step(self, watcher: Watcher) -> bool:
        """Look at every lane once; whether there is anything left to do."""
        over = self._is_over()
        self.hands.look()
        self.keeping.take_late(watcher)
        ended = [(lane, e) for lane in self.lanes if (e := self._ended(lane, over))]
        if ended:
            self._take_all(ended, watcher)
        while not over and (started := self._next_lane()) is not None:
            self.lanes.append(started)
        return bool(self.lanes) or self._waits_for_machines(over)

    def _take_all(self, ended: Sequence[tuple[Lane, Ended]], watcher: Watcher) -> None:
        """Keep what has come, in one transaction: a slow disk is waited for once."""
        for lane, _ in ended:
            self.lanes.remove(lane)
            self.hands.give_back(lane.seat)
            if lane.explains is None:
                self._count_running(lane.errand, lane.seat, -1)
        news = News()
        try:
            with self.database.together():
                for lane, how in ended:
                    self._took(lane, how, news)
        except UsageError:
            # Nothing can be kept any more; what was found is shown all the same.
            for lane, how in ended:
                died = how.how in ("signal", "exit", "killed") and not lane.explains
                result = self.keeping.died(lane, how) if died else how.result
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

    def _ended(self, lane: Lane, over: bool) -> Ended | None:
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

    def _took(self, lane: Lane, ended: Ended, news: News) -> None:
        try:
            self.keeping.take(lane, ended, news)
        except UsageError:
            raise  # the results cannot be kept: nothing that others do can be, either
        except Exception as error:
            # Whatever this target's slice brought, the others are not to blame for it.
            text = "".join(traceback.format_exception(error))
            ended = Ended("engine error", message=text)
            self.keeping.retire(lane.record, ended, lane.seat.kind)

    def _out_of_patience(self, lane: Lane) -> bool:
        if self.interrupts > 1 or self.clock.left_s < -GRACE_S:
            return True
        if self.interrupts and time.monotonic() - self.interrupted_at > GRACE_S:
            return True
        patience_s = GRACE_S if lane.explains else self.plan.patience_s
        return lane.child.seconds > lane.errand.slice_s + patience_s

    def _next_lane(self) -> Lane | None:
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
                left_s=self.clock.left_s - self.keeping.explanations.reserve_s,
                busy=busy,
                running=self._running.get(kind) if many else None,
            )
            started = None if errand is None else self._started(errand, kind)
            if started is not None:
                return started
        return None

    def _started(self, errand: Errand, kind: str) -> Lane | None:
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
            self.database.set_shown(self.keeping.numbers[record.name], kind, shown)
        self._count_running(errand, seat, 1)
        return Lane(record, errand, child, seat)

    def _count_running(self, errand: Errand, seat: Seat, sign: int) -> None:
        """Keep how many seconds of slices of each target are at work on each kind."""
        running = self._running.setdefault(seat.kind, {})
        left = running.get(errand.name, 0.0) + sign * errand.slice_s
        running[errand.name] = left
        if left <= 1e-9:
            del running[errand.name]

    def _next_explanation(self) -> Lane | None:
        """Start to explain what was found, if it is time and there is a processor.

        Before that every target has its first slice: it may have something to tell, too.
        """
        busy = {lane.record.name for lane in self.lanes}
        unseen = any(
            not record.slices and record.error is None and record.name not in busy
            for record in self.records.values()
        )
        waits = bool(self.keeping.explanations.waiting) and not unseen
        seat = self.hands.take_here() if waits else None
        if seat is None:
            return None
        chosen = self.keeping.explanations.next(self.clock.left_s)
        if chosen is None:
            self.hands.give_back(seat)
            return None
        request, limit_s = chosen

        def work(_stop: Stop) -> SliceResult:
            return explain_request(request, limit_s)

        errand = Errand(request.record.name, 0, 0, limit_s)
        child = self.hands.start_here(seat, work)
        return Lane(request.record, errand, child, seat, request)

    def _end_all(self) -> None:
        for lane in self.lanes:
            lane.child.kill()
