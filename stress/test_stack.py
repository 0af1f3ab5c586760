"""Stacks at full speed."""

from __future__ import annotations

import pytest

from subjects.expectations import Variant
from subjects.stack import VARIANTS

from .conftest import Stress

HOLDING = [variant for variant in VARIANTS if not variant.native]
CAUGHT = [v for v in VARIANTS if v.native and v.subject.shown_here == "yes"]


@pytest.mark.parametrize("variant", HOLDING, ids=lambda variant: variant.name)
def test_each_value_is_popped_once_and_in_order(variant: Variant, holds: Stress) -> None:
    holds(variant)


@pytest.mark.parametrize("variant", CAUGHT, ids=lambda variant: variant.name)
def test_memory_with_two_owners_is_corrupted(variant: Variant, caught: Stress) -> None:
    caught(variant)
