"""What the benchmark of agents says follows from what it saw; it sees a search, slices, a start."""

from __future__ import annotations

import os

import pytest

from benchmarks.cluster import (
    WARMING,
    Divided,
    Searched,
    Slices,
    busy_here,
    busy_of,
    overhead,
    searches,
    slices,
    starts,
)


def test_the_speed_up_is_that_of_the_clock_and_of_the_busier_one() -> None:
    round = Divided(Searched(9, 10.0, (8.0,), 0.1), Searched(9, 5.0, (3.0, 5.0), 0.1))
    assert round.speed_up == 2.0
    assert round.by_processor_time == 1.6


def test_the_overhead_is_a_part_of_a_slice() -> None:
    plain = [Slices([1.0, 1.02, 9.0], 0.02)]
    agents = [Slices([1.03, 1.04, 1.05], 0.03)]
    cost = overhead(plain, agents, 2.0)
    assert cost.by_clock == pytest.approx(0.01)
    assert cost.by_processor_time == pytest.approx(0.005)


def test_the_processor_time_of_a_process_is_what_it_says_itself() -> None:
    assert busy_of(os.getpid()) == pytest.approx(busy_here(), abs=0.1)


@pytest.mark.slow
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two agents need two")
def test_one_and_two_agents_visit_the_same_tree() -> None:
    (round,) = searches(1, WARMING)
    assert round.alone.executions == round.shared.executions > 0
    assert (len(round.alone.busy_s), len(round.shared.busy_s)) == (1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("by_agent", [False, True])
def test_slices_come_one_after_the_other(by_agent: bool) -> None:
    seen = slices(2, 0.05, by_agent=by_agent)
    assert len(seen.gaps_s) >= 2
    assert min(seen.gaps_s) > 0.04
    assert seen.busy_s > 0


@pytest.mark.slow
def test_an_agent_is_ready_after_its_hello() -> None:
    (seen,) = starts(1)
    assert 0 < seen.after_hello_s < seen.seconds
    assert 0 < seen.busy_s < 1.0  # its processor's: a busy machine does not matter
