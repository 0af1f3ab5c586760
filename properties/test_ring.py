"""The descriptor ring on real threads: nothing lost, doubled, torn or out of order.

The weakened rings hold here as well: x86 cannot show what they lack.
"""

from __future__ import annotations

import pytest

from subjects.expectations import Variant
from subjects.ring import VARIANTS

from .conftest import Holds


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_what_is_taken_was_posted_in_that_order(variant: Variant, holds: Holds) -> None:
    holds(variant)
