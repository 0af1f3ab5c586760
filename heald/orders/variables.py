"""What may be changed: one variable for each expression in the text that gives orders.

Places that share an expression (a loop that was unrolled, a wrapper, a macro) change together:
so what is explored under an assignment is what the patched text would do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from heald.building.frames import Spot
from heald.explorer.order import (
    Operation,
    cost,
    cost_of_change,
    failing,
    is_weaker_or_equal,
    joined,
)
from heald.orders.argument import Argument, overlapping
from heald.orders.cheapest import SEPARATOR, Variable, paired
from heald.orders.explorable import Explorable
from heald.orders.fences import FencePoint, fence_points
from heald.orders.overrides import Place

AS_WRITTEN = "as written"
NO_FENCE = "no fence"


@dataclass
class OrderText:
    """One expression that gives orders.

    Attributes
    ----------
    argument
        Where it is.
    orders
        Those that it gave when it was executed; several if it is a parameter.
    operations
        Of the places that have their order from it.
    is_fail
        Whether it is the order of failed compare-exchanges only.
    spots
        Where its operations are, if it was found by what stands around it: one that seems to
        be in several places was taken for another.
    """

    argument: Argument
    orders: set[str] = field(default_factory=set)
    operations: set[Operation] = field(default_factory=set)
    is_fail: bool = False
    spots: set[Spot] = field(default_factory=set)

    @property
    def name(self) -> str:
        """A name that is unique in the program."""
        return f"{self.argument.file}:{self.argument.start}:{self.argument.end}"

    @property
    def order(self) -> str:
        """The order that is written; ``"as written"`` if it is not always the same."""
        return next(iter(self.orders)) if len(self.orders) == 1 else AS_WRITTEN

    @property
    def operation(self) -> Operation:
        """What prices are to go by."""
        return next(each for each in Operation if each in self.operations)

    def levels(self) -> list[str]:
        """Return the orders that all its operations can have, weaker ones first."""
        first, *rest = (operation.orders for operation in self.operations)
        return [order for order in first if all(order in other for other in rest)]

    def stronger(self) -> Variable:
        """Return it as something that may only be made stronger."""
        old = self.order
        above = [
            order
            for order in self.levels()
            if all(is_weaker_or_equal(each, order) for each in self.orders)
            and order not in self.orders
        ]
        price = "relaxed" if old == AS_WRITTEN else old
        levels = {old: 0} | {
            order: cost_of_change(price, order, self.operation) for order in above
        }
        below = {
            order: frozenset(
                {old}
                | {
                    each
                    for each in above
                    if each != order and is_weaker_or_equal(each, order)
                }
            )
            for order in above
        }
        return Variable(self.name, levels, {old: frozenset(), **below})

    def weaker(self) -> Variable:
        """Return it as something that may only be made weaker, from the weakest on."""
        old = self.order
        if old == AS_WRITTEN:
            return Variable(self.name, {old: 0}, {old: frozenset()})
        levels = [order for order in self.levels() if is_weaker_or_equal(order, old)]
        # Of two that cost the same, the one that is there already.
        prices = {
            order: 2 * cost(order, self.operation) + (order != old) for order in levels
        }
        least = min(prices.values())
        return Variable(
            self.name,
            {order: price - least for order, price in prices.items()},
            {
                order: frozenset(
                    each
                    for each in levels
                    if each != order and is_weaker_or_equal(each, order)
                )
                for order in levels
            },
        )


@dataclass
class FenceText:
    """A fence that is not there yet.

    Attributes
    ----------
    point
        Where it would stand.
    sites
        Operations, and whether it runs before them.
    """

    point: FencePoint
    sites: set[tuple[int, bool]] = field(default_factory=set)

    @property
    def name(self) -> str:
        """A name that is unique in the program."""
        return self.point.name

    def stronger(self) -> Variable:
        """Return it as something that may be put in."""
        price = cost_of_change("relaxed", "seq_cst", Operation.FENCE)
        return Variable(
            self.name,
            {NO_FENCE: 0, "seq_cst": price},
            {NO_FENCE: frozenset(), "seq_cst": frozenset({NO_FENCE})},
        )


@dataclass
class Texts:
    """All expressions that are known to give orders, and the places that have them."""

    program: Explorable
    by_name: dict[str, OrderText] = field(default_factory=dict)
    of_place: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    unwritten: set[int] = field(default_factory=set)
    """Places whose order no text of the user's gives."""
    fences: dict[str, FenceText] = field(default_factory=dict)
    with_fences: bool = False
    left_out: set[str] = field(default_factory=set)
    """Fences that do not do in the text what they did at their places."""

    def learn(self) -> bool:
        """Take in places that have executed since; return whether there were new ones."""
        before = len(self.by_name) + len(self.fences)
        if self.with_fences:
            self._learn_fences()
        for place in self.program.places.values():
            if place.site in self.unwritten:
                continue
            if place.site not in self.of_place:
                written = self.program.files.find(
                    self.program.frames(place.site), place.operation
                )
                if written is None:
                    self.unwritten.add(place.site)
                    continue
                order = self._text(written.order)
                fail = self._text(written.fail) if written.fail else None
                self.of_place[place.site] = order.name, fail.name if fail else None
            self._note(place)
        self._leave_out({n for n, text in self.by_name.items() if len(text.spots) > 1})
        self._leave_out(overlapping({n: t.argument for n, t in self.by_name.items()}))
        return len(self.by_name) + len(self.fences) > before

    def _learn_fences(self) -> None:
        for place in self.program.places.values():
            spot = self.program.files.spot_in_text(self.program.frames(place.site))
            if spot is None or place.operation is Operation.FENCE:
                continue
            points = fence_points(*spot)
            for point, is_before in zip(points, (True, False), strict=True):
                if point is not None and point.name not in self.left_out:
                    fence = self.fences.setdefault(point.name, FenceText(point))
                    fence.sites.add((place.site, is_before))

    def leave_out(self, name: str) -> None:
        """Never propose this fence again."""
        self.left_out.add(name)
        self.fences.pop(name, None)

    def for_search(self, way: Callable[[OrderText], Variable]) -> list[Variable]:
        """Return everything that may be changed, for the search.

        The two orders of a compare-exchange are one variable: it must not fail with a
        stronger order than it succeeds with, which compilers refuse, or take for seq_cst.

        Parameters
        ----------
        way
            ``OrderText.stronger`` or ``OrderText.weaker``.
        """
        fails = self._fails()
        found = []
        for text in self.variables():
            if text.name in fails:
                continue
            variable = way(text)
            for fail, name in fails.items():
                if name == text.name:
                    variable = paired(variable, way(self.by_name[fail]), _fits)
            found.append(variable)
        return found + [fence.stronger() for fence in self.fences.values()]

    def _fails(self) -> dict[str, str]:
        """Return each text of a failure order with the text of the success order it goes with."""
        found: dict[str, set[str]] = {}
        for name, fail in self.of_place.values():
            if fail is not None and fail != name:
                found.setdefault(fail, set()).add(name)
        alone = {
            fail: next(iter(names)) for fail, names in found.items() if len(names) == 1
        }
        once: dict[str, str] = {}
        for fail, name in alone.items():
            if name not in once.values() and not self.by_name[fail].operations - {
                Operation.LOAD
            }:
                once[fail] = name
        return once

    def pair_as_written(self, text: OrderText) -> dict[str, str]:
        """Return the orders that a compare-exchange has, if `text` is that of its success."""
        fails = [fail for fail, name in self._fails().items() if name == text.name]
        return {name: self.by_name[name].order for name in [text.name, *fails] if fails}

    def each(self, assignment: Mapping[str, str]) -> dict[str, str]:
        """Return the order of each expression from what the search has found."""
        found = dict(assignment)
        for fail, name in self._fails().items():
            if SEPARATOR in found.get(name, ""):
                found[name], _, found[fail] = found[name].partition(SEPARATOR)
        return found

    def fenced(self, assignment: Mapping[str, str]) -> set[tuple[int, bool]]:
        """Return the places that get a fence, and whether before the operation."""
        return {
            site
            for name, fence in self.fences.items()
            if assignment.get(name) == "seq_cst"
            for site in fence.sites
        }

    def leave_out_guesses(self, names: Iterable[str]) -> bool:
        """Never change those of these texts again that say nothing of the operation they are of.

        Which of several accesses an operator or a macro's argument stands for is told by its
        surroundings; returns whether there were any.
        """
        gone = {
            name
            for name in names
            if name in self.by_name and self.by_name[name].argument.is_guess
        }
        self._leave_out(gone)
        return bool(gone)

    def leave_as_written(self, names: Iterable[str]) -> None:
        """Never change these texts again."""
        self._leave_out(set(names) & set(self.by_name))

    def _leave_out(self, gone: set[str]) -> None:
        for site, pair in list(self.of_place.items()):
            if gone & set(pair):
                self.unwritten.add(site)
                del self.of_place[site]
        for name in gone:
            del self.by_name[name]

    def _beside(self, argument: Argument, site: int) -> set[Spot]:
        """Return where an operation is, if it is on the line of what seems to give its order."""
        files = self.program.files
        line = files.text(argument.file).count("\n", 0, argument.start) + 1
        own = [spot for spot in self.program.frames(site) if spot.file in files.paths]
        return {s for s in own[:1] if (s.file, s.line) == (argument.file, line)}

    def _text(self, argument: Argument) -> OrderText:
        text = OrderText(argument)
        return self.by_name.setdefault(text.name, text)

    def _note(self, place: Place) -> None:
        name, fail = self.of_place[place.site]
        text = self.by_name[name]
        text.orders |= set(place.orders)
        text.operations.add(place.operation)
        if text.argument.edits and not text.argument.also:
            text.spots |= self._beside(text.argument, place.site)
        if fail is not None and fail != name:
            other = self.by_name[fail]
            other.orders |= set(place.fail_orders)
            other.operations.add(Operation.LOAD)
            other.is_fail = True

    def orders(self, assignment: Mapping[str, str]) -> dict[int, tuple[str, str]]:
        """Return the order of each place that the assignment changes."""
        found = {}
        for site, (name, fail_name) in self.of_place.items():
            text = self.by_name[name]
            order = assignment.get(name, text.order)
            fail = None
            if fail_name is not None:
                fail = assignment.get(fail_name, self.by_name[fail_name].order)
            changed = order != text.order or (
                fail_name is not None and fail != self.by_name[fail_name].order
            )
            if not changed:
                continue
            place = self.program.places[site]
            if order == AS_WRITTEN:
                order = place.orders[0]
            if fail is None or fail == AS_WRITTEN or fail_name == name:
                fail = failing(order)
            if place.operation is Operation.EXCHANGE_IF_EQUAL:
                # Compilers take a failure order above the success order for seq_cst, or refuse.
                order = joined(order, fail, place.operation)
            found[site] = order, fail
        return found

    def written(self, assignment: Mapping[str, str]) -> dict[str, str]:
        """Return the order to write for each expression that changes."""
        wanted = {
            name: order
            for name, order in assignment.items()
            if name in self.by_name
            and order not in (self.by_name[name].order, AS_WRITTEN)
        }
        orders = self.orders(assignment)
        for site, (order, _) in orders.items():
            name, fail_name = self.of_place[site]
            if fail_name and self.by_name[name].order != order:
                wanted[name] = order
        return wanted

    def variables(self, names: Iterable[str] | None = None) -> list[OrderText]:
        """Return the expressions, in the order of the text."""
        texts = (
            self.by_name.values()
            if names is None
            else map(self.by_name.__getitem__, names)
        )
        return sorted(texts, key=lambda text: (text.argument.file, text.argument.start))

    def applied(self, assignment: Mapping[str, str]) -> dict[str, str]:
        """Return the texts of the files with the assignment written in, by path."""
        texts = {path: self.program.files.text(path) for path in self.program.files.paths}
        edits = {
            edit
            for name, order in self.written(assignment).items()
            for edit in self.by_name[name].argument.edits_for(order)
        } | {
            (
                fence.point.file,
                fence.point.offset,
                fence.point.offset,
                0,
                fence.point.text,
            )
            for name, fence in self.fences.items()
            if assignment.get(name) == "seq_cst"
        }
        # From the end: offsets hold; and what is within another before the other's end.
        for file, start, end, _, new in sorted(edits, reverse=True):
            old = texts[file]
            texts[file] = old[:start] + new + old[end:]
        return texts


def _fits(order: str, fail: str) -> bool:
    """Return whether a compare-exchange may have this order when it fails."""
    if AS_WRITTEN in (order, fail):
        return order == fail
    return joined(order, fail, Operation.EXCHANGE_IF_EQUAL) == order
