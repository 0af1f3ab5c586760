"""The interval of a median: it covers the true one as often as it says, and says no more."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from benchmarks.paired import Interval, median_interval, ratios


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(6, 1, 6), (10, 2, 9), (25, 8, 18), (100, 40, 61)],
    ids=lambda value: str(value),
)
def test_bounds_are_those_of_the_binomial_table(count: int, low: int, high: int) -> None:
    found = median_interval(range(1, count + 1))
    assert found == Interval((count + 1) / 2, low, high)


def test_too_few_values_bound_nothing() -> None:
    assert median_interval([1.0, 2.0]) == Interval(1.5, -math.inf, math.inf)


def test_interval_covers_the_true_median_as_often_as_it_says() -> None:
    drawn = random.Random(7)
    runs = [[drawn.expovariate(1.0) for _ in range(40)] for _ in range(2000)]
    found = [median_interval(run) for run in runs]
    covered = statistics.mean(each.low <= math.log(2) <= each.high for each in found)
    assert 0.94 <= covered <= 0.985


def test_a_difference_of_three_per_cent_is_seen_through_noise_of_fifteen() -> None:
    drawn = random.Random(3)
    bare = [int(1e8 * drawn.uniform(0.85, 1.15)) for _ in range(400)]
    # What slows a pair slows both of its sides, most of it.
    slower = [int(wall * 1.03 * drawn.uniform(0.97, 1.03)) for wall in bare]
    found = median_interval(ratios(slower, bare))
    assert found.low < 1 / 1.03 < found.high
    assert found.high < 0.98
