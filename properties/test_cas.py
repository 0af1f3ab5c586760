"""Compare-exchange on real threads: what is reported as changed was changed."""

from __future__ import annotations

import pytest

from subjects.cas import VARIANTS
from subjects.expectations import Variant

from .conftest import Holds


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_every_exchange_happens_at_one_moment(variant: Variant, holds: Holds) -> None:
    holds(variant)
