from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heald.generating.drawing import Enough, draw_each, draw_failing

NUMBERS = st.integers(0, 10_000)


def drawn(seed: int) -> list[int]:
    seen: list[int] = []
    draw_each(NUMBERS, seen.append, most=30, seed=seed)
    return seen


def test_each_value_is_shown_and_the_seed_fixes_them() -> None:
    assert 0 < len(drawn(1)) <= 30
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_failing_value_is_made_smaller() -> None:
    assert draw_failing(NUMBERS, lambda n: n >= 77, most=200, seed=1) == 77


def test_failing_value_stays_as_it_was_without_shrinking() -> None:
    first: list[int] = []

    def fails(number: int) -> bool:
        if number >= 77:
            first.append(number)
        return number >= 77

    found = draw_failing(NUMBERS, fails, most=200, seed=1, shrink=False)
    assert set(first) == {found}


def test_nothing_failing_is_none() -> None:
    assert draw_failing(NUMBERS, lambda n: n < 0, most=50, seed=1) is None


def test_enough_ends_the_drawing_and_is_no_failure() -> None:
    shown: list[int] = []

    def fails(number: int) -> bool:
        shown.append(number)
        if len(shown) == 5:
            raise Enough
        return False

    assert draw_failing(NUMBERS, fails, most=200, seed=1) is None
    assert len(shown) == 5


def test_error_of_the_one_who_is_asked_comes_out() -> None:
    def fails(_number: int) -> bool:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match=r"^mine$"):
        draw_failing(NUMBERS, fails, most=5, seed=1)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 3))
def test_a_property_may_ask_for_values_itself(seed: int) -> None:
    assert drawn(seed) == drawn(seed)
    assert draw_failing(NUMBERS, lambda number: number > 99, most=99, seed=seed) == 100


@given(st.just(1))
def test_enough_ends_the_drawing_inside_a_property(seed: int) -> None:
    def take(_number: int) -> None:
        raise Enough

    draw_each(NUMBERS, take, most=9, seed=seed)
