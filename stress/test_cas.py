"""Compare-exchange at full speed."""

from __future__ import annotations

import pytest

from subjects.cas import VARIANTS
from subjects.expectations import Variant

from .conftest import Stress


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_exchange_happens_at_one_moment(variant: Variant, holds: Stress) -> None:
    holds(variant)
