"""The descriptor ring at full speed; what its weakened forms lack, x86 gives for nothing."""

from __future__ import annotations

import pytest

from subjects.expectations import Variant
from subjects.ring import VARIANTS

from .conftest import Stress


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_what_is_taken_was_posted_in_that_order(variant: Variant, holds: Stress) -> None:
    holds(variant)
