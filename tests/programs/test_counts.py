"""The number of executions of known programs, exactly: none missed, none visited twice.

By default those up to 20,000, and under sc only where the count is another one there; all with
``--heald-profile nightly``.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.programs.explore_program import explore_program
from tests.programs.reference import COUNTED, Counted

NIGHTLY = settings.get_current_profile_name() == "nightly"
MOST = 2_000_000 if NIGHTLY else 20_000
CASES = [
    pytest.param(counted, model, count, id=f"{counted.name}-{model}")
    for counted in COUNTED
    for model, count in (("rc11", counted.rc11), ("sc", counted.sc))
    if count is not None and count <= MOST
    if NIGHTLY or model == "rc11" or count != counted.rc11
]


@pytest.mark.slow
@pytest.mark.parametrize(("counted", "model", "count"), CASES)
def test_executions_are_as_many_as_known(
    counted: Counted, model: str, count: int
) -> None:
    explored = explore_program(counted.source, model, defines=(f"N={counted.n}",))
    assert explored.failures == []
    assert explored.result["exhausted"]
    assert explored.result["executions"] == count


def test_an_order_that_a_program_takes_from_outside_changes_its_count() -> None:
    strong = tuple(f"{kind}_ORDER=memory_order_seq_cst" for kind in ("LOAD", "STORE"))
    explored = explore_program("counts/sb", "rc11", defines=("N=10", *strong))
    assert explored.result["executions"] == 1023
