from __future__ import annotations

import contextlib
import os
import threading
import time

import pytest

from heald import Call, Scenario, UsageError
from heald.native import NativeSession, Settings, run_native
from tests.native.subjects import INCREMENT, READ, TWO_INCREMENTS, counter, misbehaving

LOST = ((), (None,), (None,), (1,))
KEPT = ((), (None,), (None,), (2,))


def test_plain_counter_loses_updates_within_a_second() -> None:
    result = run_native(
        counter(plain=True),
        TWO_INCREMENTS,
        seed=1,
        budget_s=1.0,
    )
    assert result.histogram.keys() == {LOST, KEPT}
    assert sum(result.histogram.values()) == result.samples
    assert result.trustworthy
    assert result.overlap > 0


def test_atomic_counter_loses_none() -> None:
    result = run_native(counter(), TWO_INCREMENTS, seed=2, budget_s=0.3)
    assert result.histogram.keys() == {KEPT}
    assert not result.findings
    assert result.power is not None
    assert result.power.lost > 0


def test_arguments_and_results_reach_their_calls() -> None:
    scenario = Scenario(
        before=(Call("add", (100,)),),
        threads=((Call("add", (10,)),), ()),
        after=(Call("add", (-1,)), READ),
    )
    result = run_native(counter(), scenario, seed=3, budget_s=0.02)
    assert result.histogram.keys() == {((100,), (110,), (), (109, 109))}


@pytest.mark.parametrize("threads", [4, 8])
def test_more_threads_than_processors_run_and_say_so(threads: int) -> None:
    scenario = Scenario(threads=((INCREMENT,),) * threads, after=(READ,))
    result = run_native(counter(), scenario, seed=4, budget_s=0.2)
    values = {outcome[-1] for outcome in result.histogram}
    assert values == {(threads,)}
    assert any("processors" in note for note in result.notes) or threads <= 2


def test_serialised_threads_ring_the_alarm() -> None:
    serial = Settings(placement=3)
    with NativeSession(power_s=0.1) as session:
        result = session.run(
            counter(plain=True), TWO_INCREMENTS, seed=5, budget_s=0.1, settings=serial
        )
    assert result.histogram.keys() == {KEPT}
    assert not result.trustworthy
    assert len(result.doubts) == 2
    assert result.doubts[0].startswith("a counter known to be racy lost no update in ")
    assert result.doubts[1].startswith("no call overlapped another in the ")


def test_budget_too_short_for_a_sample_is_not_a_pass() -> None:
    stop = threading.Event()
    stop.set()
    result = run_native(counter(), TWO_INCREMENTS, seed=6, budget_s=1.0, stop=stop)
    assert result.samples == 0
    assert result.doubts == ("no sample was finished: the budget is too short",)


def test_one_thread_without_a_sample_is_not_a_pass_either() -> None:
    alone = Scenario(threads=((Call("sleep_a_little"),),))
    with NativeSession() as session:
        result = session.run(misbehaving(), alone, seed=1, budget_s=0.0)
    assert result.doubts == ("no sample was finished: the budget is too short",)


def test_one_thread_needs_no_power_check() -> None:
    scenario = Scenario(threads=((INCREMENT,),), after=(READ,))
    result = run_native(counter(), scenario, seed=7, budget_s=0.02)
    assert result.power is None
    assert result.trustworthy
    assert result.notes == ("at most one thread has calls: nothing can overlap",)


def test_broken_invariant_is_a_finding_with_its_outcome() -> None:
    scenario = Scenario(threads=((Call("add", (5,)),), (Call("add", (0,)),)))
    result = run_native(counter(limit=4), scenario, seed=8, budget_s=0.05)
    (finding,) = result.findings
    assert finding.kind == "broken invariant"
    assert finding.count == result.samples > 0
    assert finding.outcome is not None
    assert not result.histogram


