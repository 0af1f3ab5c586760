"""One exhaustive search by many agents: shares are handed out, divided when somebody is idle.

Why       A search of hours is a tree, and its subtrees have nothing to do with each other.
How       It begins with one share, the whole. Whoever has none has it from the one with the most
          left, who gives away what it would come to last and goes on with the rest. The counts
          of all shares are those of the whole tree; that all walked the same tree is checked.
Loss      A share of a lost machine is asked for again, less what it gave away, at most twice.
          What is done is in a journal first (heald/cluster/journal.py), so a leader that was
          killed goes on with --resume.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heald.cluster.backend import Answer, Handle
from heald.cluster.crew import Crew, Member
from heald.cluster.journal import Journal
from heald.cluster.part import call_as_here, cut_off, explored_of
from heald.cluster.programs import Programs
from heald.explorer.process import (
    Explored,
    OnProgress,
    must_be_of_one_tree,
    summed,
    widths_of,
)
from heald.explorer.shares import Share
from heald.verdicts import EngineError, UsageError

_LOOK_EVERY_S = 0.003
_TELL_EVERY_S = 0.25
_GRACE_S = 3.0  # for last words
_MOST_LOSSES = 3
_WAIT_FOR_ALL_S = 10.0
_ENOUGH = ("failure", "long loop")


@dataclass
class _Running:
    """A share that somebody visits."""

    share: Share
    member: Member
    handle: Handle
    is_foreign: bool
    asked: int = 0  # how often to give some of it away
    given: int = 0
    ending_since: float | None = None

    @property
    def left(self) -> float:
        """Its part of the tree, less what it says it has visited."""
        return self.share.left(self.handle.progress())


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
        self.parts: int | None = None
        self.trees: dict[tuple[str, ...], tuple[int, _Running]] = {}
        self.has_begun = False
        self.told = 0.0

    @property
    def is_to_begin_anew(self) -> bool:
        """Whether parts did not know of objects' sizes what others found out."""
        if self.explored.failures or widths_of(self.results)[1]:
            return False
        is_whole = all(line.get("exhausted") for line in self.results)
        return any(line.get("lost") for line in self.results) or (
            is_whole and not self.waiting
        )

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
            self.parts = parts
            self._wait_for_agents()
            slots = sum(_slots(member) for member in self.crew.ready())
            self.journal = Journal(path, resume=resume)
            self.give_first = max(0, (parts or slots) - len(self.journal.waiting))
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
        while not self._is_settled() and not self._is_done():
            if self.crew.ready() and time.monotonic() > until:
                return
            self.crew.look()
            self.crew.must_go_on()
            self.programs.look(self.crew)
            time.sleep(_LOOK_EVERY_S)

    def _is_settled(self) -> bool:
        """Whether everyone is ready; where there are so many parts, for the program, too."""
        has_program = self.parts is None or self.programs.is_settled(self.crew)
        return self.crew.is_settled() and has_program

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
            if idle and self.parts is None and not self.waiting:
                self._steal(idle)
        now = time.monotonic()
        if on_progress is not None and now - self.told > _TELL_EVERY_S:
            self.told = now
            on_progress(self._progress())

    def _hand_out(self) -> int:
        """Give the largest shares to who has time; return how many still have."""
        self.waiting.sort(key=lambda share: share.size)
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
        give = 0 if self.has_begun else self.give_first
        self.has_begun = True
        program = self.programs.of(member)
        left_s = self.left_s
        handle = member.link.submit(
            "part",
            program=program.digest,
            root=program.root,
            words=[*self.options, *share.words(give)],
            arguments=list(self.arguments),
            budget_s=None if left_s is None else max(0.01, left_s),
            progress=True,
            processors=[],
        )
        running = _Running(share, member, handle, bool(program.root), give)
        self.running.append(running)

    def _steal(self, idle: int) -> None:
        """Ask those with the most left to give some of it away."""
        able = [r for r in self.running if r.handle.has_begun and r.asked == r.given]
        able.sort(key=lambda running: running.left, reverse=True)
        coming = sum(running.asked - running.given for running in self.running)
        for running in able[: max(0, idle - coming)]:
            running.asked += 1
            running.handle.hand_over()

    def _take_over(self, running: _Running, line: Mapping[str, Any]) -> None:
        kept, given = running.share.divided(line)
        self.journal.divided(running.share, kept, given)
        running.share = kept
        running.given += 1
        self.waiting.append(given)

    def _must_be_of_one_tree(self, running: _Running, line: Mapping[str, Any]) -> None:
        """Compare trees as soon as somebody says something of his."""
        widths = tuple(sorted(line.get("widths", ())))
        if not line.get("tree"):
            return
        tree, first = self.trees.setdefault(widths, (line["tree"], running))
        if tree != line["tree"]:
            raise _other_tree(first, running)

    def _look_at(self, running: _Running) -> None:
        answer = running.handle.poll()
        self._must_be_of_one_tree(running, running.handle.progress())
        for line in running.handle.taken():
            self._take_over(running, line)
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
        self._must_be_of_one_tree(running, counts)
        if counts.get("given", 0) != running.given:
            raise EngineError(
                f"{counts.get('given')} parts were given away by {running.member.link.name}, "
                f"and {running.given} have come"
            )
        if counts.get("exhausted"):
            if not counts["failures"]:
                self.journal.done(running.share, counts)
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

    def _wind_up(self) -> None:
        """Let those at work come to an end, and wait for their last words a little."""
        now = time.monotonic()
        for running in list(self.running):
            if running.ending_since is None:
                running.ending_since = now
                running.handle.stop(now=False)
            elif now - running.ending_since > _GRACE_S:
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


def _other_tree(first: _Running, other: _Running) -> Exception:
    if not (first.is_foreign or other.is_foreign):
        return EngineError("the parts of the search have walked different trees")
    compiled = [
        f"{running.member.link.name} ({running.member.machine.compiler.partition(chr(10))[0]})"
        for running in (first, other)
        if running.member.machine is not None
    ]
    return UsageError(
        f"what was compiled for {' and '.join(compiled)} makes other accesses: these are "
        "two programs, whose executions do not add up. Give all agents the same compiler "
        "and flags (CC), or leave one out"
    )


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
