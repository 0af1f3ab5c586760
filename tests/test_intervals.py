from __future__ import annotations

from fractions import Fraction
from math import comb, sqrt

import pytest

from heald.intervals import bound_on_missed, rate_interval, show_rate


@pytest.mark.parametrize(
    ("failures", "samples", "low", "high"),
    [
        # Clopper-Pearson, as in Newcombe, Statistics in Medicine 17 (1998), table I.
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
    ],
)
def test_interval_is_that_of_clopper_and_pearson(
    failures: int, samples: int, low: float, high: float
) -> None:
    assert rate_interval(failures, samples) == pytest.approx((low, high), abs=6e-5)


def chance_of_so_many(failures: int, samples: int, rate: Fraction) -> Fraction:
    """Sum the binomial distribution from `failures` on, without rounding."""
    return sum(
        (
            comb(samples, k) * rate**k * (1 - rate) ** (samples - k)
            for k in range(failures, samples + 1)
        ),
        Fraction(0),
    )


@pytest.mark.parametrize("samples", [1, 2, 7, 30, 101])
def test_ends_of_the_interval_are_where_a_tail_is_one_in_forty(samples: int) -> None:
    for failures in {0, 1, samples // 3, samples - 1, samples}:
        low, high = map(Fraction, rate_interval(failures, samples))
        if failures:
            tail = chance_of_so_many(failures, samples, low)
            assert float(tail) == pytest.approx(0.025, rel=1e-9)
        if failures < samples:
            tail = 1 - chance_of_so_many(failures + 1, samples, high)
            assert float(tail) == pytest.approx(0.025, rel=1e-9)


def test_interval_of_many_samples_is_near_the_normal_one() -> None:
    low, high = rate_interval(123_456_789, 10**9)
    width = 2 * 1.959964 * sqrt(0.123456789 * 0.876543211 / 10**9)
    assert high - low == pytest.approx(width, rel=1e-3)
    assert low < 0.123456789 < high


def test_interval_without_samples_says_nothing() -> None:
    assert rate_interval(0, 0) == (0.0, 1.0)
    assert bound_on_missed(0) == 1.0


@pytest.mark.parametrize("samples", [1, 10, 1000, 10**9])
def test_bound_is_the_rate_that_would_be_missed_one_time_in_twenty(samples: int) -> None:
    assert (1 - bound_on_missed(samples)) ** samples == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(1.0, "100 %"), (0.123, "12 %"), (0.0003, "0.03 %"), (3e-8, "3e-08"), (0.0, "0")],
)
def test_rate_is_shown_shortly(rate: float, shown: str) -> None:
    assert show_rate(rate) == shown
