"""Other orders and fences at places, as the engine reads them, and what they come to at each.

What an exploration does depends on nothing but what its places do. So what was explored once
need not be explored again under overrides that come to the same at every place that executed.
Two more things come to the same. What is done while there is no other thread comes before or
after everything else by happens-before, whatever its order. And where the order of all seq_cst
operations never forbade a graph, taking one of them out of it lets no other graph in: the search
asks the same questions and gets the same answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from heald.explorer.order import ORDERS, Operation, is_weaker_or_equal, synchronises

Pair = tuple[str, str]
"""An order, and that of a compare-exchange that fails."""


@dataclass(frozen=True)
class Place:
    """Where an atomic operation or a fence is executed.

    Attributes
    ----------
    site
        Return address, relative to the program.
    operation
        What it is.
    orders, fail_orders
        Those that the program gave there; several where a wrapper gets them as arguments.
    """

    site: int
    operation: Operation
    orders: tuple[str, ...]
    fail_orders: tuple[str, ...]

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> Place:
        """Return one of the places that the engine tells of."""
        return cls(
            line["site"],
            Operation(line["operation"]),
            tuple(ORDERS[order] for order in line["orders"]),
            tuple(ORDERS[order] for order in line["fail_orders"]),
        )


@dataclass(frozen=True)
class Overrides:
    """What is changed.

    Attributes
    ----------
    orders
        By site.
    given
        By site and the order that the program gives there: a wrapper has several.
    fences
        Places that get a ``seq_cst`` fence, and whether before the operation.
    everywhere
        ``"seq_cst"``: every other place has it; ``"fences"``: fences around every place.
    """

    orders: Mapping[int, Pair]
    given: Mapping[tuple[int, str], Pair]
    fences: frozenset[tuple[int, bool]]
    everywhere: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        orders: Mapping[int, Pair] | None = None,
        given: Mapping[tuple[int, str], Pair] | None = None,
        fences: Iterable[tuple[int, bool]] = (),
        everywhere: Iterable[str] = (),
    ) -> Overrides:
        """Return them; what is left out is not changed."""
        return cls(
            dict(orders or {}), dict(given or {}), frozenset(fences), tuple(everywhere)
        )

    def words(self) -> list[str]:
        """Return them as options of the engine; places are to be told, too."""
        found = list(self.everywhere)
        for site, is_before in sorted(self.fences):
            found.append(f"{site}:{'before' if is_before else 'after'}")
        for site, pair in sorted(self.orders.items()):
            found.append(f"{site}:{_numbers(pair)}")
        for (site, written), pair in sorted(self.given.items()):
            found.append(f"{site}:{_numbers(pair)}:{ORDERS.index(written)}")
        return ["--places", *(part for word in found for part in ("--order", word))]

    @cached_property
    def _by_site(self) -> dict[int, tuple[object, ...]]:
        found: dict[int, list[object]] = {}
        for each in sorted(self.fences):
            found.setdefault(each[0], []).append(each[1])
        for site, pair in self.orders.items():
            found.setdefault(site, []).append(pair)
        for (site, written), pair in sorted(self.given.items()):
            found.setdefault(site, []).append((written, pair))
        return {site: tuple(parts) for site, parts in found.items()}

    def at(self, site: int) -> tuple[object, ...]:
        """Return what they come to at one place: equal ones do the same."""
        return self._by_site.get(site, ())

    def do_the_same(
        self, other: Overrides, done: Iterable[Place], *, refused: bool = True
    ) -> bool:
        """Return whether `other` does the same at all these places.

        Parameters
        ----------
        done
            What was executed under these, in company of other threads.
        refused
            Whether the order of seq_cst operations forbade a graph then.
        """
        return self.everywhere == other.everywhere and all(
            self.at(each.site) == other.at(each.site)
            or (not refused and self._lose_only_seq_cst(other, each))
            for each in done
        )

    def _lose_only_seq_cst(self, other: Overrides, place: Place) -> bool:
        """Return whether `other` has the same orders there, but for what only seq_cst adds."""
        return self._fences_at(place.site) == other._fences_at(place.site) and all(
            _loses_only_seq_cst(
                self._pair_at(place.site, written, failed),
                other._pair_at(place.site, written, failed),
                place.operation,
            )
            for written in place.orders
            for failed in place.fail_orders or (written,)
        )

    def _fences_at(self, site: int) -> frozenset[bool]:
        return frozenset(before for at, before in self.fences if at == site)

    def _pair_at(self, site: int, written: str, failed: str) -> Pair:
        """Return the orders of an operation that has these in the program."""
        usual = ("seq_cst",) * 2 if "seq_cst" in self.everywhere else (written, failed)
        return self.given.get((site, written)) or self.orders.get(site) or usual


def _loses_only_seq_cst(old: Pair, new: Pair, operation: Operation) -> bool:
    def loses(at: int, does: Operation) -> bool:
        return is_weaker_or_equal(new[at], old[at]) and (
            synchronises(old[at], does) == synchronises(new[at], does)
        )

    is_cas = operation is Operation.EXCHANGE_IF_EQUAL
    return loses(0, operation) and (not is_cas or loses(1, Operation.LOAD))


def _numbers(pair: Pair) -> str:
    return ":".join(str(ORDERS.index(order)) for order in pair)
