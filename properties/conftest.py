"""What the properties of concurrent subjects share: how long to try, and two questions.

``holds`` asks whether a variant passes every drawn scenario on real threads, ``caught``
whether a flawed one is caught, and returns the smallest scenario that shows it. Both see
recorded verdicts only (``heald.testing.recorded``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings

import heald
from heald.native import NativeSession
from heald.native.trial import try_scenario
from heald.testing.native import assert_holds, find_failure, native_recordings
from heald.testing.recorded import Patience, Recordings, Verdict
from heald.testing.repeated import HealdRun
from subjects.expectations import Variant

CATCH_S = 30.0
"""Seconds for the scenario that shows a flaw best; idle it takes one or two."""

DOUBT_S = 5.0
"""Seconds for a machine that is too busy to run threads at the same time."""

Holds = Callable[[Variant], Recordings]
Caught = Callable[[Variant], Verdict]


@dataclass(frozen=True)
class Effort:
    """How much a profile tries.

    Attributes
    ----------
    examples
        Scenarios drawn for a variant that must hold.
    searched
        Scenarios drawn at most for one that must be caught.
    holding, catching
        How long each is tried.
    """

    examples: int
    searched: int
    holding: Patience
    catching: Patience


EFFORTS = {
    "quick": Effort(
        examples=5,
        searched=60,
        holding=Patience(trial_s=0.06, search_s=0.06),
        catching=Patience(search_s=0.3, shrink_s=0.3, total_shrink_s=1.5),
    ),
    "thorough": Effort(
        examples=50,
        searched=200,
        holding=Patience(trial_s=0.2, search_s=0.2),
        catching=Patience(search_s=0.5, shrink_s=1.0, total_shrink_s=20.0),
    ),
    "nightly": Effort(
        examples=500,
        searched=1000,
        holding=Patience(trial_s=0.5, search_s=0.5),
        catching=Patience(search_s=1.0, shrink_s=3.0, total_shrink_s=120.0),
    ),
}


@pytest.fixture(scope="session")
def native_session() -> Iterator[NativeSession]:
    with NativeSession() as session:
        yield session


@pytest.fixture
def effort(heald_run: HealdRun) -> Effort:
    return EFFORTS[heald_run.profile]


@pytest.fixture
def holds(native_session: NativeSession, heald_run: HealdRun, effort: Effort) -> Holds:
    def check(variant: Variant) -> Recordings:
        subject = variant.subject
        recordings = native_recordings(
            native_session, subject, patience=effort.holding, seed=heald_run.seed
        )

        @settings(
            max_examples=effort.examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(heald.scenarios(subject))
        @example(subject.interesting[0])
        def holds_for(scenario: heald.Scenario) -> None:
            assert_holds(recordings, scenario, subject=subject)

        holds_for()
        if len(recordings.doubts) >= len(recordings.verdicts):
            # Each scenario was too short to overlap: is that so for a long one as well?
            trial = try_scenario(
                native_session,
                subject,
                subject.interesting[0],
                seed=heald_run.seed,
                budget_s=DOUBT_S,
            )
            assert trial.trustworthy, f"untrustworthy: {trial.doubts}"
            assert not trial.findings
        return recordings

    return check


@pytest.fixture
def caught(native_session: NativeSession, heald_run: HealdRun, effort: Effort) -> Caught:
    def catch(variant: Variant) -> Verdict:
        subject = variant.subject
        recordings = native_recordings(
            native_session,
            subject,
            patience=effort.catching,
            seed=heald_run.seed,
            folder=None,  # the alarm has to ring each time
        )
        recordings.verdict(subject.interesting[0], search_s=CATCH_S)
        drawn = heald.scenarios(subject)
        find_failure(recordings, drawn, max_examples=effort.searched)
        verdict = recordings.smallest()
        assert verdict is not None, (
            f"{variant.name} is flawed ({variant.why}) but none of "
            f"{len(recordings.verdicts)} scenarios failed"
        )
        assert verdict.finding is not None
        assert verdict.finding.kind in variant.native, verdict.finding.message
        return verdict

    return catch
