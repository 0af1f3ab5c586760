"""Counters on real threads: the sound ones lose nothing, the flawed ones an update."""

from __future__ import annotations

import pytest

from subjects.counter import VARIANTS
from subjects.expectations import Variant

from .conftest import Caught, Holds

SOUND = [variant for variant in VARIANTS if variant.sound]
FLAWED = [variant for variant in VARIANTS if not variant.sound]


@pytest.mark.parametrize("variant", SOUND, ids=lambda variant: variant.name)
def test_sound_counters_lose_no_update(variant: Variant, holds: Holds) -> None:
    holds(variant)


@pytest.mark.parametrize("variant", FLAWED, ids=lambda variant: variant.name)
def test_flawed_counters_lose_an_update(variant: Variant, caught: Caught) -> None:
    verdict = caught(variant)
    assert verdict.finding is not None
    assert verdict.finding.outcome is not None
    scenario = verdict.scenario
    counts = [sum(call.op == "increment" for call in t) for t in scenario.threads]
    # Two threads with an increment each, or one of them seen by a reader going back.
    assert len(scenario.threads) == 2
    assert 1 <= sum(counts) <= 3
