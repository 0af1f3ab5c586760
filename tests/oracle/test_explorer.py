"""The explorer's executions are the oracle's: for drawn programs, as sets of graphs, none twice.

60 programs by default, 2,000 with ``--heald-profile nightly``. A difference shrinks to a small
program, shown with the graphs that are missing and those that should not be there. The search
is asked alone (``driver.c``), then through an interpreter that is real C (``interpreter.c``),
then with programs printed as C and compiled: so what differs is placed at once.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.drawn import judged_programs, judged_rows
from tests.oracle.enumerate import MODELS
from tests.oracle.explored import Compiled, Scripted, difference
from tests.oracle.graph import Graph
from tests.oracle.padded import padded
from tests.oracle.printer import to_c, to_numbers
from tests.oracle.program import Program
from tests.oracle.symmetry import representative, rows_of
from tests.texts import written

PROGRAMS = {"thorough": 600, "nightly": 2000}
DRAWN = settings(
    max_examples=PROGRAMS.get(settings.get_current_profile_name(), 60),
    derandomize=settings.get_current_profile_name() != "nightly",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Judged = tuple[Program, dict[str, set[Graph]]]
BATCHES, PROGRAMS_IN_A_BATCH = (
    (2 if settings.get_current_profile_name() != "nightly" else 20),
    20,
)


@pytest.fixture(scope="module")
def interpreter() -> Compiled:
    return Compiled(Path(__file__).with_name("interpreter.c"))


def drawn_programs(seed: int) -> list[Judged]:
    """Draw a batch of programs to be compiled together; the seed names the batch."""
    drawn: list[Judged] = []

    @hypothesis.seed(seed)
    @settings(DRAWN, max_examples=PROGRAMS_IN_A_BATCH, derandomize=False, database=None)
    @given(judged_programs())
    def draw(judged: Judged) -> None:
        drawn.append(judged)

    draw()
    return drawn


def visits_each_graph_once(search: Scripted, drawn: Judged) -> None:
    program, consistent = drawn
    for model in MODELS:
        wrong = difference(model, search.graphs(program, model), consistent[model])
        assert not wrong, f"{program}\n{wrong}"


@pytest.mark.slow
@DRAWN
@given(judged_programs())
def test_the_search_visits_each_consistent_graph_once(
    search: Scripted, drawn: Judged
) -> None:
    visits_each_graph_once(search, drawn)


@pytest.mark.slow
@DRAWN
@given(judged_programs())
def test_private_steps_and_fences_beside_fences_change_no_count(
    search: Scripted, drawn: Judged
) -> None:
    program, consistent = drawn
    longer = padded(program)
    for model in MODELS:
        found = len(search.graphs(longer, model))
        assert found == len(consistent[model]), f"{model}: {longer}"


@pytest.mark.slow
@settings(DRAWN, max_examples=DRAWN.max_examples // 2)
@given(judged_programs(weak=True))
def test_weak_compare_exchanges_fail_for_no_reason_in_every_way_once(
    search: Scripted, drawn: Judged
) -> None:
    visits_each_graph_once(search, drawn)


@pytest.mark.slow
@settings(DRAWN, max_examples=DRAWN.max_examples // 2)
@given(st.booleans().flatmap(lambda weak: judged_rows(weak=weak)))
def test_of_identical_threads_one_execution_of_each_class_is_visited_once(
    search: Scripted, drawn: Judged
) -> None:
    """Classes are the oracle's, made by trying every permutation of the oracle's own graphs."""
    program, consistent = drawn
    rows = rows_of(program)
    for model in MODELS:
        classes = {representative(graph, rows) for graph in consistent[model]}
        found = search.graphs(program, model, symmetry=True)
        inside = [graph for graph in found if graph not in consistent[model]]
        assert not inside, f"{model}: not consistent\n{program}\n{inside[0]}"
        wrong = difference(model, [representative(g, rows) for g in found], classes)
        assert not wrong, f"{program}\n{wrong}"


@pytest.mark.slow
@settings(DRAWN, max_examples=DRAWN.max_examples // 4)
@given(judged_programs())
def test_so_does_the_whole_explorer_on_interpreted_programs(
    interpreter: Compiled, drawn: Judged
) -> None:
    program, consistent = drawn
    for model in MODELS:
        explored = interpreter.graphs(to_numbers(program), model)
        wrong = difference(model, explored, consistent[model])
        assert not wrong, f"{program}\n{wrong}"


@pytest.mark.slow
@settings(DRAWN, max_examples=DRAWN.max_examples // 10)
@given(judged_programs())
def test_running_every_step_anew_or_in_parts_gives_the_same_graphs(
    interpreter: Compiled, drawn: Judged
) -> None:
    program, consistent = drawn
    numbers = to_numbers(program)
    for model in MODELS:
        anew = interpreter.graphs(numbers, model, "--no-memo")
        wrong = difference(model, anew, consistent[model])
        assert not wrong, f"without memo: {program}\n{wrong}"
        parts = interpreter.in_parts(numbers, model, give=2)
        wrong = difference(model, parts, consistent[model])
        assert not wrong, f"in parts: {program}\n{wrong}"


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("batch", range(BATCHES))
def test_so_does_the_whole_explorer_on_compiled_programs(
    batch: int, compiler: str
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    programs = drawn_programs(seed=batch)
    source = written(to_c([program for program, _ in programs]), f"batch_{batch}.c")
    compiled = Compiled(source, compiler)
    for number, (program, consistent) in enumerate(programs):
        for model in MODELS:
            explored = compiled.graphs(str(number), model)
            wrong = difference(model, explored, consistent[model])
            assert not wrong, f"{program}\n{wrong}"


def test_a_missing_a_repeated_and_an_inconsistent_graph_are_all_reported() -> None:
    first, second = Graph((), (("x", ()),)), Graph((), (("y", ()),))
    assert difference("sc", [first, second], {first, second}) == ""
    assert "missing (1 graphs)" in difference("sc", [first], {first, second})
    assert "more than once (1 graphs)" in difference("sc", [first, first], {first})
    assert "not consistent (1 graphs)" in difference("sc", [first, second], {first})
