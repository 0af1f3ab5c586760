"""Stacks on real threads: nothing lost, nothing popped twice, and how the flawed ones fail."""

from __future__ import annotations

import pytest

from subjects.expectations import Variant
from subjects.stack import VARIANTS

from .conftest import Caught, Holds

HOLDING = [variant for variant in VARIANTS if not variant.native]
CAUGHT = [v for v in VARIANTS if v.native and v.subject.shown_here == "yes"]


@pytest.mark.parametrize("variant", HOLDING, ids=lambda variant: variant.name)
def test_each_value_is_popped_once_and_in_order(variant: Variant, holds: Holds) -> None:
    holds(variant)


@pytest.mark.parametrize("variant", CAUGHT, ids=lambda variant: variant.name)
def test_memory_with_two_owners_is_corrupted(variant: Variant, caught: Caught) -> None:
    verdict = caught(variant)
    # No single thread can do it alone: the smallest scenario still has two.
    assert len(verdict.scenario.threads) == 2
    assert all("pop" in {c.op for c in t} for t in verdict.scenario.threads)
