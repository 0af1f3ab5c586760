from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heald import Call, Scenario, UsageError
from heald.scenario import outcome_from_json, outcome_to_json, show_result

calls = st.builds(
    Call, st.sampled_from(["push", "pop"]), st.lists(st.integers()).map(tuple)
)
sequences = st.lists(calls, max_size=3).map(tuple)
scenarios = st.builds(
    Scenario,
    threads=st.lists(sequences, min_size=1, max_size=3).map(tuple),
    before=sequences,
    after=sequences,
)
results = st.recursive(
    st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=2).map(tuple),
    max_leaves=3,
)

SHOWN = Scenario(
    before=(Call("push", (3,)),),
    threads=((Call("push", (1,)), Call("pop")), (Call("pop"),)),
    after=(Call("pop"),),
)
OUTCOME = ((None,), (None, 1), (3,), (None,))


@given(scenarios)
def test_scenario_survives_json(scenario: Scenario) -> None:
    assert Scenario.from_json(scenario.to_json()) == scenario


@given(st.lists(st.lists(results).map(tuple)).map(tuple))
def test_outcome_survives_json(outcome: tuple[tuple[object, ...], ...]) -> None:
    assert outcome_from_json(outcome_to_json(outcome)) == outcome


def test_scenario_on_one_line() -> None:
    assert str(SHOWN) == "push(3) ; push(1) pop() || pop() ; pop()"


def test_scenario_and_outcome_on_one_line() -> None:
    assert SHOWN.line(OUTCOME) == (
        "push(3) -> none ; push(1) -> none pop() -> 1 || pop() -> 3 ; pop() -> none"
    )


def test_scenario_in_columns() -> None:
    assert SHOWN.columns(OUTCOME).splitlines() == [
        "before   push(3) -> none",
        "thread 1          thread 2",
        "push(1) -> none   pop() -> 3",
        "pop() -> 1",
        "after    pop() -> none",
    ]


@pytest.mark.parametrize(
    ("result", "shown"),
    [(None, "none"), (True, "true"), (7, "7"), ((False, None), "(false, none)")],
)
def test_results_read_as_in_c(result: object, shown: str) -> None:
    assert show_result(result) == shown


def test_scenario_without_threads_is_refused() -> None:
    with pytest.raises(UsageError, match="needs at least one thread"):
        Scenario(threads=())


@pytest.mark.parametrize("data", [{}, {"threads": [[3]]}, {"threads": [[["pop", "x"]]]}])
def test_json_that_is_no_scenario_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="not a scenario"):
        Scenario.from_json(data)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: Call("put", 1),  # type: ignore[arg-type]
            r"^the arguments of a call are a tuple: Call\('put', \(1,\)\); got 1$",
        ),
        (
            lambda: Call("put", "1"),  # type: ignore[arg-type]
            r"^the arguments of a call are a tuple: Call\('put', \('1',\)\); got '1'$",
        ),
        (
            lambda: Call(1, (1,)),  # type: ignore[arg-type]
            r"^a call starts with the name of its operation; got 1$",
        ),
        (
            lambda: Scenario((Call("put", (1,)),)),  # type: ignore[arg-type]
            r"^a thread of a scenario is a tuple of calls; got Call",
        ),
        (
            lambda: Scenario(((("put", 1),),)),  # type: ignore[arg-type]
            r"^a scenario is made of heald\.Call\(name, arguments\); got \('put', 1\)$",
        ),
        (
            lambda: Scenario(None),  # type: ignore[arg-type]
            r"^threads of a scenario is a tuple of calls; got None$",
        ),
    ],
    ids=["number", "text", "no name", "no thread", "no call", "nothing"],
)
def test_what_is_no_scenario_is_refused_with_the_right_form(
    make: Callable[[], object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        make()


def test_lists_are_as_good_as_tuples() -> None:
    call = Call("put", [1])  # type: ignore[arg-type]
    assert Scenario([[call]]) == Scenario(((Call("put", (1,)),),))  # type: ignore[arg-type]
    assert hash(call) == hash(Call("put", (1,)))
