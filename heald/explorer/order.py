"""Memory orders: which an operation can have, which is stronger, and what each costs.

The orders of one operation form a lattice: ``relaxed`` at the bottom, ``acquire`` and
``release`` beside each other, ``acq_rel`` above both, ``seq_cst`` on top (C11 7.17.3,
C++20 [atomics.order]). What an operation cannot have is left out: a load has no release, a
store no acquire, a failed compare-exchange is a load. Strengthening an order never adds an
execution (RC11: every axiom is monotone in the orders), which is what lets a search
over orders conclude from one assignment about all weaker or stronger ones.
"""

from __future__ import annotations

from enum import Enum


class Operation(Enum):
    """What kind of access an order belongs to; values are the explorer's words."""

    LOAD = "load"
    STORE = "store"
    UPDATE = "rmw"
    EXCHANGE_IF_EQUAL = "cas"
    FENCE = "fence"
    PLAIN = "plain"

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders it can have, each after those that are weaker."""
        return _ORDERS[self]


ORDERS = ("relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst")
"""In the compilers' numbering: ``__ATOMIC_RELAXED`` is 0."""

_ALL = ("relaxed", "acquire", "release", "acq_rel", "seq_cst")
_ORDERS = {
    Operation.LOAD: ("relaxed", "acquire", "seq_cst"),
    Operation.STORE: ("relaxed", "release", "seq_cst"),
    Operation.UPDATE: _ALL,
    Operation.EXCHANGE_IF_EQUAL: _ALL,
    Operation.FENCE: _ALL,
    Operation.PLAIN: ("relaxed",),
}

_PARTS = {
    "relaxed": frozenset[str](),
    "consume": frozenset({"acquire"}),
    "acquire": frozenset({"acquire"}),
    "release": frozenset({"release"}),
    "acq_rel": frozenset({"acquire", "release"}),
    "seq_cst": frozenset({"acquire", "release", "seq_cst"}),
}

# What a change costs. Acquire and release are free on x86 and cheap on ARM, so one seq_cst
# outweighs any number of them that a patch would have; a fence outweighs a seq_cst access.
_PLACE = 100
_SEQ_CST = 10_000
_FENCE = 100_000
_STRENGTH = {"relaxed": 0, "consume": 1, "acquire": 1, "release": 1, "acq_rel": 2}


def is_weaker_or_equal(first: str, second: str) -> bool:
    """Return whether `second` gives everything that `first` gives."""
    return _PARTS[first] <= _PARTS[second]


def synchronises(order: str, operation: Operation) -> frozenset[str]:
    """Return what of acquire and release an order gives to an operation of this kind."""
    able = {Operation.LOAD: {"acquire"}, Operation.STORE: {"release"}}
    return _PARTS[order] & able.get(operation, {"acquire", "release"})


def weaker_than(order: str, operation: Operation) -> tuple[str, ...]:
    """Return the orders strictly below, the weaker ones first."""
    return tuple(other for other in operation.orders if _PARTS[other] < _PARTS[order])


def joined(first: str, second: str, operation: Operation) -> str:
    """Return the weakest order of the operation that is at least both."""
    parts = _PARTS[first] | _PARTS[second]
    return next(order for order in operation.orders if parts <= _PARTS[order])


def cost(order: str, operation: Operation) -> int:
    """Return what an order costs, in units of the cheapest difference between two.

    Only comparisons mean something: any number of acquires and releases (up to a hundred
    places) is cheaper than one ``seq_cst``, and ten of those cheaper than a ``seq_cst`` fence.
    """
    if order == "seq_cst":
        return _FENCE if operation is Operation.FENCE else _SEQ_CST
    strength = _STRENGTH[order]
    return strength * (_PLACE if operation is Operation.FENCE else 1)


def cost_of_change(old: str, new: str, operation: Operation) -> int:
    """Return what changing `old` to `new` costs: every changed place is one line to review."""
    if old == new:
        return 0
    return _PLACE + max(0, cost(new, operation) - cost(old, operation))


def failing(order: str) -> str:
    """Return the order of a failed compare-exchange that has only one: C11 7.17.7.4."""
    return {"acq_rel": "acquire", "release": "relaxed"}.get(order, order)
