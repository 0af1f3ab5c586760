"""Mutants are caught, survive or stay undecided, and the score counts what it says."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import pytest

from heald import Call, Scenario, Subject, Verdict
from heald.mutation.mutation import Bounds, Mutation, mutate
from heald.mutation.tables import text_table
from heald.orders.subject import OrderedSubject
from subjects import counter, ring
from tests.mutation.flag import SEND_GET, flag

FEW = Bounds(scenarios=6)
ONE_AFTER_THE_OTHER = Scenario(threads=((Call("send"),),), after=(Call("get"),))
"""Orders nothing but what joining the thread orders anyway."""


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    return flag(tmp_path_factory.mktemp("flag"))


@pytest.fixture(scope="module")
def result(subject: Subject) -> Mutation:
    return mutate(subject, bounds=FEW)


def test_needed_orders_are_shown_and_an_idle_fence_is_not(result: Mutation) -> None:
    states = {
        (m.name, m.operation, m.new): (m.state, m.failure and m.failure["kind"])
        for m in result.mutants
    }
    assert states == {
        ("RAISE", "store", "relaxed"): ("needed", "data race"),
        ("SEE", "load", "relaxed"): ("needed", "data race"),
        ("", "fence", "acq_rel"): ("stronger", None),
        ("", "fence", "removed"): ("stronger", None),
    }
    assert (result.verdict, result.score) == (Verdict.PASSED, 1.0)
    needed = [m for m in result.mutants if m.state == "needed"]
    assert all(m.scenario == SEND_GET for m in needed)
    assert all(m.failure and m.failure["schedule"] for m in needed)


def test_what_is_stronger_was_explored_in_every_scenario_to_the_end(
    result: Mutation,
) -> None:
    stronger = [m for m in result.mutants if m.state == "stronger"]
    assert stronger
    assert len(result.grounds.explored) == 7
    for mutant in stronger:
        # A fence that orders nothing changes nothing: the same executions, one by one.
        assert mutant.executions == result.grounds.executions > 0


def test_several_explorations_at_a_time_say_the_same(
    subject: Subject, result: Mutation
) -> None:
    at_once = mutate(subject, bounds=FEW, jobs=3)
    said = [m.to_json() for m in at_once.mutants]
    assert said == [m.to_json() for m in result.mutants]


def test_orders_survive_scenarios_that_cannot_notice(subject: Subject) -> None:
    blind = copy.copy(subject)
    blind.interesting = (ONE_AFTER_THE_OTHER,)
    result = mutate(blind, bounds=Bounds(scenarios=0))
    raised = next(m for m in result.mutants if m.name == "RAISE")
    assert raised.state == "stronger"
    assert result.score is None


def test_an_operation_that_no_scenario_comes_to_is_a_gap(subject: Subject) -> None:
    silent = copy.copy(subject)
    silent.interesting = (Scenario(threads=((Call("get"),),)),)
    result = mutate(silent, bounds=Bounds(scenarios=0))
    gaps = [m for m in result.mutants if m.state == "never run"]
    assert [Path(m.spot.file).name for m in gaps] == ["flag.c", "flag.h"]
    assert "2 never run" in text_table(result)


def test_a_subject_that_fails_as_it_is_ends_the_matter(tmp_path: Path) -> None:
    result = mutate(flag(tmp_path, SEE="memory_order_relaxed"), bounds=FEW)
    assert result.verdict is Verdict.FAILED
    assert not result.mutants
    shown = text_table(result)
    assert shown.startswith("flag: failed: the subject fails before anything is weakened")
    assert "data race" in shown


def test_without_time_nothing_is_decided(subject: Subject) -> None:
    result = mutate(subject, budget_s=0.0, bounds=FEW)
    assert result.verdict is Verdict.UNDECIDED
    assert result.score is None
    assert "the budget ended first" in text_table(result)


def test_scenarios_beyond_the_bounds_are_sampled_and_said_to_be(subject: Subject) -> None:
    # The subject has two executions of this scenario; the bounds allow it one.
    result = mutate(subject, bounds=Bounds(scenarios=0, executions=1))
    assert result.grounds.explored == ()
    assert result.grounds.sampled == (SEND_GET,)
    assert "1 too big, 2,000 executions sampled" in str(result.grounds)
    assert result.count("needed") == 2


def test_what_is_too_big_is_found_out_once(subject: Subject, cache: Path) -> None:
    bounds = Bounds(scenarios=0, executions=1)
    first, again = (OrderedSubject(subject, ()) for _ in range(2))
    grounds = first.lay_grounds(bounds)
    assert grounds.sampled == (SEND_GET,)
    assert again.lay_grounds(bounds) == grounds
    assert again.places == first.places
    assert (first.explorations, again.explorations) == (1, 0)


def test_samples_alone_prove_no_order_unneeded(subject: Subject) -> None:
    result = mutate(subject, bounds=Bounds(scenarios=0, executions=1))
    fences = [m for m in result.mutants if m.operation == "fence"]
    assert [m.state for m in fences] == ["undecided", "undecided"]
    assert fences[0].why == "no scenario is small enough to be explored to the end"
    assert result.verdict is Verdict.UNDECIDED


def test_operations_that_all_have_roles_are_weakened_too() -> None:
    result = mutate(ring.VARIANTS[0].subject, bounds=Bounds(scenarios=0))
    states = {m.name: m.state for m in result.mutants if m.name}
    assert states == dict.fromkeys(
        ("RING_REUSE", "RING_PUBLISH", "RING_OBSERVE", "RING_RECYCLE"), "needed"
    )


def test_a_subject_of_relaxed_orders_has_nothing_to_weaken() -> None:
    result = mutate(counter.VARIANTS[3].subject)
    assert not result.mutants
    assert result.verdict is Verdict.UNTRUSTWORTHY
    assert result.score is None


def test_the_table_says_which_names_are_trusted(result: Mutation) -> None:
    assert "trusted" not in text_table(result)
    trusting = copy.copy(result.subject)
    trusting.trust = ("puts",)
    text = text_table(dataclasses.replace(result, subject=trusting))
    assert text.count("note: puts is trusted: what it does to memory was not seen") == 1
