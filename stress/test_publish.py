"""Publishing at full speed."""

from __future__ import annotations

import pytest

from subjects.expectations import Variant
from subjects.publish import VARIANTS

from .conftest import Stress

HOLDING = [variant for variant in VARIANTS if not variant.native]
CAUGHT = [variant for variant in VARIANTS if variant.native]


@pytest.mark.parametrize("variant", HOLDING, ids=lambda variant: variant.name)
def test_what_is_received_was_sent(variant: Variant, holds: Stress) -> None:
    holds(variant)


@pytest.mark.parametrize("variant", CAUGHT, ids=lambda variant: variant.name)
def test_a_loop_over_a_plain_flag_hangs(variant: Variant, caught: Stress) -> None:
    caught(variant)
