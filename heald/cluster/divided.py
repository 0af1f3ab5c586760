"""One exhaustive search by many agents: shares are handed out, divided when somebody is idle.

Why       A search of hours is a tree, and its subtrees have nothing to do with each other.
How       As many shares as there are processors, the largest first. Who has none any more
          takes half of what somebody else has not begun: the engine hands that over without
          losing what it has done. The counts of all shares are those of the whole tree, and
          that all walked the same tree is checked (`must_be_of_one_tree`).
Loss      A share of a lost machine is asked for again, at most twice. What is done is in a
          journal first (heald/cluster/journal.py), so a killed leader goes on with --resume.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from heald.cluster.backend import Answer, Handle
from heald.cluster.crew import Crew, Member
from heald.cluster.journal import Journal
from heald.cluster.part import call_as_here, cut_off, explored_of
from heald.cluster.programs import Programs
from heald.cluster.shares import Share, whole
from heald.explorer.process import (
    Explored,
    OnProgress,
    must_be_of_one_tree,
    summed,
    widths_of,
)
from heald.verdicts import EngineError, UsageError

_LOOK_EVERY_S = 0.003
_TELL_EVERY_S = 0.25
_ASK_AGAIN_S = 1.0  # to hand over
_GRACE_S = 3.0  # for last words
_MOST_LOSSES = 3
#: Nobody hands over inside of a subtree, and those of equal weight differ a hundredfold in
#: size: with few of them one agent is at the last for seconds. To walk past a subtree costs
#: as much as an execution.
_LEAST_DEAL = 1024
_WAIT_FOR_ALL_S = 10.0
_ENOUGH = ("failure", "long loop")


@dataclass
class _Running:
    """A share that somebody visits."""

    share: Share
    member: Member
    handle: Handle
    is_foreign: bool
    started: float = field(default_factory=time.monotonic)
    asked: float = 0.0

    @property
    def size(self) -> float:
        """Its part of the tree, less what it says it has visited."""
        done = self.handle.progress().get("done", 0.0)
        left = 1.0 - done if isinstance(done, float) else 1.0
        return (self.share.end - self.share.first) / self.share.of * max(0.01, left)


class Search:
    """One search by agents."""

    def __init__(
        self,
        by_machine: dict[str, int],
        crew: Crew,
        programs: Programs,
        options: Sequence[str],
        arguments: Sequence[str],
        began: float,
        budget_s: float | None,
    ) -> None:
        self.by_machine = by_machine
        self.crew = crew
        self.programs = programs
        self.options = options
        self.arguments = arguments
        self.began = began
        self.budget_s = budget_s
        self.estimate = 0.0
        self.waiting: list[Share] = []
        self.running: list[_Running] = []
        self.results: list[dict[str, Any]] = []
        self.explored = Explored()
        self.is_over = False
        self.steals = True
        self.has_begun = False
        self.told = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether every share was visited."""
        return not self.waiting and all(line.get("exhausted") for line in self.results)

    @property
    def left_s(self) -> float | None:
        """Seconds of the budget that are left."""
        if self.budget_s is None:
            return None
        return self.budget_s - (time.monotonic() - self.began)

    def run(
        self,
        path: Path,
        parts: int | None,
        resume: bool,
        on_progress: OnProgress | None,
    ) -> Explored:
        """Visit what the journal does not have; what is not done in the end is kept there."""
        with _interruptible(self.end):
            self._wait_for_agents()
            slots = sum(_slots(member) for member in self.crew.ready())
            self.steals = parts is None
            shares = whole(parts or max(1, slots))
            deal = parts or max(_LEAST_DEAL, 8 * slots)
            self.journal = Journal(path, shares, deal, resume=resume)
            self.waiting = self.journal.waiting
            self.results = self.journal.results
            try:
                while self.running or (self.waiting and not self._is_done()):
                    self._step(on_progress)
                    time.sleep(_LOOK_EVERY_S)
            finally:
                for running in self.running:
                    running.handle.stop(now=True)
                self.journal.close()
        return self._conclusion(path)

    def _wait_for_agents(self) -> None:
        until = time.monotonic() + _WAIT_FOR_ALL_S
        while not self.crew.is_settled() and not self._is_done():
            if self.crew.ready() and time.monotonic() > until:
                return
            self.crew.look()
            self.crew.must_go_on()
            time.sleep(_LOOK_EVERY_S)

    def end(self) -> None:
        """Let the user end it: what was found so far is a result."""
        self.explored.interrupted = True

    def _is_done(self) -> bool:
        late = self.left_s is not None and self.left_s <= 0
        return self.is_over or self.explored.interrupted or late

    def _step(self, on_progress: OnProgress | None) -> None:
        self.crew.look()
        self.crew.must_go_on()
        self.programs.look(self.crew)
        for running in list(self.running):
            self._look_at(running)
        if self._is_done():
            self._wind_up()
        else:
            idle = self._hand_out()
            if idle and self.steals and not self.waiting:
                self._steal(idle)
        now = time.monotonic()
        if on_progress is not None and now - self.told > _TELL_EVERY_S:
            self.told = now
            on_progress(self._progress())

    def _hand_out(self) -> int:
        """Give the largest shares to who has time; return how many still have."""
        self.waiting.sort(key=lambda share: (share.end - share.first) / share.of)
        idle = 0
        at_work = [running.member for running in self.running]
        for member in self.programs.ready(self.crew, self.options):
            free = _slots(member) - sum(each is member for each in at_work)
            while free > 0 and self.waiting:
                self._begin(member, self.waiting.pop())
                free -= 1
            idle += max(0, free)
        return idle

    def _begin(self, member: Member, share: Share) -> None:
        self.has_begun = True
        program = self.programs.of(member)
        left_s = self.left_s
        handle = member.link.submit(
            "part",
            program=program.digest,
            root=program.root,
            words=[*self.options, *share.words(self.journal.deal)],
            arguments=list(self.arguments),
            budget_s=None if left_s is None else max(0.01, left_s),
            progress=True,  # who is asked to hand over must have begun
            processors=[],
        )
        self.running.append(_Running(share, member, handle, bool(program.root)))

    def _steal(self, idle: int) -> None:
        """Ask those with the most left to do to leave what they have not begun."""
        now = time.monotonic()
        asked = sum(now - running.asked < _ASK_AGAIN_S for running in self.running)
        largest = sorted(self.running, key=lambda running: -running.size)
        for running in largest[: max(0, idle - asked)]:
            if running.handle.progress() and now - running.asked > _ASK_AGAIN_S:
                running.asked = now
                running.handle.hand_over()

    def _look_at(self, running: _Running) -> None:
        answer = running.handle.poll()
        if answer is None:
            return
        self.running.remove(running)
        how = answer.get("how")
        if answer.get("answer") == "refused" or how == "usage error":
            raise UsageError(str(answer.get("message")))
        if how == "engine error":
            raise EngineError(str(answer.get("message")).removeprefix("engine bug: "))
        if how != "result":
            self._lose(running, answer)
            return
        self._take(running, explored_of(answer))

    def _lose(self, running: _Running, answer: Answer) -> None:
        losses = (*running.share.losses, running.member.link.name)
        if len(losses) >= _MOST_LOSSES:
            raise EngineError(
                f"a part of the search was lost {len(losses)} times, on "
                f"{', '.join(losses)}: {answer.get('message')}"
            )
        self.waiting.append(replace(running.share, losses=losses))

    def _take(self, running: _Running, found: Explored) -> None:
        counts = found.result
        if counts.get("exhausted") or counts.get("reason") == "handed over":
            self._finish(running, counts)
        elif not found.failures and not self._is_done():
            self.is_over = counts.get("reason") != "interrupt"
        self.results.append(counts)
        name = running.member.link.name
        visited = counts["executions"] + counts["blocked"]
        self.by_machine[name] = self.by_machine.get(name, 0) + visited
        if running.is_foreign:
            call_as_here([*found.failures, *found.traces])
        else:
            self.programs.name([*found.failures, *found.traces])
        kinds = {line["kind"] for line in self.explored.failures}
        self.explored.failures += [f for f in found.failures if f["kind"] not in kinds]
        self.explored.outcomes += found.outcomes
        self.explored.traces += found.traces
        self.explored.output = self.explored.output or found.output
        if counts.get("reason") in _ENOUGH:
            self.is_over = True

    def _finish(self, running: _Running, counts: dict[str, Any]) -> None:
        """Keep a share that is done, or done up to where the rest was left to others."""
        rest: Sequence[Share] = ()
        if counts.get("reason") == "handed over":
            rest = running.share.rest(counts["dealt"])
            visited = counts["executions"] + counts["blocked"]
            counts |= {"exhausted": True, "reason": None, "estimate": visited}
            del counts["dealt_sum"]  # of the beginning only
            self.waiting += rest
        if not counts["failures"]:
            self.journal.done(running.share, counts, rest)

    def _wind_up(self) -> None:
        """Let those at work come to an end, and wait for their last words a little."""
        now = time.monotonic()
        for running in list(self.running):
            if not running.asked or running.asked > 0:
                running.asked = -now
                running.handle.stop(now=False)
            elif now + running.asked > _GRACE_S:
                self.running.remove(running)
                running.handle.stop(now=True)
                self.results.append(cut_off(running.handle.progress()))

    def _progress(self) -> Mapping[str, Any]:
        at_work = [running.handle.progress() for running in self.running]
        lines = [*self.results, *(line for line in at_work if line)]
        visited = sum(x.get("executions", 0) + x.get("blocked", 0) for x in lines)
        total = max(self.estimate, visited)
        return {
            "executions": sum(line.get("executions", 0) for line in lines),
            "blocked": sum(line.get("blocked", 0) for line in lines),
            "estimate": total,
            "done": visited / total if total and self.estimate else 0.0,
        }

    def _conclusion(self, path: Path) -> Explored:
        if not self.has_begun and not self.explored.interrupted and self.waiting:
            raise UsageError(
                "no agent was ready within the budget: does the cluster have workers?"
            )
        _, agreed = widths_of(self.results)
        if agreed:
            must_be_of_one_tree(self.results)
        result = summed(self.results or [cut_off({})])
        is_all = agreed and not self.waiting and bool(result.get("exhausted"))
        result["exhausted"] = is_all
        if is_all or self.explored.failures:
            path.unlink(missing_ok=True)
        else:
            result["estimate"] = max(self.estimate, result["executions"])
            reason = result.get("reason")
            if reason == "interrupt" and not self.explored.interrupted:
                reason = "budget"  # they were told to end because ours is over
            result["reason"] = reason or "budget"
        result["seconds"] = time.monotonic() - self.began
        self.explored.result = result
        self.explored.is_named = self.programs.made_of is not None
        return self.explored


def _slots(member: Member) -> int:
    """Return how many shares it visits at a time."""
    machine = member.machine
    assert machine is not None  # known before it is ready
    return len(machine.processors) if member.link.is_pinned else 1


@contextlib.contextmanager
def _interruptible(end: Callable[[], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: end()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
