"""A subject as a target of campaigns: its scenarios, run in turns for a slice of time.

Turn by turn: a scenario that the subject's author calls interesting (the first one in every
other slice, for authors put the best first), then a drawn one. What is drawn follows from
the seed of the slice.

What a slice needs is imported here and not when it is needed: slices run in forked children,
which would each import it again.
"""

from __future__ import annotations

import copy
import math
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heald.building.engine import engine_path
from heald.finding import Finding
from heald.generating.drawing import draw_each
from heald.generating.strategies import scenarios
from heald.kinds import FORBIDDEN_OUTCOME, NOT_LINEARIZABLE
from heald.native import NativeSession, Settings
from heald.native.trial import Trial, judged, try_scenario
from heald.scenario import Scenario
from heald.stop import Stop
from heald.subject.glue import glue_template
from heald.subject.identity import identity_of
from heald.targets.so_far import so_far
from heald.targets.target import NOTHING_COMPARED, Expected, SliceResult

if TYPE_CHECKING:
    from heald.subject.subject import Shown, Subject

_SHORTEST_TURN_S = 0.1
_LONGEST_TURN_S = 1.0
_TURNS = 8
_DRAWN = 24
_MOST_OUTCOMES = 2000


@dataclass
class _Sum:
    """Trials of a slice put together."""

    samples: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    doubted: int = 0
    trials: int = 0

    def add(self, trial: Trial) -> None:
        self.samples += trial.samples
        self.seconds += trial.seconds
        self.findings.extend(trial.findings)
        self.notes.update(dict.fromkeys([*trial.notes, *trial.doubts]))
        self.doubted += not trial.trustworthy
        self.trials += 1
        for outcome, count in trial.outcomes.items():
            if outcome in self.outcomes or len(self.outcomes) < _MOST_OUTCOMES:
                self.outcomes[outcome] += count

    def result(self) -> SliceResult:
        return SliceResult(
            samples=self.samples,
            seconds=self.seconds,
            outcomes=dict(self.outcomes),
            findings=tuple(self.findings),
            notes=tuple(self.notes),
            # One turn without an overlap is a short turn; all of them are a bad machine.
            trustworthy=self.doubted < max(1, self.trials),
        )


class SubjectTarget:
    """A subject on real threads.

    Parameters
    ----------
    subject
        With a model or a table of outcomes; without, only crashes, hangs and broken
        invariants are found.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @property
    def name(self) -> str:
        """The subject and its variant, as in ``stack/tagged``."""
        return self.subject.name

    @property
    def expected(self) -> Expected:
        """What it must show, if that is known."""
        return self.subject.expected

    @property
    def shown_here(self) -> Shown:
        """Whether real threads on this machine show its flaw."""
        return self.subject.shown_here

    @property
    def catch_within_s(self) -> float:
        """Seconds of running within which its flaw must be caught."""
        return self.subject.catch_within_s

    @staticmethod
    def load() -> None:
        """Load what preparing any target of the kind takes, before each is a process."""
        glue_template()

    def prepare(self) -> None:
        """Compile subject and runner; may be called for many targets at a time.

        Raises
        ------
        UsageError
            With the compiler's own words.
        """
        engine_path("stress")
        self.subject.build("native")

    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        """Run scenarios in turns for about `seconds`, less if `stop` is set.

        Raises
        ------
        UsageError
            If the subject does not compile, with the compiler's own words.
        """
        found = _Sum()
        if self.subject.model is None and self.subject.outcomes is None:
            found.notes[NOTHING_COMPARED] = None
        self.prepare()  # compiling is not running
        turn_s = min(_LONGEST_TURN_S, max(_SHORTEST_TURN_S, seconds / _TURNS))
        end = time.monotonic() + seconds
        turns = _turns(self.subject, seed, draws=math.ceil(seconds / turn_s / 2) + 1)
        with NativeSession() as session:
            while not stop.is_set():
                left_s = end - time.monotonic()
                if left_s < _SHORTEST_TURN_S / 4 and found.trials:
                    break
                scenario = next(turns)
                trial = self._try(
                    session, scenario, seed, min(turn_s, max(left_s, 0.01)), stop
                )
                found.add(trial)
                if trial.findings:
                    so_far(found.result())
                if found.findings and self.expected == "flawed":
                    break  # what was to be shown is shown: others need the time
                seed = (seed + 1) % 2**63
        return found.result()

    def _try(
        self,
        session: NativeSession,
        scenario: Scenario,
        seed: int,
        budget_s: float,
        stop: Stop,
    ) -> Trial:
        return try_scenario(
            session,
            self.subject,
            scenario,
            seed=seed,
            budget_s=budget_s,
            check_power="once",
            stop=stop,
        )

    def replay_slice(
        self, finding: Finding, *, seconds: float, seed: int, stop: Stop
    ) -> SliceResult:
        """Run a finding's scenario again, at first with the settings that showed it.

        Samples are repetitions; the counts of the findings say how often it failed.
        """
        if finding.scenario is None:
            return self.run_slice(seconds=seconds, seed=finding.seed or seed, stop=stop)
        subject = _forbidding(self.subject, finding)
        known = finding.detail.get("settings")
        found = _Sum()
        end = time.monotonic() + seconds
        with NativeSession() as session:
            while not stop.is_set() and (left_s := end - time.monotonic()) > 0.02:
                # In turns: as it was, and tuned afresh for this machine.
                as_it_was = known is not None and found.trials % 2 == 0
                result = session.run(
                    subject,
                    finding.scenario,
                    seed=seed,
                    budget_s=min(left_s, max(_SHORTEST_TURN_S, seconds / 4)),
                    settings=Settings.from_json(known) if as_it_was and known else None,
                    check_power=not found.trials,
                    most_lost=1,
                    history=finding.kind == NOT_LINEARIZABLE,
                    stop=stop,
                )
                found.add(judged(subject, result))
                seed = (seed + 1) % 2**63
        return found.result()

    def identity(self) -> Mapping[str, Any]:
        """Say what is run: sources by content, options, compiler; JSON-able."""
        return identity_of(self.subject)


def _forbidding(subject: Subject, finding: Finding) -> Subject:
    """Return the subject with the finding's outcome forbidden.

    What was forbidden by a test's own table, the subject itself knows nothing of.
    """
    if finding.outcome is None or callable(subject.outcomes):
        return subject
    listed = copy.copy(subject)
    if finding.kind == FORBIDDEN_OUTCOME:
        listed.outcomes = {**(subject.outcomes or {}), finding.outcome: "forbidden"}
    return listed


def _turns(subject: Subject, seed: int, *, draws: int) -> Iterator[Scenario]:
    """Yield scenarios for ever: interesting ones and drawn ones in turns."""
    interesting = list(subject.interesting)
    if seed % 2:
        random.Random(seed).shuffle(interesting)
    drawn: list[Scenario] = []
    turn = 0
    while True:
        if interesting:
            yield interesting[turn % len(interesting)]
        # Not before they are needed: drawing takes as long as a short turn.
        drawn = drawn or draw_scenarios(subject, seed, min(draws, _DRAWN))
        yield drawn[turn % len(drawn)]
        turn += 1


def draw_scenarios(subject: Subject, seed: int, count: int) -> list[Scenario]:
    """Draw up to `count` different scenarios over a subject; the seed fixes them."""
    drawn: dict[Scenario, None] = {}
    draw_each(scenarios(subject), drawn.setdefault, most=count, seed=seed)
    return list(drawn)
