"""Tests in one line: ``test_stack = heald.linearizable(stack, threads=3, ops=2)``.

Each function here makes a pytest test. Hypothesis draws scenarios; each runs on real
threads for a moment; what failed once is recorded, so that Hypothesis can shrink it; the
smallest failing scenario ends as a capsule. ``--heald-seed`` and ``--heald-budget`` hold
for these tests, and ``--count`` gives each repetition a seed of its own.

A check that could not have failed does not pass: no sample, no overlap, or a machine on
which even a racy counter loses nothing.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heald.generating.drawing import Enough, draw_failing
from heald.generating.strategies import Range, scenarios
from heald.native.trial import Trial, judged, try_scenario
from heald.native.turns import turn, wait_until_quiet
from heald.scenario import Outcome, Scenario
from heald.targets.places import shown_place
from heald.testing.explored import MODELS, ExploredSearch
from heald.testing.recorded import Patience, Recordings, Verdict
from heald.testing.repeated import Test, repeated
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.native import NativeSession
    from heald.subject.subject import Subject
    from heald.testing.repeated import HealdRun

_AGAIN = 2  # times that a search without any power is made again
_QUIET_S = 5.0  # longest wait for that
_HISTORY_SHARE = 0.3  # of a trial's time: stamping calls costs interleaving
_MOST_SCENARIOS = 10_000
_MOST_ROUNDS = 1000
_MOST_REPEATED = 20  # scenarios drawn in a row that had been drawn before


def linearizable(
    subject: Subject,
    *,
    threads: Range = 3,
    ops: Range = 2,
    before: Range = 2,
    after: Range = 2,
    budget_s: float | None = None,
) -> Test:
    """Make a test: every history is explained by some order of its calls.

    Outcomes of all samples are held against the model; of a part of them the times of
    calls and returns as well. Crashes, hangs and broken invariants fail the test, too.

    Parameters
    ----------
    threads, ops, before, after
        Sizes of the scenarios; see ``heald.scenarios``.
    budget_s
        Seconds on real threads; ``--heald-budget`` by default, one second with the quick
        profile. Shrinking a failure takes some seconds more.

    Raises
    ------
    UsageError
        If the subject has no model, or no scenario of these sizes.
    """
    if subject.model is None:
        raise UsageError(f"{subject.name} has no model to be linearizable against")
    drawn = scenarios(subject, threads=threads, ops=ops, before=before, after=after)

    def check_linearizable(heald_run: HealdRun) -> None:
        __tracebackhide__ = True
        search = _Search(subject, heald_run, budget_s, history=True)
        search.run(drawn)
        search.raise_failure()
        search.refuse_doubts()
        if search.trusted:
            heald_run.say(search.effort())

    return repeated(
        check_linearizable, f"{subject.name} is linearizable on real threads."
    )


def must_catch(
    subject: Subject,
    *kinds: str,
    threads: Range = 3,
    ops: Range = 3,
    budget_s: float | None = None,
) -> Test:
    """Make a test: the flaw of this subject is caught. It proves that the alarm rings.

    Parameters
    ----------
    kinds
        Kinds of finding that count (``"forbidden outcome"``, ``"crash"``, ...); any by
        default.
    budget_s
        Seconds within which it must be caught; ``catch_within_s`` of the subject by
        default.

    Notes
    -----
    Where ``shown_here`` is ``"no"``, real threads cannot show it: it is then looked for in
    the explorer, under rc11.
    """
    drawn = scenarios(subject, threads=threads, ops=ops)
    within_s = subject.catch_within_s if budget_s is None else budget_s

    def check_must_catch(heald_run: HealdRun) -> None:
        __tracebackhide__ = True
        import pytest

        search: _Search | ExploredSearch
        if subject.shown_here == "no":
            search = ExploredSearch(
                subject, MODELS, "fail", min(within_s, 30.0), heald_run.seed, kinds
            )
            search.run(drawn)
            caught = search.smallest is not None
        else:
            search = _Search(subject, heald_run, within_s, kinds=kinds, shrink=False)
            search.run(drawn)
            caught = search.recordings.smallest() is not None
        if not caught:
            search.refuse_doubts()
            if isinstance(search, _Search) and not search.trusted:
                return  # said already, as a warning
            wanted = " or ".join(kinds) or "nothing"
            pytest.fail(
                f"{subject.name} was not caught ({wanted} seen): {search.effort()}\n"
                "either it is not flawed, or these scenarios cannot show it: give it "
                "interesting=[...] scenarios, or more time",
                pytrace=False,
            )

    where = "by exploring" if subject.shown_here == "no" else "on real threads"
    return repeated(check_must_catch, f"{subject.name} is caught {where}.")


def shows_only(
    subject: Subject,
    scenario: Scenario,
    table: Mapping[Outcome, str],
    *,
    budget_s: float | None = None,
) -> Test:
    """Make a test: a scenario shows no outcome that the table or the model forbids.

    Parameters
    ----------
    table
        From outcomes to ``"allowed"`` or ``"forbidden"``; the model grades the others.
    """
    listed = copy.copy(subject)
    listed.outcomes = _checked(scenario, table)

    def check_shows_only(heald_run: HealdRun) -> None:
        __tracebackhide__ = True
        search = _Search(listed, heald_run, budget_s)
        search.one(scenario)
        search.raise_failure()
        search.refuse_doubts()
        if search.trusted:
            heald_run.say(search.effort())

    doc = f"{subject.name}: {scenario} shows allowed outcomes only."
    return repeated(check_shows_only, doc)


def _checked(scenario: Scenario, table: Mapping[Outcome, str]) -> Any:
    shape = [len(sequence) for sequence in scenario.sequences]
    for outcome, grade in table.items():
        if grade not in ("allowed", "forbidden"):
            raise UsageError(f'{grade!r}: an outcome is "allowed" or "forbidden"')
        if [len(results) for results in outcome] != shape:
            raise UsageError(
                f"{outcome} is no outcome of {scenario}: per sequence (before, each "
                f"thread, after) it has {shape} results"
            )
    return dict(table)


class _Search:
    """Looks for a failing scenario within a budget, natively."""

    def __init__(
        self,
        subject: Subject,
        run: HealdRun,
        budget_s: float | None,
        *,
        history: bool = False,
        kinds: tuple[str, ...] = (),
        shrink: bool = True,
    ) -> None:
        self.subject = subject
        self.heald_run = run
        self.seed = run.seed
        self.budget_s = run.budget_s if budget_s is None else budget_s
        self.history = history
        self.kinds = kinds
        self.shrink = shrink
        self.code = subject.build().path.name  # compiling is not part of the budget
        self.session: NativeSession | None = None
        self.trusted = 0
        self.held: list[Verdict] = []
        self.recordings = self._recordings(0, min(0.2, max(0.05, self.budget_s / 8)))

    def _recordings(self, round_number: int, search_s: float) -> Recordings:
        return Recordings(
            self.subject.name,
            self.code,
            self._attempt,
            seed=self.seed + round_number,
            patience=Patience(search_s=search_s),
        )

    def run(self, drawn: Any) -> None:
        """Try what there is, when it is this process's turn; again where it was in doubt.

        A power check that failed says that others had the processors: it is worth waiting
        until they are quieter.
        """
        with turn():
            self._run(drawn)
            for _ in range(_AGAIN):
                if self.trusted or self.recordings.failures:
                    return
                wait_until_quiet(_QUIET_S)
                self._run(drawn)

    def _run(self, drawn: Any) -> None:
        """Try the interesting scenarios and drawn ones, again and again, until time is up.

        Where there are few scenarios, later rounds give each of them more time.
        """
        from heald.native import NativeSession

        deadline = time.monotonic() + self.budget_s
        with NativeSession() as self.session:
            for number in range(1, _MOST_ROUNDS):
                self._round(drawn, deadline)
                if self.recordings.failures or time.monotonic() > deadline:
                    return
                self.held += self.recordings.verdicts
                search_s = 2 * self.recordings.patience.search_s
                self.recordings = self._recordings(number, search_s)

    def one(self, scenario: Scenario) -> None:
        """Try one scenario, for the whole budget."""
        from heald.native import NativeSession

        with turn(), NativeSession() as self.session:
            for number in range(1 + _AGAIN):
                self.recordings = self._recordings(number, self.budget_s)
                self.recordings.verdict(scenario)
                if self.trusted or self.recordings.failures:
                    return
                wait_until_quiet(_QUIET_S)

    def _round(self, drawn: Any, deadline: float) -> None:
        for scenario in self.subject.interesting:
            if self.recordings.verdict(scenario).failed and not self.shrink:
                return
        self._draw(drawn, deadline)

    def _draw(self, drawn: Any, deadline: float) -> None:
        failed, repeated = False, 0

        def fails(scenario: Scenario) -> bool:
            nonlocal failed, repeated
            known = len(self.recordings.verdicts)
            late = time.monotonic() > deadline and known > 0  # one is tried in any case
            if not failed and (late or repeated > _MOST_REPEATED):
                raise Enough
            if self.recordings.verdict(scenario).failed:
                failed = True
                return True
            repeated = 0 if len(self.recordings.verdicts) > known else repeated + 1
            return False

        draw_failing(
            drawn, fails, most=_MOST_SCENARIOS, seed=self.seed, shrink=self.shrink
        )

    def _attempt(self, scenario: Scenario, seed: int, budget_s: float) -> Trial:
        assert self.session is not None
        share = 1 - _HISTORY_SHARE if self.history else 1.0
        trial = try_scenario(
            self.session,
            self.subject,
            scenario,
            seed=seed,
            budget_s=budget_s * share,
            until_failure=True,
            check_power="once",
        )
        if self.kinds:
            counted = tuple(f for f in trial.findings if f.kind in self.kinds)
            trial = replace(trial, findings=counted)
        if self.history and not trial.failed:
            trial = self._with_histories(trial, budget_s * _HISTORY_SHARE)
        if trial.trustworthy:
            self.trusted += 1
        return trial

    def _with_histories(self, trial: Trial, budget_s: float) -> Trial:
        """Run on for a while with stamps, and judge the histories."""
        assert self.session is not None
        result = self.session.run(
            self.subject,
            trial.scenario,
            seed=trial.seed,
            budget_s=budget_s,
            history=True,
            check_power=False,
            most_lost=1,
        )
        stamped = judged(self.subject, result)
        return replace(
            trial,
            samples=trial.samples + stamped.samples,
            seconds=trial.seconds + stamped.seconds,
            findings=stamped.findings,
        )

    def effort(self) -> str:
        """Say what was tried."""
        verdicts = [*self.held, *self.recordings.verdicts]
        scenarios = len({verdict.scenario for verdict in verdicts})
        samples = sum(verdict.samples for verdict in verdicts)
        seconds = sum(verdict.seconds for verdict in verdicts)
        return f"{samples:,} samples of {scenarios} scenarios in {seconds:.1f} s"

    def raise_failure(self) -> None:
        """Raise the smallest failure, with its capsule."""
        __tracebackhide__ = True
        smallest = self.recordings.smallest()
        if smallest is None or smallest.finding is None:
            return
        from heald.targets.of_subject import SubjectTarget
        from heald.testing.violated import violated

        raise violated(
            smallest.finding,
            target=self.subject.name,
            place=shown_place(self.subject.place),
            expected=self.subject.expected,
            identity=SubjectTarget(self.subject).identity(),
            subject=self.subject,
        )

    def refuse_doubts(self) -> None:
        """Fail, skip or warn, as the configuration says, where it could not have failed."""
        __tracebackhide__ = True
        if self.trusted:
            return
        doubts = (
            "; ".join(dict.fromkeys(self.recordings.doubts)) or "no scenario was tried"
        )
        self.heald_run.doubt(f"UNTRUSTWORTHY {self.subject.name}: {doubts}")
