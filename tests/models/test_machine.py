from collections import deque
from collections.abc import Iterable

import pytest

from heald import Call, NotYet, StepModel, UsageError
from heald.models.machine import Machine, freeze
from tests.models.list_stack import Stack


class Waiting(Stack):
    def wait_pop(self) -> int:
        if not self.items:
            raise NotYet
        return self.items.pop()

    def broken(self) -> int:
        return 1 // len(self.items)


PUSH, POP = Call("push", (1,)), Call("pop")


def test_equal_states_have_one_number() -> None:
    machine = Machine(Waiting)
    ((pushed, result),) = machine.steps(0, PUSH)
    assert (pushed, result) == (1, None)
    assert machine.steps(pushed, POP) == ((0, 1),)
    assert machine.steps(0, POP) == ((0, None),)
    assert len(machine) == 2


def test_step_is_computed_once() -> None:
    made: list[str] = []

    def step(state: int, op: str, args: tuple[int, ...]) -> Iterable[tuple[int, int]]:
        made.append(op)
        return [(state + 1, state)]

    machine = Machine(StepModel(0, step))
    assert machine.steps(0, POP) == machine.steps(0, POP) == ((1, 0),)
    assert made == ["pop"]


def test_step_model_may_have_several_answers() -> None:
    machine = Machine(StepModel(0, lambda state, op, args: [(0, False), (1, True)]))
    assert machine.steps(0, POP) == ((0, False), (1, True))


def test_operation_that_would_wait_has_no_step() -> None:
    machine = Machine(Waiting)
    assert machine.steps(0, Call("wait_pop")) == ()
    assert machine.steps(machine.steps(0, PUSH)[0][0], Call("wait_pop")) == ((0, 1),)


def test_result_that_may_always_come_has_no_effect() -> None:
    machine = Machine(Waiting, {"pop": (False,)})
    pushed = machine.steps(0, PUSH)[0][0]
    assert set(machine.steps(pushed, POP)) == {(0, 1), (pushed, False)}


def test_missing_method_is_named() -> None:
    with pytest.raises(UsageError, match="the model Waiting has no method 'peek'"):
        Machine(Waiting).steps(0, Call("peek"))


def test_failing_model_is_shown_with_its_line() -> None:
    with pytest.raises(UsageError) as caught:
        Machine(Waiting).steps(0, Call("broken"))
    text = str(caught.value)
    assert "ZeroDivisionError" in text
    assert "test_machine.py:" in text
    assert "return 1 // len(self.items)" in text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], (1, 2)),
        ({1: [2], 3: {4}}, {3: {4}, 1: [2]}),
        (deque([1]), deque([1])),
        (Waiting(), Waiting()),
    ],
)
def test_equal_values_freeze_alike(one: object, other: object) -> None:
    assert freeze(one) == freeze(other)
    assert hash(freeze(one)) == hash(freeze(other))


@pytest.mark.parametrize(
    ("one", "other"), [([1, 2], [2, 1]), ({1: 2}, {2: 1}), (deque([1]), deque([2]))]
)
def test_different_values_freeze_differently(one: object, other: object) -> None:
    assert freeze(one) != freeze(other)


def test_unhashable_state_is_refused() -> None:
    with pytest.raises(UsageError, match="holds a bytearray"):
        freeze(bytearray(b"x"))
