"""Reference counts at full speed."""

from __future__ import annotations

import pytest

from subjects.expectations import Variant
from subjects.refcount import VARIANTS

from .conftest import Stress


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_exactly_one_put_is_the_last(variant: Variant, holds: Stress) -> None:
    holds(variant)
