from __future__ import annotations

import pytest

from heald import Finding, UsageError
from heald.native import NativeSession, replay_native, run_native
from tests.native.subjects import TWO_INCREMENTS, counter, misbehaving, two_threads

LOST = ((), (None,), (None,), (1,))


def lost_update() -> Finding:
    return Finding("forbidden outcome", "lost", TWO_INCREMENTS, outcome=LOST, seed=1)


def test_outcome_is_counted_per_sample_with_its_interval() -> None:
    replay = replay_native(lost_update(), 0.4, subject=counter(plain=True))
    assert 0 < replay.hits < replay.trials
    assert replay.unit == "samples"
    assert replay.low < replay.hits / replay.trials < replay.high
    assert "95 % interval" in str(replay)


def test_outcome_that_cannot_happen_is_never_counted() -> None:
    replay = replay_native(lost_update(), 0.2, subject=counter())
    assert replay.hits == 0 < replay.trials
    assert replay.low == 0.0 < replay.high < 0.01


def test_crash_is_counted_per_run() -> None:
    with NativeSession() as session:
        result = session.run(
            misbehaving(),
            two_threads("write_through_null"),
            seed=1,
            budget_s=0.5,
            most_lost=1,
        )
        replay = replay_native(
            result.findings[0], 10.0, subject=misbehaving(), until_seen=True
        )
    assert (replay.hits, replay.trials, replay.unit) == (1, 1, "runs")
    assert replay.findings[0].kind == "crash"


def test_finding_survives_json_and_replays_with_its_settings() -> None:
    result = run_native(counter(limit=1), TWO_INCREMENTS, seed=5, budget_s=0.05)
    (finding,) = result.findings
    replay = replay_native(finding, 0.1, subject=counter(limit=1))
    assert replay.hits == replay.trials


def test_finding_without_scenario_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^this finding has no scenario to run again$"):
        replay_native(Finding("crash", "?"), 1.0, subject=counter())


def test_outcome_finding_without_outcome_is_refused() -> None:
    finding = Finding("forbidden outcome", "?", TWO_INCREMENTS)
    with pytest.raises(UsageError, match=r"^a finding of kind 'forbidden outcome' is "):
        replay_native(finding, 1.0, subject=counter())
