import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heald import Call, NotYet, Outcome, Scenario, UsageError
from heald.models.grading import allowed_outcomes, explain
from heald.models.machine import Model
from tests.models.list_stack import Stack


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def add(self, amount: int) -> int:
        self.value += amount
        return self.value - amount

    def wait(self) -> int:
        if not self.value:
            raise NotYet
        return self.value


PUSH, POP = Call("push", (1,)), Call("pop")


def interleavings(lengths: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    if not any(lengths):
        yield ()
    for index, length in enumerate(lengths):
        if length:
            rest = (*lengths[:index], length - 1, *lengths[index + 1 :])
            yield from ((index, *order) for order in interleavings(rest))


def brute_force(model: Model, scenario: Scenario) -> set[Outcome]:
    """Run every interleaving from the start, remembering nothing."""
    found = set()
    for order in interleavings(tuple(map(len, scenario.threads))):
        assert callable(model)
        live = model()
        results: list[list[object]] = [[] for _ in scenario.sequences]
        last = len(results) - 1
        steps = [0] * len(scenario.before) + [i + 1 for i in order]
        for sequence in steps + [last] * len(scenario.after):
            call = scenario.sequences[sequence][len(results[sequence])]
            results[sequence].append(getattr(live, call.op)(*call.args))
        found.add(tuple(map(tuple, results)))
    return found


def scenarios_of(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[Scenario]:
    few = st.lists(calls, max_size=2).map(tuple)
    threads = st.lists(st.lists(calls, max_size=3).map(tuple), min_size=1, max_size=3)
    return st.builds(Scenario, threads=threads.map(tuple), before=few, after=few)


stack_calls = st.just(POP) | st.builds(lambda v: Call("push", (v,)), st.integers(0, 2))
counter_calls = st.builds(lambda v: Call("add", (v,)), st.integers(0, 2))


@given(scenarios_of(stack_calls))
def test_allowed_stack_outcomes_are_those_of_all_interleavings(
    scenario: Scenario,
) -> None:
    assert allowed_outcomes(Stack, scenario) == brute_force(Stack, scenario)


@given(scenarios_of(counter_calls))
def test_allowed_counter_outcomes_are_those_of_all_interleavings(
    scenario: Scenario,
) -> None:
    assert allowed_outcomes(Counter, scenario) == brute_force(Counter, scenario)


@given(scenarios_of(stack_calls), st.data())
def test_explain_agrees_with_the_allowed_set(
    scenario: Scenario, data: st.DataObject
) -> None:
    allowed = allowed_outcomes(Stack, scenario)
    changed = data.draw(
        st.tuples(
            *(
                st.tuples(*(st.sampled_from([None, 0, 1]) for _ in s))
                for s in scenario.sequences
            )
        )
    )
    for outcome in (*allowed, changed):
        assert (explain(Stack, scenario, outcome) is None) == (outcome in allowed)


def test_three_threads_of_four_calls_take_well_under_a_second() -> None:
    values = [[Call("push", (10 * t + n,)) for n in range(2)] for t in range(3)]
    threads = tuple((p, POP, q, POP) for p, q in values)
    began = time.process_time()
    outcomes = allowed_outcomes(Stack, Scenario(threads=threads, after=(POP,)))
    assert len(outcomes) == 360
    assert time.process_time() - began < 2


def test_value_popped_twice_is_explained() -> None:
    scenario = Scenario(threads=((PUSH, POP), (POP,)))
    why = explain(Stack, scenario, ((), (None, 1), (1,), ()))
    assert str(why) == (
        "the model agrees with push(1) -> none, pop() -> 1; then\n"
        "  pop() -> 1   the model accepts none"
    )


def test_lost_update_is_explained() -> None:
    add = Call("add", (1,))
    scenario = Scenario(threads=((add,), (add,)))
    why = explain(Counter, scenario, ((), (0,), (0,), ()))
    assert why is not None
    assert len(why.order) == 1
    assert [stuck.accepted for stuck in why.stuck] == [(1,)]


def test_scenario_in_which_everybody_waits_has_no_outcome() -> None:
    assert allowed_outcomes(Counter, Scenario(threads=((Call("wait"),),))) == set()


def test_waiting_call_goes_after_the_one_it_waits_for() -> None:
    scenario = Scenario(threads=((Call("wait"),), (Call("add", (1,)),)))
    assert allowed_outcomes(Counter, scenario) == {((), (1,), (0,), ())}


def test_outcome_of_another_form_is_refused() -> None:
    with pytest.raises(UsageError, match="has \\[0, 1, 0\\] results per sequence"):
        explain(Stack, Scenario(threads=((POP,),)), ((), (), ()))


def test_brute_force_itself_visits_every_interleaving() -> None:
    assert len(set(interleavings((2, 2, 1)))) == 30
