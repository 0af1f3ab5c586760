"""What a call should have returned: checked against every outcome that the model allows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heald import Call, Scenario
from heald.history import Event, History
from heald.models.grading import Grade, allowed_outcomes, grade
from heald.models.instead import right_instead, told_instead
from heald.models.linearize import linearize
from heald.models.machine import Machine


class Cell:
    def __init__(self) -> None:
        self.value = 0

    def add(self, amount: int) -> int:
        self.value += amount
        return self.value - amount

    def get(self) -> int:
        return self.value


class Specified:
    model, outcomes = Cell, None
    machine = Machine(Cell)


CALLS = st.one_of(
    st.builds(Call, st.just("add"), st.tuples(st.integers(1, 2))), st.just(Call("get"))
)
SEQUENCES = st.lists(CALLS, max_size=2).map(tuple)


@given(SEQUENCES, st.lists(SEQUENCES, min_size=1, max_size=2), SEQUENCES, st.data())
def test_right_results_are_those_of_the_outcomes_that_are_allowed(
    before: tuple[Call, ...],
    threads: list[tuple[Call, ...]],
    after: tuple[Call, ...],
    data: st.DataObject,
) -> None:
    scenario = Scenario(before=before, threads=tuple(threads), after=after)
    allowed = allowed_outcomes(Cell, scenario)
    outcome = tuple(
        tuple(data.draw(st.integers(0, 3)) for _ in sequence)
        for sequence in scenario.sequences
    )
    [row] = grade(Specified(), scenario, {outcome: 1}).rows
    if row.grade is Grade.ALLOWED:
        assert outcome in allowed
        return
    assert row.explanation is not None
    wanted = []
    for number, sequence in enumerate(scenario.sequences):
        for index, call in enumerate(sequence):
            right = {
                each[number][index]
                for each in allowed
                if _without(each, number, index) == _without(outcome, number, index)
            }
            wanted += [(call, right)] if right else []
    said = [(each.call, {*each.right}) for each in row.explanation.instead]
    assert said == wanted


def _without(outcome: tuple[tuple[object, ...], ...], number: int, index: int) -> object:
    results = [list(each) for each in outcome]
    results[number][index] = None
    return results


def test_it_is_said_in_one_line() -> None:
    sum_of_two = [(Call("get"), 7), (Call("add", (1,)), 0), (Call("add", (2,)), 1)]
    found = right_instead(Machine(Cell), sum_of_two, [(), (), (1,)])
    assert told_instead(found) == "right here would be get() -> 0, 1 or 3"
    assert told_instead(()) == ""


def test_a_history_keeps_its_order_in_time() -> None:
    events = [
        Event(1, Call("add", (1,)), 0, 3, 0),
        Event(2, Call("add", (2,)), 1, 4, 0),
        Event(1, Call("get"), 6, 7, 3),
    ]
    said = str(linearize(History(tuple(events)), Cell))
    assert "right here would be add(1) -> 2; or add(2) -> 1" in said


def test_what_the_model_accepts_is_not_said_twice() -> None:
    late = [Event(1, Call("add", (2,)), 0, 1, 0), Event(2, Call("get"), 2, 3, 3)]
    said = str(linearize(History(tuple(late)), Cell))
    assert said.endswith("the model accepts 2")


@pytest.mark.parametrize("calls", [10, 40])
def test_of_long_histories_nothing_is_said(calls: int) -> None:
    many = [(Call("get"), 1)] * calls
    assert right_instead(Machine(Cell), many, [()] * calls) == ()


def test_a_table_of_outcomes_needs_no_model() -> None:
    class Tabled:
        model = None
        outcomes = staticmethod(lambda _scenario: {((), (1,), ())})

        @property
        def machine(self) -> Machine:
            raise AssertionError("there is none")

    scenario = Scenario(threads=((Call("get"),),))
    rows = grade(Tabled(), scenario, {((), (0,), ()): 1, ((), (1,), ()): 1}).rows
    assert [row.grade for row in rows] == [Grade.FORBIDDEN, Grade.ALLOWED]
