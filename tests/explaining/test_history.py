"""What only time tells: a history that is not linearizable, from real threads to a replay."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import strategies as st

import heald
from heald import Call, Scenario
from heald.capsule import load_capsule
from heald.explaining.explanation import explain, explain_and_keep
from heald.explorer.execution import text_of
from heald.explorer.exploration import explore_scenario
from heald.finding import Finding
from heald.history import Event, History
from heald.kinds import NOT_LINEARIZABLE
from heald.native import NativeSession
from heald.native.trial import judged
from heald.replaying.replay import replay
from heald.verdicts import Verdict
from tests.processor import spent


class Register:
    """What was put last."""

    def __init__(self) -> None:
        self.value = 0

    def put(self, value: int) -> None:
        """Put a value."""
        self.value = value

    def get(self) -> int:
        """Return the value."""
        return self.value


LATE = heald.Subject(
    Path(__file__).parent / "late.c",
    state="struct late",
    init="void late_init(struct late *)",
    ops={
        "put": heald.op(
            "void late_put(struct late *, int value)", value=st.integers(1, 3)
        ),
        "get": heald.op("int late_get(struct late *)"),
    },
    model=Register,
)
PUT, GET = Call("put", (3,)), Call("get")
APART = Scenario(threads=((PUT, Call("put", (2,))), (GET, GET), (Call("get"),)))
MOST_S = 300.0


def native_history() -> Finding:
    """Run on real threads until a get begins when a put is over and misses it."""
    until = time.monotonic() + MOST_S
    with NativeSession() as session:
        for seed in range(10_000):
            result = session.run(
                LATE, APART, seed=seed, budget_s=0.2, history=True, check_power=False
            )
            for finding in judged(LATE, result).findings:
                if finding.kind == NOT_LINEARIZABLE:
                    return finding
            if time.monotonic() > until:
                break
    pytest.fail(f"no call overlapped none in {MOST_S:.0f} s")


def history(*events: Event) -> Finding:
    """Make a finding as the native runner would."""
    detail = {"history": History(events).to_json()}
    threads = max(event.thread for event in events)
    calls = (
        tuple(e.call for e in events if e.thread == thread)
        for thread in range(1, threads + 1)
    )
    return Finding(NOT_LINEARIZABLE, "", Scenario(tuple(calls)), detail=detail)


def test_native_history_becomes_a_capsule_that_replays_it_exactly(
    tmp_path: Path,
) -> None:
    found = native_history()
    assert found.outcome is not None
    explained = explain_and_keep(
        LATE, found, place="tests.explaining.test_history", folder=tmp_path, budget_s=600
    )
    assert explained.failed is not None, explained.text()
    assert explained.nearness == 0  # this very history, not another one of its kind
    assert explained.failed.kind == NOT_LINEARIZABLE
    smallest = explained.failed.scenario
    assert sorted(len(thread) for thread in smallest.threads) == [1, 1]
    assert explained.failed.detail["in_time"]
    assert re.search(r"in time: thread [12]'s put\(", explained.text())
    assert explained.capsule is not None
    took = []
    for _ in range(2):  # the first one imports what it needs
        began = spent()
        again = replay(load_capsule(explained.capsule), budget_s=600)
        took.append(spent() - began)
        assert (again.verdict, again.failures, again.samples) == (Verdict.FAILED, 1, 1)
        assert text_of(explained.failed) in again.message
    assert min(took) < 1.0


def test_without_its_order_in_time_the_same_outcome_is_no_failure() -> None:
    scenario = Scenario(threads=((PUT,), (GET,)))
    assert not explore_scenario(LATE, scenario).findings
    ordered = explore_scenario(LATE, scenario, in_time=((0, 1),))
    assert [each.kind for each in ordered.findings] == [NOT_LINEARIZABLE]
    assert ordered.outcomes == {((), (None,), (0,), ()): 1}


def test_history_with_other_results_is_not_taken_for_this_one() -> None:
    first = Event(1, PUT, 0, 1)
    missed = explain(LATE, history(first, Event(2, GET, 2, 3, result=0)), budget_s=600)
    assert missed.found
    # 2 was never put: nothing that happens is this history.
    other = explain(LATE, history(first, Event(2, GET, 2, 3, result=2)), budget_s=600)
    assert other.nearness == 1
    assert other.text().startswith("explained: not this history, but another")


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
def test_call_that_begins_when_another_is_over_sees_what_it_wrote(model: str) -> None:
    # The native runner fences before and after each call, or its stamps would prove nothing.
    relaxed = heald.Subject(
        Path(__file__).parent / "relaxed.c",
        state="struct relaxed",
        ops={
            "put": heald.op(
                "void relaxed_put(struct relaxed *, int value)", value=st.integers(1, 3)
            ),
            "get": heald.op("int relaxed_get(struct relaxed *)"),
        },
        model=Register,
    )
    scenario = Scenario(threads=((PUT,), (GET,)))
    missed = ((), (None,), (0,), ())
    assert missed in explore_scenario(relaxed, scenario, model=model).outcomes
    ordered = explore_scenario(relaxed, scenario, in_time=((0, 1),), model=model)
    assert list(ordered.outcomes) == [((), (None,), (3,), ())]
