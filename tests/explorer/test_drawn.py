"""Scenario and schedule, drawn together, shrink together."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from heald import Call, Scenario
from heald.explorer import drawn as drawn_schedule
from heald.explorer.drawn import (
    Drawn,
    ShrunkFailure,
    departures,
    find_drawn_failure,
    run_drawn,
    scheduled,
)
from heald.explorer.exploration import explore_scenario
from heald.generating.strategies import scenarios
from subjects import counter, stack

SUBJECTS = {each.name: each for each in (*counter.TARGETS, *stack.TARGETS)}
LOAD_STORE = SUBJECTS["counter/load-store"]
PLAINEST = bytes(8)


def found(name: str, seed: int, drawn: st.SearchStrategy[Scenario]) -> ShrunkFailure:
    failure = find_drawn_failure(
        SUBJECTS[name], drawn, seed=seed, model="sc", races="allow"
    )
    assert failure is not None
    return failure


@pytest.mark.parametrize("seed", range(3))
def test_lost_update_shrinks_to_two_calls_and_one_switch(seed: int) -> None:
    failure = found("counter/load-store", seed, scenarios(LOAD_STORE))
    assert failure.scenario == counter.TWICE
    assert (failure.departures, failure.choices) == (1, b"\0\1")


def test_use_after_free_shrinks_to_two_pops_of_one_node() -> None:
    malloc = SUBJECTS["stack/malloc"]
    failure = found("stack/malloc", 0, scenarios(malloc))
    assert failure.finding.kind == "use after free"
    assert failure.scenario.threads == ((Call("pop"),),) * 2
    assert len(failure.scenario.before) == 1
    assert failure.departures == 1


def test_aba_needs_one_departure_from_the_plainest_schedule() -> None:
    assert found("stack/pool", 0, st.just(stack.ABA)).departures == 1


def test_same_seed_finds_the_same_failure() -> None:
    drawn = scenarios(LOAD_STORE)
    first, again = (found("counter/load-store", 7, drawn) for _ in range(2))
    assert first == again


def test_same_choices_are_the_same_run() -> None:
    drawn: Drawn = (stack.ABA, bytes([0, 0, 1, 0, 2]))
    runs = [run_drawn(SUBJECTS["stack/pool"], drawn, model="tso") for _ in range(2)]
    assert runs[0].traces == runs[1].traces
    assert runs[0].executions == 1


def test_no_departure_is_one_thread_after_the_other() -> None:
    run = run_drawn(LOAD_STORE, (counter.TWO_EACH, PLAINEST), model="sc")
    assert not run.findings
    assert list(run.outcomes) == [((), (None, None), (None, None), (4,))]


def test_sound_subject_has_no_failing_run() -> None:
    sound = SUBJECTS["counter/cas-bare"]
    assert find_drawn_failure(sound, scenarios(sound), max_examples=50) is None


def test_choices_hold_no_more_departures_than_asked_for() -> None:
    from hypothesis import given, settings

    @settings(max_examples=50, database=None)
    @given(departures(2))
    def holds(choices: bytes) -> None:
        assert sum(choice != 0 for choice in choices) <= 2

    holds()


def test_drawn_schedule_belongs_to_a_drawn_scenario() -> None:
    from hypothesis import find

    scenario, choices = find(scheduled(scenarios(LOAD_STORE)), lambda drawn: True)
    assert scenario.threads
    assert choices == b""


def test_what_a_run_covered_is_told_to_hypothesis(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found_choices = found("stack/pool", 0, st.just(stack.ABA)).choices
    told: list[dict[str, object]] = []
    fake = SimpleNamespace(
        event=lambda label, value: told[-1].update({label: value}),
        target=lambda value, label: told[-1].update({label: value}),
    )
    monkeypatch.setattr(drawn_schedule, "hypothesis", fake)
    for choices in (PLAINEST, found_choices):
        run = explore_scenario(
            SUBJECTS["stack/pool"],
            stack.ABA,
            model="sc",
            races="allow",
            search="choices",
            choices=choices,
            traces=1,
        )
        told.append({})
        drawn_schedule._tell(run)
    plain, departed = told
    assert plain["calls that overlap"] == 0
    assert departed["calls that overlap"] == 3  # thread 2's, all of them within one pop
    switches = [float(str(each["switches between threads"])) for each in told]
    assert switches[0] < switches[1]
