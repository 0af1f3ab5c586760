"""The bridge between Hypothesis and real threads, on races and hangs that are real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase

import heald
from heald import Scenario
from heald.capsule import load_capsule
from heald.native import NativeSession
from heald.testing.native import (
    RECORDED,
    assert_holds,
    find_failure,
    native_recordings,
)
from heald.testing.recorded import Patience
from heald.violation import Violated
from subjects import counter, publish

PATIENCE = Patience(search_s=1.0, shrink_s=1.0, total_shrink_s=10.0)
PLAIN, SOUND = counter.VARIANTS[0].subject, counter.VARIANTS[3].subject
PLAIN_FLAG = next(v.subject for v in publish.VARIANTS if v.name == "publish/plain-flag")


@pytest.fixture(scope="module")
def session() -> Iterator[NativeSession]:
    with NativeSession() as native:
        yield native


@pytest.mark.parametrize("seed", range(5))
def test_a_real_race_shrinks_to_two_threads_with_one_increment_each(
    seed: int, session: NativeSession
) -> None:
    recordings = native_recordings(
        session, PLAIN, patience=PATIENCE, seed=seed, folder=None
    )
    found = find_failure(recordings, heald.scenarios(PLAIN, threads=3, ops=(2, 4)))
    assert found is not None
    assert found.finding is not None
    assert found.finding.kind == "forbidden outcome"
    least = find_failure(recordings, heald.scenarios(PLAIN))
    assert least is not None
    assert least.scenario == counter.TWICE


def test_a_property_over_a_real_race_fails_once_and_is_not_flaky(
    session: NativeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recordings = native_recordings(session, PLAIN, patience=PATIENCE)

    @hypothesis.settings(
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @hypothesis.given(heald.scenarios(PLAIN))
    def loses_nothing(scenario: Scenario) -> None:
        assert_holds(recordings, scenario, subject=PLAIN)

    with pytest.raises(Violated, match=r"^counter/plain: forbidden outcome\n") as failed:
        loses_nothing()
    assert failed.value.finding is not None
    assert failed.value.finding.scenario == counter.TWICE
    assert failed.value.capsule is not None
    assert load_capsule(failed.value.capsule).finding().scenario == counter.TWICE
    assert list((tmp_path / RECORDED).rglob("*.json"))


def test_the_next_session_believes_what_was_recorded(
    session: NativeSession, tmp_path: Path
) -> None:
    before = native_recordings(session, PLAIN, patience=PATIENCE, folder=tmp_path)
    assert before.verdict(counter.TWICE).failed
    after = native_recordings(session, PLAIN, patience=PATIENCE, folder=tmp_path)
    assert after.verdict(counter.TWICE).from_disk


def test_another_variant_does_not_inherit_the_record(
    session: NativeSession, tmp_path: Path
) -> None:
    native_recordings(session, PLAIN, patience=PATIENCE, folder=tmp_path).verdict(
        counter.TWICE
    )
    sound = native_recordings(session, SOUND, folder=tmp_path)
    assert not sound.verdict(counter.TWICE).failed


def test_a_hang_is_a_failed_property_with_a_capsule(
    session: NativeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recordings = native_recordings(session, PLAIN_FLAG, patience=PATIENCE)
    with pytest.raises(Violated, match=r"^publish/plain-flag: hang\n") as failed:
        assert_holds(recordings, publish.WAITING, subject=PLAIN_FLAG)
    assert failed.value.capsule is not None
    assert load_capsule(failed.value.capsule).kind == "hang"


def test_a_sound_subject_has_no_failure_to_find(session: NativeSession) -> None:
    recordings = native_recordings(
        session, SOUND, patience=Patience(search_s=0.02, trial_s=0.02), folder=None
    )
    assert find_failure(recordings, heald.scenarios(SOUND), max_examples=10) is None
    assert sum(verdict.samples for verdict in recordings.verdicts) > 0
