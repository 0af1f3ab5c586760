"""Assignments that cost less than one, found by looking at all of them: an oracle for the search.

Passing is monotone, so it is enough to try those that cannot be raised any further without
costing as much: what fails there fails everywhere below.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heald.orders.cheapest import Variable


def highest_below(variables: Sequence[Variable], price: int) -> Iterator[dict[str, str]]:
    """Yield every assignment that costs less than `price` and is below no other such one."""

    def descend(at: int, left: int, chosen: dict[str, str]) -> Iterator[dict[str, str]]:
        if at == len(variables):
            if not _can_be_raised(variables, chosen, left):
                yield chosen
            return
        variable = variables[at]
        for level, cost in variable.levels.items():
            if cost < left:
                yield from descend(at + 1, left - cost, {**chosen, variable.name: level})

    return descend(0, price, {})


def _can_be_raised(
    variables: Sequence[Variable], chosen: dict[str, str], left: int
) -> bool:
    return any(
        chosen[variable.name] in variable.below[level]
        and cost - variable.levels[chosen[variable.name]] < left
        for variable in variables
        for level, cost in variable.levels.items()
    )
