from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings

from tests.oracle.drawn import MOST_EVENTS, events_of, judged_programs, programs
from tests.oracle.enumerate import consistent_graphs
from tests.oracle.graph import Graph
from tests.oracle.program import RMW_OPS, Program, parse

Judged = tuple[Program, dict[str, set[Graph]]]

CALM = settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
PATIENT = settings(CALM, max_examples=3000, phases=[Phase.generate])


@CALM
@given(programs())
def test_a_drawn_program_reads_back_from_its_text(program: Program) -> None:
    assert parse(str(program)) == program


@CALM
@given(programs())
def test_drawn_programs_stay_within_the_size_the_oracle_can_judge(
    program: Program,
) -> None:
    assert 2 <= len(program.threads) <= 4
    assert sum(events_of(thread) for thread in program.threads) <= MOST_EVENTS


@CALM
@given(judged_programs())
def test_sc_is_within_tso_and_by_the_compilers_mapping_tso_within_rc11(
    drawn: Judged,
) -> None:
    _, graphs = drawn
    assert graphs["sc"] <= graphs["tso"] <= graphs["rc11"]


@CALM
@given(judged_programs())
def test_leaving_out_incoherent_orders_early_loses_nothing(drawn: Judged) -> None:
    program, graphs = drawn
    if all(len(found) < 40 for found in graphs.values()):
        assert consistent_graphs(program, shortcut=False) == graphs


WANTED = (".load(con)", ".cas(", "fence(ar)", "else", "+ 1", *RMW_OPS)


@pytest.mark.parametrize("text", WANTED)
def test_every_kind_of_statement_is_drawn(text: str) -> None:
    find(programs(), lambda program: text in str(program), settings=PATIENT)


@pytest.mark.parametrize(("weak", "strong"), [("rc11", "tso"), ("tso", "sc")])
def test_programs_that_tell_two_models_apart_are_drawn(weak: str, strong: str) -> None:
    find(
        judged_programs(),
        lambda drawn: drawn[1][weak] - drawn[1][strong],
        settings=PATIENT,
    )
