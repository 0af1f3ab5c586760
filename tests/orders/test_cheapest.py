"""The cheapest passing assignment, against trying all of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from heald.explorer.order import Operation, cost_of_change, is_weaker_or_equal
from heald.orders.cheapest import Search, Variable

LATTICES = [Operation.LOAD, Operation.STORE, Operation.UPDATE, Operation.FENCE]


def variable(name: str, operation: Operation, start: str) -> Variable:
    orders = [o for o in operation.orders if is_weaker_or_equal(start, o)]
    return Variable(
        name,
        {order: cost_of_change(start, order, operation) for order in orders},
        {
            o: frozenset(p for p in orders if p != o and is_weaker_or_equal(p, o))
            for o in orders
        },
    )


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[Variable], list[dict[str, str]]]:
    """Draw variables and what is needed: passing is being at least one of the needs."""
    variables = [
        variable(f"v{number}", operation, draw(st.sampled_from(operation.orders)))
        for number, operation in enumerate(
            draw(st.lists(st.sampled_from(LATTICES), min_size=1, max_size=4))
        )
    ]
    needs = st.fixed_dictionaries(
        {v.name: st.sampled_from(list(v.levels)) for v in variables}
    )
    return variables, draw(st.lists(needs, max_size=4))


def passes(assignment: Mapping[str, str], needs: list[dict[str, str]]) -> bool:
    return any(
        all(is_weaker_or_equal(order, assignment[name]) for name, order in need.items())
        for need in needs
    )


def price(assignment: Mapping[str, str], variables: list[Variable]) -> int:
    return sum(v.levels[assignment[v.name]] for v in variables)


@given(problems())
def test_nothing_cheaper_passes(
    problem: tuple[list[Variable], list[dict[str, str]]],
) -> None:
    variables, needs = problem
    found = Search(variables, lambda assignment: passes(assignment, needs)).cheapest()
    names = [v.name for v in variables]
    all_of_them = (
        dict(zip(names, levels, strict=True))
        for levels in product(*(v.levels for v in variables))
    )
    prices = [price(each, variables) for each in all_of_them if passes(each, needs)]
    if found is None:
        assert not prices
    else:
        assert passes(found, needs)
        assert price(found, variables) == min(prices)


def test_an_assignment_is_asked_about_once() -> None:
    asked = []

    def passing(assignment: Mapping[str, str]) -> bool:
        asked.append(tuple(assignment.values()))
        return assignment["v0"] == "seq_cst" and assignment["v1"] == "seq_cst"

    variables = [variable(f"v{n}", Operation.UPDATE, "relaxed") for n in range(2)]
    assert Search(variables, passing).cheapest() == {"v0": "seq_cst", "v1": "seq_cst"}
    assert len(asked) == len(set(asked))
