"""Every program passes as it stands, in every model; every planted bug is found where it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs.explore_program import HERE, explore_program
from tests.programs.table import PROGRAMS, Bug

MODELS = ("rc11", "tso", "sc")
BUGS = [
    pytest.param(name, bug, model, id=f"{name}-{bug.define}-{model}")
    for name, bugs in PROGRAMS.items()
    for bug in bugs
    for model in MODELS
]


def test_every_program_is_in_the_table_and_has_a_planted_bug() -> None:
    assert {path.stem for path in HERE.glob("*.c")} == PROGRAMS.keys()
    assert len(PROGRAMS) + sum(map(len, PROGRAMS.values())) >= 60
    assert all(PROGRAMS.values())


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_macro_of_the_table_is_one_the_program_has(name: str) -> None:
    text = Path(HERE / f"{name}.c").read_text()
    for bug in PROGRAMS[name]:
        assert bug.define.split("=")[0] in text


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_correct_program_passes_every_execution(name: str, model: str) -> None:
    explored = explore_program(name, model)
    assert explored.failures == []
    assert explored.result["exhausted"]
    assert explored.result["executions"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(("name", "bug", "model"), BUGS)
def test_a_planted_bug_is_found_where_it_shows(name: str, bug: Bug, model: str) -> None:
    explored = explore_program(name, model, defines=(bug.define,))
    if model in bug.shows:
        assert explored.kinds
        assert set(explored.kinds) <= set(bug.kinds)
    else:
        assert explored.kinds == []
        assert explored.result["exhausted"]
