"""The tables hold for the oracle, and the search gives the oracle's graphs for all of them.

So does it for every combination of orders of the two-thread shapes, whose rules are stated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import pytest

from tests.litmus.shapes import SHAPES, WAYS, Row
from tests.litmus.singles import SINGLES
from tests.oracle.enumerate import MODELS, consistent_graphs
from tests.oracle.explored import Scripted, difference
from tests.oracle.outcome import shows
from tests.oracle.program import parse

TABLE: dict[str, tuple[str, str, Row]] = {
    f"{name} {way}": (shape.program(way), shape.outcome, shape.rows[way])
    for name, shape in SHAPES.items()
    for way in WAYS
} | {name: (single.text, single.outcome, single.row) for name, single in SINGLES.items()}
each_row = pytest.mark.parametrize(
    ("text", "outcome", "row"), TABLE.values(), ids=TABLE.keys()
)


@each_row
def test_outcome_and_counts_are_the_models(text: str, outcome: str, row: Row) -> None:
    program = parse(text)
    graphs = consistent_graphs(program)
    allowed = {model for model in MODELS if shows(program, graphs[model], outcome)}
    assert allowed == row.allowed, row.reason
    counts = {model: len(found) for model, found in graphs.items()}
    assert counts == {"rc11": row.rc11, "tso": row.tso, "sc": row.sc}


@each_row
def test_the_search_visits_the_same_graphs(
    search: Scripted, text: str, outcome: str, row: Row
) -> None:
    program = parse(text)
    consistent = consistent_graphs(program)
    for model in MODELS:
        wrong = difference(model, search.graphs(program, model), consistent[model])
        assert not wrong, f"{text}\n{wrong}"


Orders = dict[str, str]
STORES, LOADS = ("rlx", "rel", "sc"), ("rlx", "con", "acq", "sc")


def all_sc(orders: Orders) -> bool:
    return set(orders.values()) == {"sc"}


def synchronises(orders: Orders) -> bool:
    return orders["W2"] in ("rel", "sc") and orders["R1"] in ("con", "acq", "sc")


def always(orders: Orders) -> bool:
    return True


# Text with a place for each order, weak outcome, and when rc11 forbids it.
RULES: dict[str, tuple[str, str, Callable[[Orders], bool]]] = {
    "SB": (
        "x.store(1, {W1}); a = y.load({R1}) || y.store(1, {W2}); b = x.load({R2})",
        "a=0 b=0",
        all_sc,
    ),
    "MP": (
        "x.store(1, {W1}); y.store(1, {W2}) || a = y.load({R1}); b = x.load({R2})",
        "a=1 b=0",
        synchronises,
    ),
    "LB": (
        "a = x.load({R1}); y.store(1, {W1}) || b = y.load({R2}); x.store(1, {W2})",
        "a=1 b=1",
        always,
    ),
    "S": (
        "x.store(2, {W1}); y.store(1, {W2}) || a = y.load({R1}); x.store(1, {W3})",
        "a=1 x=2",
        synchronises,
    ),
    "R": (
        "x.store(1, {W1}); y.store(1, {W2}) || y.store(2, {W3}); a = x.load({R1})",
        "a=0 y=2",
        all_sc,
    ),
    "2+2W": (
        "x.store(1, {W1}); y.store(2, {W2}) || y.store(1, {W3}); x.store(2, {W4})",
        "x=1 y=1",
        all_sc,
    ),
}


def orderings(text: str) -> Iterator[Orders]:
    places = [
        name for name in ("W1", "W2", "W3", "W4", "R1", "R2") if f"{{{name}}}" in text
    ]
    choices = [STORES if name.startswith("W") else LOADS for name in places]
    for chosen in product(*choices):
        yield dict(zip(places, chosen, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize(("text", "outcome", "forbids"), RULES.values(), ids=RULES.keys())
def test_every_ordering_of_a_two_thread_shape(
    search: Scripted, text: str, outcome: str, forbids: Callable[[Orders], bool]
) -> None:
    for orders in orderings(text):
        program = parse(text.format(**orders))
        consistent = consistent_graphs(program)
        assert shows(program, consistent["rc11"], outcome) != forbids(orders), str(
            program
        )
        for model in MODELS:
            wrong = difference(model, search.graphs(program, model), consistent[model])
            assert not wrong, f"{program}\n{wrong}"
