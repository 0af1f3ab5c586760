"""The same program with steps between, and fences beside its fences, that change no execution.

Where an SC fence stands, a thread also works on a location of its own and fences once more. Each
execution of the longer program is one of the shorter, in any model. So a search that leaves out
what cannot matter is held against an oracle that is too slow for long programs.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from .program import (
    LOCATIONS,
    Fence,
    If,
    Load,
    Order,
    Program,
    Rmw,
    Statement,
    Store,
    Value,
)


def _used(statements: tuple[Statement, ...]) -> set[str]:
    inside = (_used(s.then + s.otherwise) for s in statements if isinstance(s, If))
    own = {s.location for s in statements if not isinstance(s, If | Fence)}
    return own.union(*inside)


def _padding(location: str) -> tuple[Statement, ...]:
    """What stands beside a fence; its register is no other's."""
    return (
        Store(location, Value(1), Order.REL),
        Fence(Order.SC),
        Rmw("own", "fetch_add", location, Value(1), Order.AR),
        Load("own", location, Order.SC),
        Fence(Order.SC),
    )


def _padded(
    statements: tuple[Statement, ...], padding: tuple[Statement, ...]
) -> tuple[Statement, ...]:
    def each(statement: Statement) -> tuple[Statement, ...]:
        if statement == Fence(Order.SC):
            return (statement, *padding)
        if isinstance(statement, If):
            then = _padded(statement.then, padding)
            otherwise = _padded(statement.otherwise, padding)
            return (replace(statement, then=then, otherwise=otherwise),)
        return (statement,)

    return tuple(chain.from_iterable(map(each, statements)))


def padded(program: Program) -> Program:
    """Pad as many threads as there are locations that the program leaves alone."""
    used = _used(tuple(chain.from_iterable(program.threads)))
    own = [location for location in LOCATIONS if location not in used]
    paddings = [_padding(location) for location in own[: len(program.threads)]]
    paddings += [()] * (len(program.threads) - len(paddings))
    return Program(
        tuple(_padded(*both) for both in zip(program.threads, paddings, strict=True))
    )
