"""The explorer's executions are the oracle's: for drawn programs, as sets of graphs, none twice.

200 programs by default, 2,000 with ``--hypothesis-profile nightly``. A difference shrinks to a
small program, shown with the graphs that are missing and those that should not be there.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from .drawn import judged_programs
from .enumerate import MODELS
from .explored import Scripted, difference
from .graph import Graph
from .program import Program

PROGRAMS = {"thorough": 600, "nightly": 2000}
DRAWN = settings(
    max_examples=PROGRAMS.get(settings.get_current_profile_name(), 200),
    derandomize=settings.get_current_profile_name() != "nightly",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Judged = tuple[Program, dict[str, set[Graph]]]


@pytest.mark.slow
@DRAWN
@given(judged_programs())
def test_the_search_visits_each_consistent_graph_once(
    search: Scripted, drawn: Judged
) -> None:
    program, consistent = drawn
    for model in MODELS:
        wrong = difference(model, search.graphs(program, model), consistent[model])
        assert not wrong, f"{program}\n{wrong}"


def test_a_missing_a_repeated_and_an_inconsistent_graph_are_all_reported() -> None:
    first, second = Graph((), (("x", ()),)), Graph((), (("y", ()),))
    assert difference("sc", [first, second], {first, second}) == ""
    assert "missing (1 graphs)" in difference("sc", [first], {first, second})
    assert "more than once (1 graphs)" in difference("sc", [first, first], {first})
    assert "not consistent (1 graphs)" in difference("sc", [first, second], {first})
