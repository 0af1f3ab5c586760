"""A verification as a pytest test."""

from __future__ import annotations

import pytest

import heald
from heald import Violated
from heald.testing.repeated import HealdRun
from tests.verifying.test_subject import stack


def test_as_a_pytest_test_it_raises_what_failed() -> None:
    test = heald.verify(stack("relaxed"))
    with pytest.raises(
        Violated, match=r"to change: stack_relaxed\.c:12 relaxed -> release"
    ):
        test([HealdRun(seed=1, budget_s=6.0, profile="quick")])
