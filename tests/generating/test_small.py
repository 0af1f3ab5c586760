"""The small scenarios: all of them, each once, always the same, in order of size."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald import Subject, op
from heald.generating.small import canonical, size, small_scenarios
from subjects import counter, publish, ring

COUNTER = counter.VARIANTS[3].subject


def test_two_operations_give_105_pairs_and_56_triples() -> None:
    # 14 words of one to three calls, 6 of one or two: 14*15/2 pairs, 6*7*8/6 triples.
    small = small_scenarios(COUNTER, most=1000)
    threads = [len(scenario.threads) for scenario in small.scenarios]
    assert (threads.count(2), threads.count(3)) == (105, 56)
    assert (small.known, small.systematic) == (161, True)
    assert str(small) == "161 scenarios (all; 2 threads x 1-3 calls, 3 x 1-2)"


def test_scenarios_differ_in_more_than_the_order_of_threads() -> None:
    found = small_scenarios(COUNTER, most=1000).scenarios
    assert len({canonical(COUNTER, scenario) for scenario in found}) == len(found)


def test_a_sample_is_taken_where_there_are_more_and_says_so() -> None:
    small = small_scenarios(COUNTER, most=20)
    assert len(small.scenarios) == 20
    assert "a sample of 161" in str(small)
    assert small == small_scenarios(COUNTER, most=20)
    assert [size(s) for s in small.scenarios] == sorted(size(s) for s in small.scenarios)


def test_threads_of_a_role_call_that_roles_operations() -> None:
    for scenario in small_scenarios(ring.VARIANTS[0].subject, most=30).scenarios:
        producer, consumer = scenario.threads
        assert {call.op for call in producer} == {"post"}
        assert {call.op for call in consumer} == {"take"}


def test_own_strategies_are_drawn_from_so_that_nobody_waits_for_ever() -> None:
    small = small_scenarios(publish.VARIANTS[0].subject, most=40)
    assert not small.systematic
    assert len(small.scenarios) >= 30
    for scenario in small.scenarios:
        assert scenario.threads[0][0].op == "send"
        assert all(len(word) <= 3 for word in scenario.threads)


def test_of_ten_operations_a_sample_of_both_numbers_of_threads_is_drawn() -> None:
    names = [f"increment{number}" for number in range(10)]
    increment = op("void counter_increment(struct counter *)")
    many = Subject(
        COUNTER.sources[0], state="struct counter", ops=dict.fromkeys(names, increment)
    )
    small = small_scenarios(many, most=60)
    threads = [len(scenario.threads) for scenario in small.scenarios]
    # 1,110 words of up to three calls in pairs, 110 of up to two in triples.
    assert small.known == 1110 * 1111 // 2 + 110 * 111 * 112 // 6
    assert len(threads) == 60
    assert min(threads.count(2), threads.count(3)) >= 20
    called = {call.op for s in small.scenarios for word in s.threads for call in word}
    assert called == set(names)


def test_scenarios_of_which_the_time_cut_some_off_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALD_CACHE", str(tmp_path))
    subject = publish.VARIANTS[0].subject
    looks = iter([True] * 5)
    cut = small_scenarios(subject, most=40, goes_on=lambda: next(looks, False))
    assert len(cut.scenarios) <= 5
    assert not list(tmp_path.rglob("*.json"))
    assert len(small_scenarios(subject, most=40).scenarios) > len(cut.scenarios)
