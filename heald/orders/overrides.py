"""Other orders and fences at places, as the engine reads them, and what they come to at each.

What an exploration does depends on nothing but what its places do. So what was explored once
need not be explored again under overrides that come to the same at every place that executed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from heald.explorer.order import ORDERS

Pair = tuple[str, str]
"""An order, and that of a compare-exchange that fails."""


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

    def do_the_same(self, other: Overrides, sites: Iterable[int]) -> bool:
        """Return whether `other` does the same at all these places."""
        return self.everywhere == other.everywhere and all(
            self.at(site) == other.at(site) for site in sites
        )


def _numbers(pair: Pair) -> str:
    return ":".join(str(ORDERS.index(order)) for order in pair)
