"""No sampler raises an alarm about a program that is right: whatever it draws is an execution."""

from __future__ import annotations

import pytest

from tests.programs.explore_program import explore_program
from tests.programs.table import PROGRAMS

EXECUTIONS = 200


@pytest.mark.slow
@pytest.mark.parametrize("model", ["rc11", "tso", "sc"])
@pytest.mark.parametrize("search", ["mixed", "uniform", "pct", "pos"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_alarm_about_a_program_that_is_right(
    name: str, search: str, model: str
) -> None:
    limit = ("--max-executions", str(EXECUTIONS))
    explored = explore_program(name, model, "--search", search, *limit)
    assert explored.failures == []
    assert explored.result["executions"] > 0
