"""A subject verified: one thread, every small scenario, larger ones, real threads, its orders."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from heald.deadline import OutOfTime, undisturbed
from heald.explorer.exploration import Exploration, explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.generating.scope import Scope
from heald.generating.small import size, small_scenarios
from heald.generating.strategies import scenarios
from heald.intervals import bound_on_missed, show_rate
from heald.orders.mend import mend_subject
from heald.orders.mutate import mutate_explorable
from heald.orders.subject import OrderedSubject
from heald.scenario import Scenario
from heald.subject.subject import Subject
from heald.targets.of_subject import SubjectTarget, draw_scenarios
from heald.targets.places import shown_place
from heald.testing.violated import scheduled_violation, violated
from heald.verdicts import Verdict
from heald.verifying.models import MODELS, explained
from heald.verifying.verification import Verification, Walk, patch_of
from heald.violation import Violated

ONE, EVERY, LARGER = "one thread", "small scenarios", "larger ones"
REAL, ORDERS = "real threads", "orders"

_WAITS = ("deadlock", "livelock")
_MOST_EXECUTIONS = 50_000
_MOST_ALONE = 60
_SAMPLES = 300
_LARGER = {"threads": (2, 4), "ops": (2, 5)}


def verify_subject(
    subject: Subject,
    *,
    budget_s: float = 120.0,
    seed: int = 0,
    on_step: Callable[[str], None] | None = None,
) -> Verification:
    """Verify a subject within a budget.

    Parameters
    ----------
    budget_s
        Seconds for everything.
    seed
        Of what is drawn.
    on_step
        Called with the name of each step as it begins.

    Raises
    ------
    UsageError
        If the subject does not compile, or cannot be modelled.
    """
    walk = Walk(budget_s, on_step)
    verifier = _Verifier(subject, walk, seed)
    try:
        SubjectTarget(subject).prepare()
        for step in (verifier.alone, verifier.every, verifier.larger, verifier.real):
            failure = step()
            if failure is not None:
                return verifier.failed(failure)
        verifier.orders()
    except OutOfTime as ended:
        walk.cut(ended)
    return Verification(
        subject.name, walk.verdict(), walk.steps, sentence=verifier.sentence()
    )


class _Verifier:
    """Takes the steps; each returns what failed, or nothing."""

    def __init__(self, subject: Subject, walk: Walk, seed: int) -> None:
        self.subject = subject
        self.walk = walk
        self.seed = seed
        self.passed: list[Scenario] = []
        self.executions = 0
        self.shown_needed = ""
        self.bound = ""

    def alone(self) -> Exploration | None:
        """Hold the C against the model when one thread calls it."""
        self.walk.begin(ONE)
        count = 0
        for scenario in self._one_after_the_other():
            found = self._explore(scenario, "sc", self.walk.share_s(0.1))
            if found.findings and found.findings[0].kind not in _WAITS:
                text = f"{found.findings[0].kind} without a second thread"
                self.walk.end(ONE, Verdict.FAILED, text)
                return found
            count += 1
        if count:
            self.walk.end(ONE, Verdict.PASSED, f"{count:,} sequences of calls agree")
        return None

    def _one_after_the_other(self) -> Iterator[Scenario]:
        """Yield small scenarios with all calls in one thread, each once."""
        if self.subject.roles:
            return
        small = small_scenarios(self.subject, most=2 * _MOST_ALONE).scenarios
        alone = {
            Scenario(
                threads=(tuple(call for thread in each.threads for call in thread),),
                before=each.before,
                after=each.after,
            )
            for each in small
        }
        yield from sorted(alone, key=size)[:_MOST_ALONE]

    def every(self) -> Exploration | None:
        """Explore every execution of every small scenario."""
        self.walk.begin(EVERY)
        end_s = self.walk.left_s() * 0.5
        scope = Scope.of(self.subject, 2, 2)
        chosen = (
            small_scenarios(self.subject, most=400).scenarios if scope is None else scope
        )
        wanted = list(dict.fromkeys((*self.subject.interesting, *chosen)))
        undecided = 0
        for number, scenario in enumerate(wanted):
            if self.walk.left_s() < end_s and number:
                break
            found = self._explore(scenario, "rc11", self.walk.share_s(0.3))
            if found.findings and not self._only_waits(found):
                text = f"{found.findings[0].kind} in {scenario}"
                self.walk.end(EVERY, Verdict.FAILED, text)
                return found
            undecided += not found.exhaustive
            self.executions += found.executions
            self.passed.append(scenario)
        text = (
            f"all {len(wanted):,}"
            if len(self.passed) == len(wanted)
            else (f"{len(self.passed):,} of {len(wanted):,}")
        )
        text += f" scenarios x all executions ({self.executions:,}), rc11"
        if undecided:
            text += f"; {undecided} too big to finish"
        done = len(self.passed) == len(wanted) and not undecided
        self.walk.end(EVERY, Verdict.PASSED if done else Verdict.UNDECIDED, text)
        return None

    def _only_waits(self, found: Exploration) -> bool:
        """Whether calls wait for ever under sc, too: nobody sends what one receives."""
        if {finding.kind for finding in found.findings} - set(_WAITS):
            return False
        under_sc = self._explore(found.scenario, "sc", self.walk.share_s(0.2))
        return bool(under_sc.findings)

    def _explore(self, scenario: Scenario, model: str, budget_s: float) -> Exploration:
        return explore_scenario(
            self.subject,
            scenario,
            model=model,
            budget_s=budget_s,
            max_executions=_MOST_EXECUTIONS,
        )

    def larger(self) -> Exploration | None:
        """Sample executions of larger scenarios."""
        self.walk.begin(LARGER)
        until_s = self.walk.left_s() * 0.8
        drawn = self._drawn()
        count = samples = 0
        for scenario in drawn:
            if self.walk.left_s() < until_s:
                break
            found = explore_scenario(
                self.subject,
                scenario,
                search="random",
                seed=self.seed,
                max_executions=_SAMPLES,
                budget_s=self.walk.share_s(0.1),
            )
            if found.findings and not self._only_waits(found):
                text = f"{found.findings[0].kind} in {scenario}"
                self.walk.end(LARGER, Verdict.FAILED, text)
                return found
            count += 1
            samples += found.executions
        if count:
            text = f"{samples:,} executions of {count:,} drawn scenarios, up to 4 threads x 5"
            self.walk.end(LARGER, Verdict.PASSED, text)
        return None

    def _drawn(self) -> list[Scenario]:
        threads = max(len(self.subject.roles), _LARGER["threads"][1])
        larger = self.subject
        if larger.scenarios is None:
            import copy

            larger = copy.copy(self.subject)
            larger.scenarios = scenarios(
                self.subject, threads=(2, threads), ops=_LARGER["ops"]
            )
        return sorted(draw_scenarios(larger, self.seed, 40), key=size)

    def real(self) -> Finding | None:
        """Run on real threads at full speed."""
        self.walk.begin(REAL)
        result = SubjectTarget(self.subject).run_slice(
            seconds=self.walk.share_s(0.45), seed=self.seed, stop=threading.Event()
        )
        if result.findings:
            finding = result.findings[0]
            self.walk.end(REAL, Verdict.FAILED, f"{finding.kind}: {finding.message}")
            return finding
        if not result.trustworthy or not result.samples:
            text = (
                "; ".join(result.notes)
                or "no race that is known to be there showed itself"
            )
            self.walk.end(REAL, Verdict.UNTRUSTWORTHY, text)
            return None
        self.bound = show_rate(bound_on_missed(result.samples))
        text = f"{result.samples:,} samples; 95 % sure that fewer than {self.bound} fail"
        self.walk.end(REAL, Verdict.PASSED, text)
        return None

    def orders(self) -> None:
        """See which of its orders these scenarios show to be needed."""
        if self.walk.left_s() < 1.0 or not self.passed:
            return
        self.walk.begin(ORDERS)
        program = OrderedSubject(
            self.subject, self.passed, Options(budget_s=self.walk.left_s())
        )
        try:
            program.leave_out_what_waits()
        except OutOfTime:
            return
        mutation = mutate_explorable(program)
        needed, decided = mutation.shown_needed()
        if not mutation.mutants:
            return
        self.shown_needed = f"{needed} of {decided} orders shown needed"
        text = self.shown_needed
        if mutation.count("never run"):
            text += f", {mutation.count('never run')} operations never ran"
        self.walk.end(ORDERS, None, text)

    def sentence(self) -> str:
        """Say what it comes to."""
        how = "verified" if self.walk.verdict() is Verdict.PASSED else "looked at"
        parts = [f"{how} for {len(self.passed):,} scenarios x all executions"]
        if self.bound:
            parts.append(f"95 % bound on real threads {self.bound}")
        if self.shown_needed:
            parts.append(self.shown_needed)
        return "; ".join(parts)

    def failed(self, failure: Exploration | Finding) -> Verification:
        """Say all that is known of a failure, and mend it if orders can."""
        with undisturbed():
            finding, error = self._told(failure)
        capsule = str(error.capsule) if error.capsule else None
        where = patch = ""
        try:
            where = self._models(failure) if isinstance(failure, Exploration) else ""
            patch = self._patch() if isinstance(failure, Exploration) else ""
        except OutOfTime as ended:
            self.walk.cut(ended)
        return Verification(
            self.subject.name,
            Verdict.FAILED,
            self.walk.steps,
            message="\n".join(part for part in (str(error), where) if part),
            failure={
                "kind": finding.kind,
                "message": finding.message,
                "capsule": capsule,
            },
            patch=patch,
            shown=error.failure,
        )

    def _told(self, failure: Exploration | Finding) -> tuple[Finding, Violated]:
        """Return the finding, its capsule written, and the error that says it."""
        place = shown_place(self.subject.place)
        if isinstance(failure, Exploration):
            finding = failure.findings[0]
            error = scheduled_violation(
                self.subject, finding, failure.options, place=place
            )
            return error.finding or finding, error
        return failure, violated(
            failure,
            target=self.subject.name,
            place=place,
            identity=SubjectTarget(self.subject).identity(),
            subject=self.subject,
        )

    def _models(self, failure: Exploration) -> str:
        """Say under which of the stronger models the scenario fails, too."""

        def fails(model: str) -> bool | None:
            found = self._explore(failure.scenario, model, self.walk.share_s(0.2))
            return True if found.findings else False if found.exhaustive else None

        if failure.options.model != "rc11" or self.walk.left_s() < 0.5:
            return ""
        self.walk.begin(MODELS)
        text = explained(fails)
        self.walk.end(MODELS, None, text)
        return text

    def _patch(self) -> str:
        if self.walk.left_s() < 1.0:
            return ""
        self.walk.begin("mend")
        options: dict[str, Any] = {"budget_s": self.walk.left_s()}
        mending = mend_subject(self.subject, scenarios=40, **options)
        said = mending.reason.partition(" (")[0] or patch_of(len(mending.changes))
        if said.startswith("no memory order mends it"):
            said = said.partition(":")[0]  # why, the step of the models has said
        self.walk.end("mend", None, said)
        return mending.patch
