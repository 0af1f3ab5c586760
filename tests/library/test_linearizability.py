from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heald import Call, Event, History
from heald.linearizability import explain_history
from heald.models import Machine


class Stack:
    def __init__(self) -> None:
        self.items: list[int] = []

    def push(self, value: int) -> None:
        self.items.append(value)

    def pop(self) -> int | None:
        return self.items.pop() if self.items else None


PUSH, POP = Call("push", (1,)), Call("pop")


def linearizable_by_definition(history: History) -> bool:
    """Try every order of every choice of pending calls."""
    pending = [e for e in history.events if e.pending]
    returned = [e for e in history.events if not e.pending]
    choices: list[list[Event]] = [[]]
    for event in pending:
        choices += [[*choice, event] for choice in choices]
    return any(
        _respects_time(order) and _accepted(order)
        for choice in choices
        for order in permutations([*returned, *choice])
    )


def _respects_time(order: tuple[Event, ...]) -> bool:
    for at, event in enumerate(order):
        for later in order[at + 1 :]:
            if later.returned is not None and later.returned < event.called:
                return False
            if later.thread == event.thread and later.called < event.called:
                return False
    return True


def _accepted(order: tuple[Event, ...]) -> bool:
    machine, state = Machine(Stack), 0
    for event in order:
        ((state, result),) = machine.steps(state, event.call)
        if not event.pending and result != event.result:
            return False
    return True


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw calls of two or three threads with random stamps and results."""
    events = []
    for thread in range(1, draw(st.integers(1, 3)) + 1):
        count = draw(st.integers(1, 2))
        stamps = sorted(
            draw(
                st.lists(
                    st.integers(0, 9), min_size=2 * count, max_size=2 * count, unique=True
                )
            )
        )
        for number in range(count):
            call = draw(st.sampled_from([POP, PUSH, Call("push", (2,))]))
            result = draw(st.sampled_from([None, 1, 2])) if call == POP else None
            called, returned = stamps[2 * number : 2 * number + 2]
            hangs = number == count - 1 and draw(st.integers(0, 5)) == 5
            events.append(
                Event(thread, call, called, None if hangs else returned, result)
            )
    return History(tuple(events))


@given(histories())
def test_search_agrees_with_the_definition(history: History) -> None:
    assert (explain_history(Stack, history) is None) == linearizable_by_definition(
        history
    )


@pytest.mark.parametrize(
    ("pop_called", "verdict"),
    [(2, True), (3, True), (4, False)],
    ids=["in", "edge", "after"],
)
def test_empty_pop_is_right_only_while_the_push_may_be_late(
    pop_called: int, verdict: bool
) -> None:
    history = History((Event(1, PUSH, 1, 3), Event(2, POP, pop_called, 5, None)))
    assert (explain_history(Stack, history) is None) is verdict


def test_calls_of_one_thread_keep_their_order_even_with_equal_stamps() -> None:
    history = History((Event(1, POP, 1, 2, 1), Event(1, PUSH, 2, 2)))
    assert explain_history(Stack, history) is not None


def test_pending_push_may_have_taken_effect() -> None:
    pushed = Event(1, PUSH, 1, None)
    assert explain_history(Stack, History((pushed, Event(2, POP, 2, 3, 1)))) is None
    assert explain_history(Stack, History((pushed, Event(2, POP, 2, 3, None)))) is None
    assert explain_history(Stack, History((pushed, Event(2, POP, 2, 3, 2)))) is not None


def test_explanation_names_the_call_that_has_no_place() -> None:
    history = History((Event(1, PUSH, 1, 2), Event(2, POP, 3, 4, None)))
    assert str(explain_history(Stack, history)) == (
        "the model goes along with push(1) -> none; then\n  pop() -> none   the model accepts 1"
    )
