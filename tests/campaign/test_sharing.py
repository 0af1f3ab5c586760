from __future__ import annotations

from collections import Counter

import pytest

from heald.campaign.sharing import TimeShares


def spent(
    shares: TimeShares, *, slices: int, discoveries: dict[str, int]
) -> Counter[str]:
    """Run `slices` slices of one second; the named targets discover in every slice."""
    seconds: Counter[str] = Counter()
    for _ in range(slices):
        name = shares.next()
        assert name is not None
        shares.record(name, seconds=1.0, discoveries=discoveries.get(name, 0))
        seconds[name] += 1
    return seconds


def test_everybody_runs_before_anybody_runs_twice() -> None:
    shares = TimeShares(dict.fromkeys("abcd", 1.0), floor=0.5)
    assert set(spent(shares, slices=4, discoveries={"a": 5})) == set("abcd")


def test_time_goes_to_the_one_that_discovers_and_the_others_keep_their_floor() -> None:
    shares = TimeShares(dict.fromkeys("abcd", 1.0), floor=0.5)
    seconds = spent(shares, slices=1000, discoveries={"a": 3})
    assert seconds["a"] == pytest.approx(625, abs=10)  # its floor and all that is hoped
    for name in "bcd":
        assert seconds[name] == pytest.approx(125, abs=10)


def test_without_discoveries_time_follows_the_weights() -> None:
    shares = TimeShares({"a": 3.0, "b": 1.0}, floor=0.5)
    assert spent(shares, slices=400, discoveries={}) == {"a": 300, "b": 100}


def test_uncaught_flaw_is_hunted_until_it_is_settled() -> None:
    shares = TimeShares(dict.fromkeys("ab", 1.0), floor=0.5)
    shares.hunt("a")
    assert shares.share("a") == pytest.approx(0.75)
    shares.settle("a")
    assert shares.share("a") == pytest.approx(0.2)


def test_shares_of_active_targets_add_up_to_one() -> None:
    shares = TimeShares({"a": 2.0, "b": 1.0, "c": 1.0}, floor=0.3)
    shares.hunt("b")
    shares.record("a", seconds=1.0, discoveries=4)
    shares.retire("c")
    assert shares.share("a") + shares.share("b") == pytest.approx(1.0)


def test_busy_and_retired_targets_do_not_run() -> None:
    shares = TimeShares(dict.fromkeys("ab", 1.0), floor=0.5)
    assert shares.next({"a"}) == "b"
    shares.retire("b")
    assert shares.next({"a"}) is None


def test_flaw_to_catch_runs_first_and_weighs_more_than_many_outcomes() -> None:
    shares = TimeShares(dict.fromkeys("abc", 1.0), floor=0.5)
    shares.hunt("c")
    assert shares.next() == "c"
    shares.record("a", seconds=1.0, discoveries=10)
    assert shares.share("c") > shares.share("a") > shares.share("b")
