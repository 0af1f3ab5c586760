"""The Rust listings at full speed."""

from __future__ import annotations

import pytest

from subjects.expectations import Variant
from subjects.in_rust import VARIANTS

from .conftest import Stress

HOLDING = [variant for variant in VARIANTS if not variant.native]
CAUGHT = [variant for variant in VARIANTS if variant.native]


@pytest.mark.parametrize("variant", HOLDING, ids=lambda variant: variant.name)
def test_sound_listings_hold(variant: Variant, holds: Stress) -> None:
    holds(variant)


@pytest.mark.parametrize("variant", CAUGHT, ids=lambda variant: variant.name)
def test_flawed_listings_are_caught(variant: Variant, caught: Stress) -> None:
    caught(variant)
