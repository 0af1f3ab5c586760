"""Reference counts on real threads: exactly one put is the last, and none uses freed memory.

The relaxed decrement holds here as well: on x86 it is a full barrier.
"""

from __future__ import annotations

import pytest

from subjects.expectations import Variant
from subjects.refcount import VARIANTS

from .conftest import Holds


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_exactly_one_put_is_the_last(variant: Variant, holds: Holds) -> None:
    holds(variant)
