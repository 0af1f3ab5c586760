"""Whole programs that were once judged wrong come to what they must, in every model."""

from __future__ import annotations

import pytest

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
    assert set(explored.kinds) <= set(whole.kinds)
