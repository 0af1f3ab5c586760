"""Binary relations over the events of one graph, with the papers' operators.

Events are numbers 0..n-1; row i is a bit set of the events that i is related to.
``a | b`` union, ``a & b`` intersection, ``a - b`` difference, ``a @ b`` composition (the
papers' ``a ; b``), ``~a`` inverse, ``a.plus()`` transitive closure, ``a.maybe()`` adds the
identity (the papers' ``a?``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Relation:
    """An immutable relation over ``len(rows)`` events."""

    rows: tuple[int, ...]

    def __or__(self, other: Relation) -> Relation:
        return Relation(tuple(a | b for a, b in zip(self.rows, other.rows, strict=True)))

    def __and__(self, other: Relation) -> Relation:
        return Relation(tuple(a & b for a, b in zip(self.rows, other.rows, strict=True)))

    def __sub__(self, other: Relation) -> Relation:
        return Relation(tuple(a & ~b for a, b in zip(self.rows, other.rows, strict=True)))

    def __matmul__(self, other: Relation) -> Relation:
        result = []
        for row in self.rows:
            reached = 0
            while row:
                lowest = row & -row
                reached |= other.rows[lowest.bit_length() - 1]
                row ^= lowest
            result.append(reached)
        return Relation(tuple(result))

    def __invert__(self) -> Relation:
        size = len(self.rows)
        rows = [0] * size
        for i, row in enumerate(self.rows):
            for j in range(size):
                if row >> j & 1:
                    rows[j] |= 1 << i
        return Relation(tuple(rows))

    def __contains__(self, pair: tuple[int, int]) -> bool:
        return bool(self.rows[pair[0]] >> pair[1] & 1)

    def plus(self) -> Relation:
        """Transitive closure (Warshall)."""
        rows = list(self.rows)
        for k in range(len(rows)):
            bit, through = 1 << k, rows[k]
            for i, row in enumerate(rows):
                if row & bit:
                    rows[i] = row | through
        return Relation(tuple(rows))

    def maybe(self) -> Relation:
        """The relation or the identity."""
        return Relation(tuple(row | 1 << i for i, row in enumerate(self.rows)))

    def is_irreflexive(self) -> bool:
        """No event is related to itself."""
        return not any(row >> i & 1 for i, row in enumerate(self.rows))

    def is_acyclic(self) -> bool:
        """No cycle, of any length."""
        return self.plus().is_irreflexive()


def empty(size: int) -> Relation:
    """The relation that relates nothing."""
    return Relation((0,) * size)


def from_pairs(size: int, pairs: Iterable[tuple[int, int]]) -> Relation:
    """The relation that holds exactly the given pairs."""
    rows = [0] * size
    for a, b in pairs:
        rows[a] |= 1 << b
    return Relation(tuple(rows))


def where(size: int, holds: Callable[[int, int], bool]) -> Relation:
    """The relation of all pairs for which ``holds``."""
    return from_pairs(
        size, ((a, b) for a in range(size) for b in range(size) if holds(a, b))
    )


def on(size: int, holds: Callable[[int], bool]) -> Relation:
    """The identity on the events for which ``holds`` (the papers' ``[S]``)."""
    return from_pairs(size, ((a, a) for a in range(size) if holds(a)))
