"""The search in C against all permutations, and its promises on long histories."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.simulated_history import simulate
from heald import Event, History, Verdict
from heald.models import known as known_models
from heald.models.known import KnownModel
from heald.models.linearize import Criterion, linearize
from heald.models.machine import Machine, StepModel
from heald.scenario import Call

VALUES = (0, 1, 2)
KNOWN: dict[str, tuple[KnownModel, dict[str, tuple[int, tuple[object, ...]]]]] = {
    # operation -> number of arguments, results to draw from
    "register": (
        known_models.register(read="read", write="write", swap="swap", cas="cas"),
        {
            "read": (0, VALUES),
            "write": (1, (None,)),
            "swap": (1, VALUES),
            "cas": (2, (False, True)),
        },
    ),
    "counter": (
        known_models.counter(read="get", add="add", fetch_add="inc", add_fetch="up"),
        {"get": (0, VALUES), "add": (1, (None,)), "inc": (1, VALUES), "up": (1, VALUES)},
    ),
    "stack": (
        known_models.stack(put="push", take="pop"),
        {"push": (1, (None,)), "pop": (0, (None, *VALUES))},
    ),
    "queue": (
        known_models.queue(put="put", take="get"),
        {"put": (1, (None,)), "get": (0, (None, *VALUES))},
    ),
    "set": (
        known_models.set_(insert="add", remove="cut", contains="has"),
        dict.fromkeys(("add", "cut", "has"), (1, (False, True))),
    ),
    "map": (
        known_models.map_(put="put", get="get", delete="cut"),
        {
            "put": (2, (None,)),
            "get": (1, (None, *VALUES)),
            "cut": (1, (None, *VALUES)),
        },
    ),
}


def comes_before(events: Sequence[Event], criterion: Criterion) -> list[set[int]]:
    """For each event, the events that must come before it, straight from the definition."""
    before: list[set[int]] = []
    for b in events:
        mine = set()
        for index, a in enumerate(events):
            done = a.returned is not None and a.returned < b.called
            if criterion is Criterion.LINEARIZABLE and done:
                mine.add(index)
            if criterion is not Criterion.QUIESCENTLY_CONSISTENT:
                same = a.thread == b.thread and a is not b
                if same and (a.called, index) < (b.called, events.index(b)):
                    mine.add(index)
            if criterion is Criterion.QUIESCENTLY_CONSISTENT and done:
                # A moment after a and before b at which nobody is in a call.
                moments = {e.returned for e in events if e.returned is not None}
                if any(
                    a.returned <= m < b.called
                    and all(
                        e.called > m or (e.returned is not None and e.returned <= m)
                        for e in events
                    )
                    for m in moments
                ):
                    mine.add(index)
        before.append(mine)
    return before


def by_permutation(history: History, model: object, criterion: Criterion) -> bool:
    """Try every order of every choice of pending calls that took effect."""
    events = history.events
    before = comes_before(events, criterion)
    machine = Machine(model)  # type: ignore[arg-type]
    must = {i for i, e in enumerate(events) if not e.pending}
    may = [i for i, e in enumerate(events) if e.pending]
    for mask in range(2 ** len(may)):
        chosen = sorted(must | {i for bit, i in enumerate(may) if mask >> bit & 1})
        for order in permutations(chosen):
            place = {index: at for at, index in enumerate(order)}
            if any(b in place and place[b] > place[i] for i in order for b in before[i]):
                continue
            states = {0}
            for index in order:
                event = events[index]
                states = {
                    after
                    for state in states
                    for after, said in machine.steps(state, event.call)
                    if event.pending or said == event.result
                }
            if states:
                return True
    return False


@st.composite
def histories(draw: st.DrawFn, kind: str, most: int = 5) -> History:
    operations = KNOWN[kind][1]
    events = []
    for thread in range(1, draw(st.integers(1, 3)) + 1):
        clock = 0
        for _ in range(draw(st.integers(0, 3))):
            if len(events) == most:
                break
            op = draw(st.sampled_from(sorted(operations)))
            arguments, results = operations[op]
            args = tuple(draw(st.sampled_from(VALUES)) for _ in range(arguments))
            called = clock + draw(st.integers(0, 3))
            clock = called + draw(st.integers(0, 3)) + 1
            pending = draw(st.integers(0, 9)) == 0
            result = draw(st.sampled_from(results))
            returned = None if pending else clock - 1
            events.append(Event(thread, Call(op, args), called, returned, result))
            if pending:
                break
    return History(tuple(events))


@pytest.mark.parametrize("criterion", Criterion, ids=lambda each: each.name.lower())
@pytest.mark.parametrize("kind", KNOWN)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_answer_is_that_of_trying_every_order(
    kind: str, criterion: Criterion, data: st.DataObject
) -> None:
    history = data.draw(histories(kind))
    known = KNOWN[kind][0]
    expected = by_permutation(history, known, criterion)
    in_c = linearize(history, known, criterion=criterion)
    in_python = linearize(history, lambda: known(), criterion=criterion)
    assert in_c.verdict is (Verdict.PASSED if expected else Verdict.FAILED)
    assert in_python.verdict is in_c.verdict


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_queue_of_distinct_values_is_decided_without_a_search(
    data: st.DataObject,
) -> None:
    drawn = data.draw(histories("queue", most=6)).events
    values = iter(range(len(drawn)))
    events = [
        replace(e, call=Call("put", (next(values),))) if e.call.op == "put" else e
        for e in drawn
    ]
    history = History(tuple(e for e in events if not e.pending))
    known = KNOWN["queue"][0]
    expected = by_permutation(history, known, Criterion.LINEARIZABLE)
    answer = linearize(history, known, max_steps=1)
    assert answer.verdict is (Verdict.PASSED if expected else Verdict.FAILED)


def test_write_of_the_present_value_may_still_be_needed_later() -> None:
    """Placing it at once, because it changes nothing here, lost this order."""
    first = [("cas", (0, 1), True), ("swap", (0,), 1), ("swap", (1,), 0)]
    second = [("write", (0,), None), ("read", (), 0), ("swap", (2,), 0)]
    events = [
        Event(thread, Call(op, args), at, at, result)
        for thread, calls in ((1, first), (2, second))
        for at, (op, args, result) in enumerate(calls)
    ]
    answer = linearize(
        History(tuple(events)),
        KNOWN["register"][0],
        criterion=Criterion.SEQUENTIALLY_CONSISTENT,
    )
    assert answer.verdict is Verdict.PASSED


def test_order_of_a_passed_history_is_accepted_and_keeps_real_time() -> None:
    history = queue_history(300, seed=5)
    answer = linearize(history, KNOWN["queue"][0])
    made = KNOWN["queue"][0]()
    assert sorted(map(id, answer.order)) == sorted(map(id, history.events))
    latest_call = -1
    for event in answer.order:
        assert getattr(made, event.call.op)(*event.call.args) == event.result
        assert event.returned is not None
        assert event.returned >= latest_call
        latest_call = max(latest_call, event.called)


def test_failed_history_names_the_call_that_cannot_be_placed_and_what_would_fit() -> None:
    history = History(
        (
            Event(1, Call("push", (7,)), 0, 1),
            Event(1, Call("push", (8,)), 2, 3),
            Event(2, Call("pop"), 4, 5, 7),
        )
    )
    answer = linearize(history, KNOWN["stack"][0])
    assert answer.verdict is Verdict.FAILED
    assert answer.accepted == (8,)
    assert str(answer) == (
        "not linearizable\n"
        "the model agrees with 2 calls: push(7) -> none, push(8) -> none\n"
        "then thread 2  pop() -> 7 cannot be placed: the model accepts 8"
    )


def test_calls_that_touch_at_one_stamp_overlap() -> None:
    touching = History(
        (Event(1, Call("put", (1,)), 0, 5), Event(2, Call("get"), 5, 9, None))
    )
    apart = History(
        (Event(1, Call("put", (1,)), 0, 4), Event(2, Call("get"), 5, 9, None))
    )
    queue = KNOWN["queue"][0]
    assert linearize(touching, queue).verdict is Verdict.PASSED
    assert linearize(apart, queue).verdict is Verdict.FAILED


def test_pending_call_may_have_taken_effect_or_not() -> None:
    put = Event(1, Call("put", (1,)), 0, None)
    for seen in (1, None):
        history = History((put, Event(2, Call("get"), 5, 9, seen)))
        assert linearize(history, KNOWN["queue"][0]).verdict is Verdict.PASSED
    twice = History((put, *(Event(2, Call("get"), at, at + 1, 1) for at in (5, 9))))
    assert linearize(twice, KNOWN["queue"][0]).verdict is Verdict.FAILED


def test_model_with_several_right_answers_is_followed_through_all_of_them() -> None:
    def step(state: frozenset[int], op: str, args: tuple[int, ...]) -> object:
        if op == "put":
            return [(state | {args[0]}, None)]
        return [(state - {each}, each) for each in state] or [(state, None)]

    bag = StepModel(frozenset(), step)  # type: ignore[arg-type]
    puts = [Event(1, Call("put", (v,)), 2 * v, 2 * v + 1) for v in (1, 2)]
    takes = [Event(2, Call("take"), 10 + v, 10 + v, v) for v in (2, 1)]
    assert linearize(History((*puts, *takes)), bag).verdict is Verdict.PASSED
    wrong = Event(2, Call("take"), 20, 21, 2)
    assert linearize(History((*puts, *takes, wrong)), bag).verdict is Verdict.FAILED


def test_error_in_a_model_reaches_the_caller() -> None:
    class Broken:
        def put(self, value: int) -> None:
            raise ValueError(value)

    with pytest.raises(Exception, match="3"):
        linearize(History((Event(1, Call("put", (3,)), 0, 1),)), Broken)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_steps": 1000}, "the limit on steps"),
        ({"max_bytes": 1 << 15}, "the memory limit"),
    ],
    ids=["steps", "memory"],
)
def test_limit_ends_the_search_undecided(limits: dict[str, int], reason: str) -> None:
    # Twelve swaps at once that cannot all be explained: a search through all orders.
    swaps = [Event(t, Call("add", (2**t,)), 0, 100) for t in range(1, 14)]
    read = Event(20, Call("get"), 200, 201, 1)
    answer = linearize(History((*swaps, read)), KNOWN["counter"][0], **limits)  # type: ignore[arg-type]
    assert answer.verdict is Verdict.UNDECIDED
    assert answer.reason == reason


def queue_history(calls: int, seed: int, threads: int = 8) -> History:
    def draw_call(draw: random.Random, number: int) -> Call:
        return Call("put", (number,)) if draw.random() < 0.5 else Call("get")

    return simulate(KNOWN["queue"][0], draw_call, threads=threads, calls=calls, seed=seed)


def map_history(calls: int, seed: int) -> History:
    def draw_call(draw: random.Random, number: int) -> Call:
        key = draw.randrange(20)
        kind = draw.randrange(3)
        if kind == 0:
            return Call("put", (key, number))
        return Call("get" if kind == 1 else "cut", (key,))

    return simulate(KNOWN["map"][0], draw_call, threads=8, calls=calls, seed=seed)


LONG = {"queue": queue_history, "map": map_history}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("seed", range(5))
def test_ten_thousand_calls_of_eight_threads_are_decided(kind: str, seed: int) -> None:
    history = LONG[kind](10_000, seed)
    assert linearize(history, KNOWN[kind][0], timeout_s=20).verdict is Verdict.PASSED


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("seed", range(5))
def test_one_wrong_result_among_ten_thousand_is_found(kind: str, seed: int) -> None:
    events = list(LONG[kind](10_000, seed).events)
    draw = random.Random(seed)
    gets = [
        i for i, e in enumerate(events) if e.call.op == "get" and e.result is not None
    ]
    a, b = sorted(draw.sample(gets[100:-100], 2))
    while events[a].result == events[b].result or b - a < 100:
        a, b = sorted(draw.sample(gets[100:-100], 2))
    events[a] = replace(events[a], result=events[b].result)
    answer = linearize(History(tuple(events)), KNOWN[kind][0], timeout_s=20)
    assert answer.verdict is Verdict.FAILED
    assert answer.stuck is not None


def test_partition_gives_the_same_answer_as_the_whole() -> None:
    history = map_history(400, seed=1)
    whole = linearize(history, lambda: KNOWN["map"][0]())
    parts = linearize(
        history, lambda: KNOWN["map"][0](), partition=lambda call: call.args[0]
    )
    assert whole.verdict is parts.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("pop", "push", "verdict"),
    [
        (
            Event(1, Call("pop"), 1, 2, 1),
            Event(1, Call("push", (1,)), 2, 2),
            Verdict.FAILED,
        ),
        (
            Event(1, Call("pop"), 1, 2, 1),
            Event(2, Call("push", (1,)), 2, 2),
            Verdict.PASSED,
        ),
        (
            Event(0, Call("pop"), -4, -2, 1),
            Event(1, Call("push", (1,)), -2, 0),
            Verdict.PASSED,
        ),
        (
            Event(0, Call("pop"), -4, -3, 1),
            Event(1, Call("push", (1,)), -2, 0),
            Verdict.FAILED,
        ),
    ],
    ids=["own thread, same stamp", "other thread, same stamp", "touching", "apart"],
)
def test_stamps_are_closed_between_threads_and_strict_within(
    pop: Event, push: Event, verdict: Verdict
) -> None:
    model = known_models.stack(put="push", take="pop")
    assert linearize(History((pop, push)), model).verdict is verdict
