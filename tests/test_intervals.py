from __future__ import annotations

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
