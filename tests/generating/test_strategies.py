from pathlib import Path

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import heald
from heald import Call, Scenario, Subject, UsageError

HERE = Path(__file__).parents[2] / "csrc/subjects/counter/counter_plain.c"

QUEUE = Subject(
    HERE,
    state="struct q",
    ops={
        "push": heald.op("void push(struct q *, int value)", value=st.integers(0, 9)),
        "pop": heald.op("int pop(struct q *)"),
        "fill": heald.op("void fill(struct q *)", when="before"),
        "drain": heald.op("int drain(struct q *)", when=("before", "after")),
    },
    before=["fill"],
    after=["drain"],
)
RING = Subject(
    HERE,
    state="struct q",
    ops={
        "put": heald.op(
            "void put(struct q *, int value)", role="producer", value=st.integers(0, 9)
        ),
        "get": heald.op("int get(struct q *)", role="consumer"),
        "size": heald.op("int size(struct q *)"),
    },
)
STRICT = Subject(
    HERE,
    state="struct q",
    ops={
        "put": heald.op("void put(struct q *)", role="producer"),
        "get": heald.op("int get(struct q *)", role="consumer"),
    },
)


def names(calls: tuple[Call, ...]) -> set[str]:
    return {call.op for call in calls}


@given(heald.scenarios(QUEUE, threads=3, ops=2, before=1, after=1))
def test_sizes_and_moments_are_kept(scenario: Scenario) -> None:
    assert 2 <= len(scenario.threads) <= 3
    assert all(1 <= len(thread) <= 2 for thread in scenario.threads)
    assert all(names(thread) <= {"push", "pop"} for thread in scenario.threads)
    assert scenario.before[0] == Call("fill")
    assert names(scenario.before[1:]) <= {"push", "pop", "fill", "drain"}
    assert len(scenario.before) <= 2
    assert scenario.after[-1] == Call("drain")
    assert names(scenario.after) <= {"push", "pop", "drain"}
    assert all(0 <= c.args[0] <= 9 for c in scenario.calls if c.op == "push")


@given(heald.scenarios(RING, threads=4))
def test_each_role_stays_in_its_thread(scenario: Scenario) -> None:
    allowed = [{"put", "size"}, {"get", "size"}, {"size"}, {"size"}]
    for thread, may in zip(scenario.threads, allowed, strict=False):
        assert names(thread) <= may


@given(heald.scenarios(STRICT, threads=3))
def test_subject_of_roles_alone_has_a_thread_for_each(scenario: Scenario) -> None:
    assert [names(thread) for thread in scenario.threads] == [{"put"}, {"get"}]


@given(heald.scenarios(QUEUE, threads=(1, 1), ops=(3, 3), before=0, after=0))
def test_exact_sizes_can_be_asked_for(scenario: Scenario) -> None:
    assert [len(thread) for thread in scenario.threads] == [3]


@pytest.mark.parametrize(
    ("wanted", "calls"),
    [
        (lambda s: len(names(s.calls) & {"push"}) == 1, 2),
        (lambda s: any("pop" in names(t) and "push" in names(t) for t in s.threads), 3),
        (lambda s: len(s.threads) == 3, 3),
    ],
)
def test_scenarios_shrink_to_the_fewest_calls(wanted: object, calls: int) -> None:
    drawn = heald.scenarios(QUEUE, threads=3, ops=3)
    smallest = find(drawn, wanted, settings=settings(database=None, derandomize=True))  # type: ignore[arg-type]
    inside = sum(map(len, smallest.threads))
    drawn_outside = len(smallest.before) - 1 + len(smallest.after) - 1
    assert inside + drawn_outside == calls
    assert all(call.args in ((), (0,)) for call in smallest.calls)


def test_two_roles_need_two_threads() -> None:
    with pytest.raises(UsageError, match="has 2 roles \\(producer, consumer\\)"):
        heald.scenarios(RING, threads=1)


@pytest.mark.parametrize("given_range", [(3, 2), -1, (0, 2)])
def test_impossible_numbers_of_threads_are_refused(given_range: object) -> None:
    with pytest.raises(UsageError, match="threads="):
        heald.scenarios(QUEUE, threads=given_range)  # type: ignore[arg-type]


def test_subject_whose_threads_have_nothing_to_call_is_refused() -> None:
    idle = Subject(HERE, ops={"f": heald.op("void f(void)", when="before")})
    with pytest.raises(UsageError, match="no operation for threads to call"):
        heald.scenarios(idle)


def test_subject_may_bring_its_own_scenarios() -> None:
    only = Scenario(threads=((Call("f"),),))
    own = Subject(HERE, ops={"f": heald.op("void f(void)")}, scenarios=st.just(only))
    assert find(heald.scenarios(own), lambda _: True) == only
