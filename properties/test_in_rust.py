"""The Rust listings on real threads: as their C forms."""

from __future__ import annotations

import pytest

from subjects.expectations import Variant
from subjects.in_rust import VARIANTS

from .conftest import Caught, Holds

HOLDING = [variant for variant in VARIANTS if not variant.native]
CAUGHT = [variant for variant in VARIANTS if variant.native]


@pytest.mark.parametrize("variant", HOLDING, ids=lambda variant: variant.name)
def test_what_holds_in_c_holds_in_rust(variant: Variant, holds: Holds) -> None:
    holds(variant)


@pytest.mark.parametrize("variant", CAUGHT, ids=lambda variant: variant.name)
def test_what_is_caught_in_c_is_caught_in_rust(variant: Variant, caught: Caught) -> None:
    assert caught(variant).finding is not None
