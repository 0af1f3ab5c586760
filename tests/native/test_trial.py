from __future__ import annotations

from collections.abc import Iterator

import pytest

from heald.native import NativeSession, Settings
from heald.native.trial import try_scenario
from subjects import counter, publish

PLAIN = counter.VARIANTS[0].subject
PLAIN_FLAG = next(v.subject for v in publish.VARIANTS if v.name == "publish/plain-flag")


@pytest.fixture(scope="module")
def session() -> Iterator[NativeSession]:
    with NativeSession() as native:
        yield native


def test_a_forbidden_outcome_is_a_finding_with_calls_counts_and_reason(
    session: NativeSession,
) -> None:
    trial = try_scenario(session, PLAIN, counter.TWICE, seed=5, budget_s=0.2)
    (finding,) = trial.findings
    assert finding.kind == "forbidden outcome"
    assert finding.outcome == ((), (None,), (None,), (1,))
    assert finding.seed == 5
    assert 0 < finding.count <= trial.samples
    assert finding.message == (
        f"{finding.count:,} of {trial.samples:,} samples gave 1 outcome that the model "
        "forbids: increment() -> none || increment() -> none ; read() -> 1"
    )
    assert "the model accepts 2" in finding.detail["explanation"]


def test_forbidden_outcomes_are_not_among_the_outcomes(session: NativeSession) -> None:
    trial = try_scenario(session, PLAIN, counter.TWICE, seed=5, budget_s=0.1)
    assert list(trial.outcomes) == [
        "increment() -> none || increment() -> none ; read() -> 2"
    ]


def test_it_ends_with_the_first_failure_if_asked_to(session: NativeSession) -> None:
    trial = try_scenario(
        session, PLAIN, counter.TWICE, seed=1, budget_s=30.0, until_failure=True
    )
    assert trial.failed
    assert trial.seconds < 5.0


def test_a_hang_is_a_finding(session: NativeSession) -> None:
    trial = try_scenario(session, PLAIN_FLAG, publish.WAITING, seed=1, budget_s=2.0)
    assert [finding.kind for finding in trial.findings] == ["hang"]


def test_a_run_that_could_not_overlap_is_not_to_be_trusted(
    session: NativeSession,
) -> None:
    serial = Settings(placement=3)
    trial = try_scenario(
        session, PLAIN, counter.TWICE, seed=1, budget_s=0.2, settings=serial
    )
    assert not trial.failed
    assert not trial.trustworthy
