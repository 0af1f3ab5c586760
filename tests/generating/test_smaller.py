"""Scenarios that are smaller than a failing one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heald import Call, Scenario, Subject
from heald.explaining.explanation import explain
from heald.finding import Finding
from heald.generating.smaller import size_of, smaller_scenarios
from heald.history import Event, History
from heald.precedence import (
    in_words,
    outcome_of,
    precedence_of,
    restricted,
)
from subjects import counter, stack
from tests.explaining.racy import RACY

CALLS = st.sampled_from(
    [Call("claim"), Call("new_id"), Call("enter", (1,)), Call("drop")]
)
SCENARIOS = st.builds(
    Scenario,
    threads=st.lists(
        st.lists(CALLS, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3
    ).map(tuple),
    before=st.lists(CALLS, max_size=2).map(tuple),
    after=st.lists(CALLS, max_size=2).map(tuple),
)


@given(SCENARIOS)
def test_every_step_is_smaller_and_knows_where_its_calls_come_from(
    scenario: Scenario,
) -> None:
    found = smaller_scenarios(RACY, scenario)
    assert len({each.scenario for each in found}) == len(found)
    for each in found:
        assert size_of(each.scenario) < size_of(scenario)
        assert len(set(each.kept)) == len(each.kept) == len(each.scenario.calls)
        for call, number in zip(each.scenario.calls, each.kept, strict=True):
            assert call.op == scenario.calls[number].op


def subject(name: str) -> Subject:
    return next(t for t in (*stack.TARGETS, *counter.TARGETS) if t.name == name)


@pytest.mark.parametrize(
    ("name", "big", "threads", "calls"),
    [
        ("counter/plain", Scenario(threads=((Call("increment"),) * 2,) * 3), 2, 2),
        ("stack/pool", stack.TAG_WRAP_1, 2, 5),
        ("racy", Scenario(threads=((Call("new_id"),) * 2,) * 3), 2, 2),
        (
            "racy",
            Scenario(
                threads=((Call("claim"), Call("drop")),) * 2, before=(Call("new_id"),)
            ),
            2,
            2,
        ),
    ],
    ids=["lost update", "ABA", "ids", "drop"],
)
def test_explanation_ends_with_the_smallest_scenario_there_is(
    name: str, big: Scenario, threads: int, calls: int
) -> None:
    chosen = RACY if name == "racy" else subject(name)
    found = explain(chosen, Finding("forbidden outcome", "", big), budget_s=60)
    assert found.failed is not None, found.text()
    assert not found.was_cut
    smallest = found.failed.scenario
    raced = sum(map(len, smallest.threads))
    assert (len(smallest.threads), len(smallest.before) + raced) == (threads, calls)


# --- order in time ------------------------------------------------------------------------

A, B, C = Call("new_id"), Call("claim"), Call("drop")


def timed(*rows: tuple[int, Call, int, int]) -> History:
    return History(tuple(Event(*row, result=row[2]) for row in rows))


def test_order_in_time_is_told_by_the_pairs_that_others_do_not_give() -> None:
    scenario = Scenario(threads=((A, B), (C,), (A,)), before=(C,))
    history = timed((0, C, 0, 1), (1, A, 2, 3), (2, C, 4, 7), (1, B, 5, 6), (3, A, 8, 9))
    # Calls: 0 before, 1 2 thread 1, 3 thread 2, 4 thread 3. 1 -> 4 follows from 1 -> 2 -> 4.
    assert precedence_of(history, scenario) == ((1, 3), (2, 4), (3, 4))
    assert outcome_of(history, scenario) == ((0,), (2, 5), (4,), (8,), ())
    words = in_words(scenario, ((3, 4),))
    assert words == "in time: thread 2's drop() was over before thread 3's new_id() began"


def test_what_follows_through_a_call_stays_when_it_goes() -> None:
    scenario = Scenario(threads=((A,), (C,), (B,)))
    smaller = Scenario(threads=((A,), (B,)))
    assert restricted(((0, 1), (1, 2)), scenario, smaller, (0, 2)) == ((0, 1),)


def test_calls_that_overlap_have_no_order() -> None:
    scenario = Scenario(threads=((A,), (B,)))
    assert precedence_of(timed((1, A, 0, 5), (2, B, 5, 9)), scenario) == ()


@pytest.mark.parametrize("events", [(), ((1, B, 0, 1), (2, A, 2, 3))])
def test_history_of_another_scenario_orders_nothing(
    events: tuple[tuple[int, Call, int, int], ...],
) -> None:
    scenario = Scenario(threads=((A,), (B,)))
    assert precedence_of(timed(*events), scenario) == ()
    assert outcome_of(timed(*events), scenario) is None


@given(SCENARIOS, st.data())
def test_order_of_a_smaller_scenario_follows_from_that_of_the_bigger(
    scenario: Scenario, data: st.DataObject
) -> None:
    stamps = sorted(
        data.draw(
            st.lists(
                st.integers(0, 99),
                min_size=2 * len(scenario.calls),
                max_size=2 * len(scenario.calls),
                unique=True,
            )
        )
    )
    order = data.draw(st.permutations(range(len(scenario.threads))))
    rows, left = [], list(stamps)
    for call in scenario.before:
        rows.append((0, call, left.pop(0), left.pop(0)))
    for thread in order:
        for call in scenario.threads[thread]:
            rows.append((thread + 1, call, left.pop(0), left.pop(0)))
    for call in scenario.after:
        rows.append((0, call, left.pop(0), left.pop(0)))
    pairs = precedence_of(timed(*rows), scenario)
    # Threads ran one after the other: each but the last was over before the next.
    assert len(pairs) == len(scenario.threads) - 1
    for smaller in smaller_scenarios(RACY, scenario):
        left_over = restricted(pairs, scenario, smaller.scenario, smaller.kept)
        assert all(0 <= a < len(smaller.kept) and a != b for a, b in left_over)
    assert all(a <= b for a, b in pairwise(stamps))
