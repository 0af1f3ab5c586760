import json

import pytest

from heald import Call, Event, History, UsageError

PUSH, POP = Call("push", (1,)), Call("pop")


def test_events_stand_in_the_order_of_their_calls() -> None:
    late, early = Event(1, POP, 5, 6, 1), Event(2, PUSH, 1, 9)
    assert History((late, early)).events == (early, late)


def test_history_survives_json() -> None:
    history = History(
        (Event(1, PUSH, 1, 3), Event(2, POP, 2, None), Event(1, POP, 4, 5, (1, 2)))
    )
    assert History.from_json(json.loads(json.dumps(history.to_json()))) == history


def test_call_that_returns_before_it_begins_is_refused() -> None:
    with pytest.raises(UsageError, match="not from one monotonic clock"):
        History((Event(1, POP, 5, 4),))


def test_call_that_never_returned_is_pending() -> None:
    assert Event(1, POP, 5, None).pending
    assert str(Event(1, POP, 5, None)) == "thread 1  pop() -> pending"
