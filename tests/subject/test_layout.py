from pathlib import Path

import pytest
from hypothesis import strategies as st

import heald
from heald import Call, Scenario, Subject, UsageError
from tests.subject.calling import c_scenario


@pytest.fixture
def queue(tmp_path: Path) -> Subject:
    (tmp_path / "queue.c").touch()
    return Subject(
        tmp_path / "queue.c",
        ops={
            "put": heald.op("void put(int a, int b)", a=st.integers(), b=st.integers()),
            "get": heald.op("int get(int *out)"),
        },
    )


SCENARIO = Scenario(
    before=(Call("put", (1, 2)),),
    threads=((Call("get"), Call("put", (3, -4))), (), (Call("get"),)),
)


def test_calls_arguments_and_results_are_numbered_in_order(queue: Subject) -> None:
    layout = queue.layout(SCENARIO)
    assert layout.lengths == (1, 2, 0, 1, 0)
    assert layout.calls == ((0, 0, 0), (1, 2, 0), (0, 2, 2), (1, 4, 2))
    assert layout.arguments == (1, 2, 3, -4)
    assert (layout.threads, layout.result_count) == (3, 4)


def test_slots_become_an_outcome(queue: Subject) -> None:
    assert queue.outcome(SCENARIO, [1, 9, 0, 8]) == (
        (None,),
        ((1, 9), None),
        (),
        ((0, 8),),
        (),
    )


def test_c_form_holds_the_same_numbers(queue: Subject) -> None:
    made = c_scenario(queue, SCENARIO)
    c = made.pointer
    assert (c.threads, c.result_count) == (3, 4)
    assert [c.length[i] for i in range(5)] == [1, 2, 0, 1, 0]
    rows = [(c.calls[i].operation, c.calls[i].first_argument) for i in range(4)]
    assert rows == [(0, 0), (1, 2), (0, 2), (1, 4)]
    assert [c.arguments[i] for i in range(4)] == [1, 2, 3, -4]


def test_empty_scenario_has_a_c_form(queue: Subject) -> None:
    made = c_scenario(queue, Scenario(threads=((),)))
    assert made.layout.outcome([]) == ((), (), ())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (Call("peek"), "has no operation 'peek'; it has put, get"),
        (Call("put", (1,)), "put takes 2 arguments, got 1"),
        (Call("put", (1, 2**31)), "2147483648 does not fit 'b', int holds"),
    ],
)
def test_calls_that_do_not_fit_are_refused(
    queue: Subject, call: Call, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        queue.layout(Scenario(threads=((call,),)))


def test_outcome_of_the_wrong_size_is_refused(queue: Subject) -> None:
    with pytest.raises(UsageError, match="an outcome has 4 slots; got 1"):
        queue.outcome(SCENARIO, [1])


@pytest.mark.parametrize("value", [1.5, "1", None])
def test_argument_that_is_no_whole_number_is_refused(
    queue: Subject, value: object
) -> None:
    call = Call("put", (value, 1))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"is no whole number, as 'a' is \(int\)"):
        queue.layout(Scenario(((call,),)))


def test_what_is_no_scenario_is_refused(queue: Subject) -> None:
    with pytest.raises(UsageError, match=r"^a scenario is a heald\.Scenario; got None$"):
        queue.layout(None)  # type: ignore[arg-type]
