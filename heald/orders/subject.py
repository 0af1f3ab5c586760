"""A subject whose orders can be changed: explored over many small scenarios.

It passes if every execution of every scenario is right, and fails with the first one that is
not. Most questions about orders are answered by the few scenarios that failed before.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any

from heald.explorer.exploration import Exploration, explore_scenario, program_of
from heald.explorer.options import Options
from heald.generating.small import size, small_scenarios
from heald.orders.explorable import Answer, Explorable, OutOfTime, TooMany, placed
from heald.orders.grounds import SAMPLES, Bounds, Grounds
from heald.orders.local_files import local_files
from heald.orders.overrides import Overrides, Place
from heald.orders.too_big import TooBig
from heald.precedence import Precedence
from heald.scenario import Scenario
from heald.showing.calls import named_calls, shortened
from heald.subject.subject import Subject

_WAITS = ("deadlock", "livelock")
_MOST_EXECUTIONS = 20_000
"""Of one scenario under sc; one that has more is left out."""


class OrderedSubject(Explorable):
    """A subject, and the scenarios that it is judged by.

    Attributes
    ----------
    left_out
        How many scenarios were not used: too big, or a call waits for ever.
    in_time
        Of a single scenario: calls that were over before others began.
    sampled
        Scenarios that are too big to be explored; of those that pass everything else some
        executions are drawn.
    failed
        Those that failed under some orders, the last one first.
    """

    def __init__(
        self,
        subject: Subject,
        scenarios: Iterable[Scenario],
        options: Options | None = None,
        on_progress: Callable[[int], None] | None = None,
        *,
        in_time: Precedence = (),
    ) -> None:
        self.subject = subject
        self.in_time = in_time
        self.scenarios = list(scenarios)
        self.sampled: list[Scenario] = []
        self.left_out = 0
        self.failed: list[Scenario] = []
        self._known: dict[Scenario, list[_Known]] = {}
        self._right: dict[Scenario, set[str]] = {}
        self._lock = threading.Lock()
        self._own = threading.local()
        defines = [f"-D{name}={value}" for name, value in subject.defines.items()]
        super().__init__(
            subject.name,
            program_of(subject),
            local_files(subject),
            [*subject.cflags, *defines],
            options or Options(),
            on_progress,
        )
        self.compiled = [str(source) for source in subject.sources]
        self._too_big = TooBig(self.program)

    @classmethod
    def over_small_scenarios(
        cls,
        subject: Subject,
        *,
        most: int,
        options: Options,
        on_progress: Callable[[int], None] | None = None,
    ) -> OrderedSubject:
        """Take the subject's interesting scenarios, and so many small ones."""
        made = cls(subject, (), options, on_progress)  # its budget is for these, too
        small = small_scenarios(
            subject, most=most, goes_on=lambda: not made.is_over
        ).scenarios
        made.scenarios = sorted({*subject.interesting, *small}, key=size)
        return made

    def lay_grounds(self, bounds: Bounds) -> Grounds:
        """Choose the scenarios: what the subject passes as it is, within the bounds.

        One that has calls that wait for ever is not well made (nobody sends what one
        receives), unless it is an interesting one.
        """
        small = small_scenarios(
            self.subject, most=bounds.scenarios, goes_on=lambda: not self.is_over
        )
        self.left_s()
        interesting = tuple(dict.fromkeys(self.subject.interesting))
        wanted = [*interesting, *(s for s in small.scenarios if s not in interesting)]
        explored: list[tuple[int, Scenario]] = []
        total, complete = 0, True
        options = replace(self.options, max_executions=bounds.executions)
        answers = self._asked(wanted, Overrides.of(), options)
        for scenario in wanted:
            if total > bounds.all_executions:
                break
            try:
                _, known, finding = next(answers)
            except OutOfTime:
                complete = False
                break
            if finding is not None:
                if scenario not in interesting and finding["kind"] in _WAITS:
                    continue
                self.scenarios = []
                return Grounds(small=small, failure=finding, failed_in=scenario)
            total += known.executions
            if known.is_complete and total <= bounds.all_executions:
                explored.append((known.executions, scenario))
            elif scenario in interesting:
                self.sampled.append(scenario)
        explored.sort(key=lambda each: each[0])
        self.scenarios = [scenario for _, scenario in explored]
        self.left_out = len(wanted) - len(explored) - len(self.sampled)
        return Grounds(
            explored=tuple(self.scenarios),
            executions=sum(count for count, _ in explored),
            sampled=tuple(self.sampled),
            left_out=self.left_out,
            small=small,
            complete=complete,
        )

    def leave_out_what_waits(self) -> Mapping[str, Any] | None:
        """Keep the scenarios that can be judged; return a failure under sc, if there is one.

        A scenario in which calls wait for ever under sc is not well made (nobody sends
        what one receives); one with too many executions cannot be asked again and again.
        """
        kept = []
        options = replace(self.options, model="sc", max_executions=_MOST_EXECUTIONS)
        for scenario, known, failure in self._asked(
            self.scenarios, Overrides.of(), options
        ):
            if failure is not None and failure["kind"] in _WAITS:
                continue
            if failure is not None:
                return failure
            if known.is_complete and known.executions:
                kept.append(scenario)
        self.left_out = len(self.scenarios) - len(kept)
        self.scenarios = kept
        return None

    def from_texts(self, texts: Mapping[str, str], folder: Path) -> OrderedSubject:
        """Return the same, compiled from other texts of its files, written into `folder`."""
        root, copies = placed(texts, folder)
        subject = self.subject
        made = subject.with_changes(
            f"{subject.variant or 'as-written'}+orders",
            expected=subject.expected,
            sources=[copies[str(source)] for source in subject.sources],
        )
        made.headers = tuple(copies[str(header)] for header in subject.headers)
        made.cflags = (f"-I{folder}", *_moved(subject, root, folder))
        made.__dict__.pop("machine", None)  # it remembers, and is the original's
        other = OrderedSubject(made, self.scenarios, self.options)
        self.continue_budget(other)
        return other

    def run(self, overrides: Overrides, options: Options, *, briefly: bool) -> Answer:
        """Explore the scenarios, those that failed before first, until one fails."""
        executions = 0
        others = [each for each in self.scenarios if each not in self.failed]
        asked = [*self.failed] if briefly else [*self.failed, *others]
        for scenario, known, failure in self._asked(asked, overrides, options):
            executions += known.executions
            if failure is not None:
                return self._failed(scenario, failure, executions)
            if not known.is_complete:
                if known.reason == "executions":
                    raise TooMany("a scenario has more executions than were allowed")
                raise OutOfTime("the budget ended before all executions were explored")
        drawn = replace(options, search="pos", max_executions=SAMPLES)
        more = [] if briefly else self.sampled
        for scenario, _, failure in self._asked(more, overrides, drawn):
            if failure is not None:
                return self._failed(scenario, failure, executions)
        return Answer((), executions)

    def _failed(
        self, scenario: Scenario, failure: Mapping[str, Any], executions: int
    ) -> Answer:
        if scenario in self.failed:
            self.failed.remove(scenario)
        self.failed.insert(0, scenario)  # it may decide the next question, too
        return Answer([failure], executions, scenario)

    def _asked(
        self, scenarios: Sequence[Scenario], overrides: Overrides, options: Options
    ) -> Iterator[tuple[Scenario, _Known, Mapping[str, Any] | None]]:
        """Explore scenarios, several at a time, and yield what came in their order.

        Raises
        ------
        OutOfTime
            If the budget ends before one of them begins.
        """

        def ask(scenario: Scenario) -> _Known:
            return self._ask(
                scenario, overrides, replace(options, budget_s=self.left_s())
            )

        if options.jobs == 1:
            for scenario in scenarios:
                known = ask(scenario)
                yield scenario, known, known.failure
            return
        waiting: deque[Future[_Known]] = deque()
        rest = iter(scenarios)
        with ThreadPoolExecutor(options.jobs) as pool:
            try:
                for scenario in scenarios:
                    for other in islice(rest, options.jobs - len(waiting)):
                        waiting.append(pool.submit(ask, other))
                    known = waiting.popleft().result()
                    yield scenario, known, known.failure
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _ask(self, scenario: Scenario, overrides: Overrides, options: Options) -> _Known:
        """Explore a scenario, unless the same was explored before."""
        for known in tuple(self._known.get(scenario, ())):
            if (
                known.model == options.model
                and known.search == options.search
                and known.overrides.do_the_same(
                    overrides, known.done, refused=known.refused
                )
            ):
                return known
        may_be_kept = overrides == Overrides.of() and options.search == "exhaustive"
        kept = self._too_big.known(scenario, options) if may_be_kept else None
        if kept is not None:
            with self._lock:
                self.learn(kept[1])
            return _too_big(options, kept[0])
        chosen = {each.name: getattr(options, each.name) for each in fields(options)}
        chosen["jobs"] = 1  # in one order: it fails in the same way again
        with self._lock:
            self.explorations += 1
        found = explore_scenario(
            self._of_this_thread(),
            scenario,
            in_time=self.in_time,
            engine_words=overrides.words(),
            right=self._right.setdefault(scenario, set()),
            **chosen,
        )
        places = found.engine.get("places", ())
        with self._lock:
            self.learn(places)
            self.executions += found.executions + found.blocked
        if found.engine.get("reason") == "interrupt":
            raise KeyboardInterrupt
        known = _Known(
            options.model,
            options.search,
            overrides,
            tuple(Place.read(place) for place in places if place["has_company"]),
            options.model != "rc11" or found.engine["refused"] > 0,
            found.executions,
            self._failure(found) if found.findings else None,
            found.exhaustive,
            str(found.engine.get("reason") or ""),
        )
        if may_be_kept and known.failure is None and known.reason == "executions":
            self._too_big.keep(scenario, options, known.executions, places)
        drawn_all = options.search != "exhaustive" and known.reason == "executions"
        if known.is_complete or known.failure is not None or drawn_all:
            self._known.setdefault(scenario, []).append(known)
        return known

    def _of_this_thread(self) -> Subject:
        """Return the subject with a model of its own: models remember."""
        if self.options.jobs == 1:
            return self.subject
        if not hasattr(self._own, "subject"):
            self._own.subject = copy.copy(self.subject)
            self._own.subject.__dict__.pop("machine", None)
        own: Subject = self._own.subject
        return own

    def _failure(self, found: Exploration) -> Mapping[str, Any]:
        finding = found.findings[0]
        failure = {
            **finding.detail,
            "kind": finding.kind,
            "message": finding.message,
            "scenario": str(found.scenario),
        }
        if "trace" not in failure:
            return failure
        return shortened(named_calls(failure, self.subject, found.scenario))


@dataclass(frozen=True)
class _Known:
    """What one exploration of a scenario gave, and what it depended on."""

    model: str
    search: str
    overrides: Overrides
    done: tuple[Place, ...]
    refused: bool
    executions: int
    failure: Mapping[str, Any] | None
    is_complete: bool
    reason: str


def _too_big(options: Options, executions: int) -> _Known:
    return _Known(
        options.model,
        options.search,
        Overrides.of(),
        done=(),
        refused=True,
        executions=executions,
        failure=None,
        is_complete=False,
        reason="executions",
    )


def _moved(subject: Subject, root: str, folder: Path) -> list[str]:
    """Return the flags; folders are the subject's own, and copies come first."""
    from heald.orders.explorable import moved_flags

    flags, words = [], iter(subject.cflags)
    for word in words:
        if word in ("-I", "-iquote"):
            word = word + next(words, ".")
        if word.startswith("-I"):
            word = f"-I{(subject.folder / word[2:]).resolve()}"
        flags.append(word)
    return moved_flags(flags, root, folder)
