"""What ``subjects/litmus.py`` declares, held against the axioms and against this machine."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import pytest

from heald import Outcome
from heald.native import NativeSession
from heald.native.trial import try_scenario
from subjects.litmus import ORDERS, SHAPES, TABLE, Order, Shape, interleavings
from tests.oracle.enumerate import consistent_graphs
from tests.oracle.graph import Graph
from tests.oracle.program import parse

SHORT = {
    "relaxed": "rlx",
    "release": "rel",
    "acquire": "acq",
    "acq_rel": "ar",
    "seq_cst": "sc",
}

each_cell = pytest.mark.parametrize(
    ("shape", "order"), list(TABLE), ids=lambda part: part.name
)
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


def program_text(shape: Shape, order: Order) -> str:
    """Write a shape as the oracle reads it."""
    short = {
        key: SHORT[value.removeprefix("memory_order_")]
        for key, value in order.defines.items()
    }
    store, load = short.get("LITMUS_STORE", "rlx"), short.get("LITMUS_LOAD", "rlx")
    fence = f"; fence({short['LITMUS_FENCE']}); " if "LITMUS_FENCE" in short else "; "
    return " || ".join(
        fence.join(
            f"r{place} = {location}.load({load})"
            if stored is None
            else f"{location}.store({stored}, {store})"
            for place, (location, stored) in enumerate(thread)
        )
        for thread in shape.threads
    )


def outcome_of(shape: Shape, graph: Graph) -> Outcome:
    """Read a graph as ``heald`` reports outcomes: per thread its loads, then what is left."""
    results: list[tuple[object, ...]] = [()]
    for rows in graph.threads:
        loads = tuple(read for kind, _, _, read, _, _ in rows if kind == "R")
        results.append((None if not loads else loads[0] if len(loads) == 1 else loads,))
    last = {
        location: graph.threads[places[-1][0]][places[-1][1]][4]
        for location, places in graph.mo
    }
    left = ((last.get("x", 0), last.get("y", 0)),) if shape.final else ()
    return (*results, left)


def outcomes(shape: Shape, graphs: set[Graph]) -> set[Outcome]:
    return {outcome_of(shape, graph) for graph in graphs}


@each_cell
def test_declared_outcomes_are_those_of_the_axioms(shape: Shape, order: Order) -> None:
    graphs = consistent_graphs(parse(program_text(shape, order)))
    assert outcomes(shape, graphs["rc11"]) == shape.allowed(order), shape.why
    assert outcomes(shape, graphs["tso"]) == shape.observable(order)
    assert outcomes(shape, graphs["sc"]) == interleavings(shape)


@each_cell
def test_declared_counts_are_those_of_the_axioms(shape: Shape, order: Order) -> None:
    graphs = consistent_graphs(parse(program_text(shape, order)))
    for (name, model), count in shape.executions.items():
        if name == order.name:
            assert len(graphs[model]) == count, model


@each_shape
def test_the_weak_outcome_is_no_interleaving(shape: Shape) -> None:
    assert shape.weak_outcome not in interleavings(shape)


@pytest.fixture(scope="module")
def session() -> Iterator[NativeSession]:
    with NativeSession() as native:
        yield native


@each_shape
def test_this_machine_shows_nothing_that_is_forbidden(
    shape: Shape, session: NativeSession
) -> None:
    subject = TABLE[shape, ORDERS[0]]
    trial = try_scenario(session, subject, shape.scenario, seed=1, budget_s=0.3)
    assert not trial.findings
    assert trial.samples > 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="says what x86 shows")
@pytest.mark.parametrize("name", ["sb", "r"])
def test_x86_shows_a_delayed_store_and_a_full_fence_forbids_it(
    name: str, session: NativeSession
) -> None:
    shape = next(shape for shape in SHAPES if shape.name == name)
    for order in ORDERS:
        result = session.run(
            TABLE[shape, order],
            shape.scenario,
            seed=1,
            budget_s=5.0 if order.strength < 2 else 0.2,
            stop_when=lambda seen: shape.weak_outcome in seen,
        )
        seen = set(result.histogram)
        assert seen <= shape.observable(order)
        assert (shape.weak_outcome in seen) == (order.strength < 2), order.name