def test_history_orders_calls_of_one_thread_and_overlaps_others() -> None:
    calls = (INCREMENT, READ)
    scenario = Scenario(before=(READ,), threads=(calls, calls), after=(READ,))
    result = run_native(counter(), scenario, seed=9, budget_s=0.3, history=True)
    assert len(result.histories) > 1
    overlapping = 0
    for history in result.histories:
        before, *between, after = history.events
        assert (before.thread, after.thread) == (0, 0)
        for thread in (1, 2):
            first, second = (e for e in between if e.thread == thread)
            assert first.returned is not None
            assert first.returned < second.called
            assert before.called < first.called
            assert second.called < after.called
        one, two = (next(e for e in between if e.thread == t) for t in (1, 2))
        assert one.returned is not None
        assert two.returned is not None
        overlapping += one.called <= two.returned and two.called <= one.returned
    assert overlapping > 0
    assert sum(result.histories.values()) == result.samples


def test_run_ends_when_its_outcomes_suffice() -> None:
    with NativeSession() as session:
        began = time.monotonic()
        result = session.run(
            counter(plain=True),
            TWO_INCREMENTS,
            seed=10,
            budget_s=30.0,
            stop_when=lambda seen: LOST in seen,
        )
    assert LOST in result.histogram
    assert time.monotonic() - began < 20


def test_sample_limit_ends_the_run_with_its_stride() -> None:
    with NativeSession() as session:
        result = session.run(
            counter(), TWO_INCREMENTS, seed=11, budget_s=30.0, most_samples=1000
        )
    assert 1000 <= result.samples < 2000


def test_budget_holds_for_slow_operations() -> None:
    from tests.native.subjects import misbehaving, two_threads

    began = time.monotonic()
    result = run_native(
        misbehaving(), two_threads("sleep_a_little"), seed=12, budget_s=0.3
    )
    assert not result.findings
    assert result.samples > 0
    assert time.monotonic() - began < 20


def test_fixed_settings_are_the_ones_used() -> None:
    fixed = Settings(stride=128, layout=1, shuffled=1, skew=50, jitter=3, blocks=0)
    result = run_native(counter(), TWO_INCREMENTS, seed=13, budget_s=0.05, settings=fixed)
    assert result.settings == fixed


@pytest.mark.parametrize("load", [1, 3])
def test_load_beside_the_race_does_no_harm(load: int) -> None:
    result = run_native(
        counter(), TWO_INCREMENTS, seed=14, budget_s=0.1, settings=Settings(load=load)
    )
    assert result.histogram.keys() == {KEPT}


def test_scenario_with_too_many_threads_is_refused() -> None:
    scenario = Scenario(threads=((INCREMENT,),) * 17)
    with pytest.raises(UsageError, match=r"^a scenario has 1 to 16 threads; got 17$"):
        run_native(counter(), scenario, seed=15, budget_s=0.1)


def test_broken_invariant_ends_a_run_that_waits_for_a_failure() -> None:
    with NativeSession() as session:
        began = time.monotonic()
        result = session.run(
            counter(limit=1),
            TWO_INCREMENTS,
            seed=16,
            budget_s=30.0,
            stop_when=lambda seen: False,
        )
    assert [finding.kind for finding in result.findings] == ["broken invariant"]
    assert time.monotonic() - began < 20


def test_history_of_too_many_calls_is_refused() -> None:
    scenario = Scenario(threads=((INCREMENT,) * 40, (INCREMENT,) * 40))
    wanted = r"^the native runner cannot run this: a history has at most 64 calls$"
    with pytest.raises(UsageError, match=wanted):
        run_native(counter(), scenario, seed=17, budget_s=0.1, history=True)


def test_many_open_files_do_not_disturb() -> None:
    files = []
    try:
        with contextlib.suppress(OSError):
            files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
        result = run_native(counter(), TWO_INCREMENTS, seed=18, budget_s=0.02)
    finally:
        for file in files:
            os.close(file)
    assert result.samples > 0


def test_scenarios_of_a_session_share_a_host_and_no_process() -> None:
    """What makes them cheap; how cheap is measured by ``benchmarks.native``."""
    hosts, processes = set(), set()
    with NativeSession() as session:
        for seed in range(10):
            result = session.run(
                counter(), TWO_INCREMENTS, seed=seed, budget_s=0.002, check_power=False
            )
            assert result.samples > 0
            host = session.host_for(counter().build().path)
            hosts.add(host._process.pid)
            processes.add(host.recorder.pid)
    assert len(hosts) == 1
    assert len(processes) == 10
