"""Counters at full speed."""

from __future__ import annotations

import pytest

from subjects.counter import VARIANTS
from subjects.expectations import Variant

from .conftest import Stress

HOLDING = [variant for variant in VARIANTS if not variant.native]
CAUGHT = [variant for variant in VARIANTS if variant.native]


@pytest.mark.parametrize("variant", HOLDING, ids=lambda variant: variant.name)
def test_sound_counters_lose_no_update(variant: Variant, holds: Stress) -> None:
    holds(variant)


@pytest.mark.parametrize("variant", CAUGHT, ids=lambda variant: variant.name)
def test_flawed_counters_lose_an_update(variant: Variant, caught: Stress) -> None:
    caught(variant)
