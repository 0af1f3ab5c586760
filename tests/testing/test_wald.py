from __future__ import annotations

import math
import random

import pytest

from heald import UsageError
from heald.testing.wald import Decision, SequentialTest


def decide(test: SequentialTest, rate: float, coin: random.Random) -> Decision:
    while True:
        decision = test.observe(coin.random() < rate)
        if decision is not None:
            return decision


@pytest.mark.parametrize(
    ("rate", "wrong"),
    [
        pytest.param(0.2, Decision.HOLDS, id="misses"),
        pytest.param(0.05, Decision.FAILS, id="false alarms"),
    ],
)
def test_errs_no_more_often_than_asked_for(rate: float, wrong: Decision) -> None:
    coin, runs, asked = random.Random(1), 2000, 0.05
    errors = sum(
        decide(
            SequentialTest(
                rate_fails=0.2, rate_holds=0.05, false_alarm=asked, miss=asked
            ),
            rate,
            coin,
        )
        is wrong
        for _ in range(runs)
    )
    # Wald: at most asked / (1 - asked); three standard deviations above that are luck.
    bound = asked / (1 - asked)
    assert errors / runs <= bound + 3 * math.sqrt(bound * (1 - bound) / runs)
    assert errors > 0, "a test that never errs took more trials than it needed"


@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_needs_fewer_trials_on_average_than_a_fixed_number(rate: float) -> None:
    coin, trials = random.Random(2), 0
    for _ in range(500):
        test = SequentialTest(
            rate_fails=0.2, rate_holds=0.05, false_alarm=0.05, miss=0.05
        )
        decide(test, rate, coin)
        trials += test.trials
    # Normal approximation for one-sided tests of 0.05 against 0.2 with errors of 5 % each.
    z = 1.645
    fixed = ((z * math.sqrt(0.05 * 0.95) + z * math.sqrt(0.2 * 0.8)) / 0.15) ** 2
    assert trials / 500 < fixed


def test_one_failure_is_proof_where_passing_code_never_fails() -> None:
    test = SequentialTest(rate_fails=0.01)
    assert [test.observe(failed) for failed in (False, False, True)] == [
        None,
        None,
        Decision.FAILS,
    ]


@pytest.mark.parametrize("rate", [0.5, 0.1, 0.003])
@pytest.mark.parametrize("miss", [0.05, 0.001])
def test_gives_up_after_just_enough_passes(rate: float, miss: float) -> None:
    test = SequentialTest(rate_fails=rate, miss=miss)
    while test.decision is None:
        test.observe(False)
    assert test.decision is Decision.HOLDS
    assert (1 - rate) ** test.trials <= miss < (1 - rate) ** (test.trials - 1)


def test_a_certain_failure_is_ruled_out_by_one_pass() -> None:
    assert SequentialTest(rate_fails=1.0).observe(False) is Decision.HOLDS


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ((0.1, 0.2), r"^rates must be 0 <= rate_holds < rate_fails <= 1; got .*0\.2"),
        ((1.5, 0.0), r"^rates must be 0 <= rate_holds < rate_fails <= 1; got .*1\.5$"),
    ],
)
def test_refuses_rates_that_make_no_question(
    rates: tuple[float, float], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        SequentialTest(rate_fails=rates[0], rate_holds=rates[1])


def test_refuses_chances_of_error_that_are_no_chances() -> None:
    with pytest.raises(UsageError, match=r"^chances of error must be above 0 and below"):
        SequentialTest(rate_fails=0.1, miss=0.0)
