"""Whole programs that were once judged wrong come to what they must, in every model."""

from __future__ import annotations

import pytest

from heald.explorer.program import check
from tests.processor import spent
from tests.programs.explore_program import HERE, explore_program
from tests.programs.whole_table import WHOLE, Whole

MODELS = ("rc11", "tso", "sc")


def test_every_whole_program_is_in_the_table() -> None:
    names = {path.stem for path in HERE.glob("whole/*.c")}
    assert names == {whole.program for whole in WHOLE}


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("whole", WHOLE, ids=lambda whole: whole.name)
def test_it_comes_to_what_it_must(whole: Whole, model: str) -> None:
    explored = explore_program(f"whole/{whole.program}", model, defines=whole.defines)
    assert set(explored.kinds) == set(whole.kinds)
    if not whole.kinds:
        assert explored.result["exhausted"] == whole.exhaustive
    if whole.executions is not None:
        assert explored.result["executions"] == whole.executions


@pytest.mark.slow
@pytest.mark.parametrize("search", ["uniform", "pct", "pos", "mixed"])
@pytest.mark.parametrize("whole", WHOLE, ids=lambda whole: whole.name)
def test_samples_raise_no_other_alarm(whole: Whole, search: str) -> None:
    options = ("--search", search, "--seed", "3", "--max-executions", "50")
    explored = explore_program(
        f"whole/{whole.program}", "rc11", *options, defines=whole.defines
    )
    assert set(explored.kinds) <= {*whole.kinds, *whole.others}


def test_the_first_of_several_races_is_told() -> None:
    (failure,) = explore_program("whole/first_race", "rc11").failures
    steps = failure["trace"]["steps"]
    assert [step["op"] for step in steps if step.get("at") == "x+0"] == ["write", "read"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_failures_of_each_kind_are_told_when_it_goes_on(jobs: int) -> None:
    result = check([HERE / "whole/two_kinds.c"], keep_going=True, jobs=jobs)
    kinds = [failure["kind"] for failure in result.failures]
    assert sorted(kinds) == ["assertion", "deadlock"]
    assert result.failed_executions > len(kinds)


@pytest.mark.slow
def test_a_long_failure_is_told_within_the_budget() -> None:
    for budget_s in (4, 20, 100, 500):  # of the clock: a busy machine gives little of it
        began = spent()
        explored = explore_program(
            "whole/long_failure", "rc11", "--budget", str(budget_s)
        )
        assert spent() - began < budget_s + 6
        if explored.kinds:
            break
    assert explored.kinds == ["endless loop"]
