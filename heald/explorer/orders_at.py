"""Other memory orders at places in a program: ``queue.c:31=release``.

A place is named as people see it, FILE:LINE or FILE:LINE:COLUMN, and found where it executes:
the engine says which atomic operations and fences did, the debugging information where those
are. One line may hold several; through whatever was inlined, any of their lines will do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.building.frames import Spot, frames_of
from heald.explorer.order import ORDERS, Operation, failing
from heald.explorer.process import Explored
from heald.verdicts import UsageError

Run = Callable[[list[str]], Explored]

_FORM = re.compile(
    r"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?(?:@(?P<operation>\w+))?="
    r"(?:(?P<old>\w+)->)?(?P<what>[\w-]+(?:/\w+)?)"
)
_OPERATIONS = tuple(each.value for each in Operation)
_FENCES = {"fence-before": "before", "fence-after": "after"}
_SPLIT = "split"
_PLAIN = Operation.PLAIN
_UPDATES = (Operation.UPDATE, Operation.EXCHANGE_IF_EQUAL)


@dataclass(frozen=True)
class OrderAt:
    """One order at one place.

    Attributes
    ----------
    text
        As it was given.
    file, line, column
        Of the place; column 0: any.
    operation
        Only what is one of this kind; None: all at the place.
    old
        Only where the program gives this order; empty: whatever it gives.
    what
        An order, ``"acq_rel/acquire"`` (the second for a compare-exchange that fails),
        ``"fence-before"``, ``"fence-after"``, or ``"split"``: an update is a load and a store.
    """

    text: str
    file: str
    line: int
    column: int
    operation: Operation | None
    old: str
    what: str

    @classmethod
    def parse(cls, text: str) -> OrderAt:
        """Read ``FILE:LINE[:COLUMN][@OPERATION]=[OLD->]ORDER``, or say what is accepted."""
        found = _FORM.fullmatch(text)
        words = found["what"].split("/") if found else []
        if not found or not (
            (found["what"] in (*_FENCES, _SPLIT) or all(word in ORDERS for word in words))
            and (found["operation"] or "load") in _OPERATIONS
            and (found["old"] or "relaxed") in ORDERS
        ):
            raise UsageError(
                f"an order at a place is FILE:LINE=ORDER, FILE:LINE:COLUMN=ORDER, with one of "
                f"{', '.join(ORDERS)}, split, fence-before or fence-after; before the = may stand "
                f"@{', @'.join(_OPERATIONS)}, after it OLD->; got {text!r}"
            )
        return cls(
            text,
            found["file"],
            int(found["line"]),
            int(found["column"] or 0),
            Operation(found["operation"]) if found["operation"] else None,
            found["old"] or "",
            found["what"],
        )

    def is_at(self, frames: Sequence[Spot], operation: Operation) -> bool:
        """Return whether it names one of these positions, and what is done there.

        A plain access is no operation with an order: only who says so means it.
        """
        wanted = self.operation or (operation if operation is not _PLAIN else None)
        return wanted is operation and any(
            frame.line == self.line
            and self.column in (0, frame.column)
            and _ends_with(frame.file, self.file)
            for frame in frames
        )

    def engine_word(self, site: int, operation: Operation) -> str:
        """Return it for one operation, as the engine reads it."""
        if self.what in _FENCES:
            if operation is _PLAIN:
                raise UsageError(f"{self.text}: a fence cannot stand at a plain access")
            return f"{site}:{_FENCES[self.what]}"
        if self.what == _SPLIT:
            if operation not in _UPDATES:
                raise UsageError(f"{self.text}: {_a(operation)} is no update")
            return f"{site}:{_SPLIT}"
        order, _, fail = self.what.partition("/")
        if operation is _PLAIN and self.what == "relaxed":
            return f"{site}:relaxed"
        if order not in operation.orders and order != "consume":
            raise UsageError(
                f"{self.text}: {_a(operation)} cannot be {order}; "
                f"it can be {', '.join(operation.orders)}"
            )
        fail = fail or failing(order)
        if fail not in Operation.LOAD.orders:
            raise UsageError(f"{self.text}: a failed compare-exchange cannot be {fail}")
        only = f":{ORDERS.index(self.old)}" if self.old else ""
        return f"{site}:{ORDERS.index(order)}:{ORDERS.index(fail)}{only}"


def _a(operation: Operation) -> str:
    return "a plain access" if operation is _PLAIN else f"a {operation.value}"


def explore_with_orders(named: Iterable[str], program: Path, run: Run) -> Explored:
    """Explore a program under other orders at places.

    Parameters
    ----------
    named
        In the form of `OrderAt.parse`.
    program
        The shared object that `run` explores.
    run
        Explores it, given further words for the engine.

    Returns
    -------
    Explored
        Of a search in which every named place that executed had its order.

    Raises
    ------
    UsageError
        If nothing was executed at a place, or the order is none for what was.
    """
    wanted = [OrderAt.parse(text) for text in named]
    if not wanted:
        return run([])
    # Places are learned by executing them; a look at one execution mostly finds them all.
    told = ["--places"]
    if any(order.operation is _PLAIN for order in wanted):
        told += ["--order", "plain"]
    look = run([*told, "--max-executions", "1", "--failures", "1"])
    words = set(_words(wanted, program, _places(look)))
    while True:
        options = [part for word in sorted(words) for part in ("--order", word)]
        explored = run([*told, *options])
        places = _places(explored)
        _forget_plain(explored)
        found = set(_words(wanted, program, places))
        if not words | found:
            raise UsageError(_nothing_there(wanted, program, places))
        if found <= words:
            return explored
        words |= found


def _forget_plain(explored: Explored) -> None:
    """Leave the places of orders to those who ask the engine which there are."""
    lines = explored.result.get("places", ())
    explored.result["places"] = [
        line for line in lines if line["operation"] != _PLAIN.value
    ]


@dataclass(frozen=True)
class _Seen:
    """What was executed at a place, and the orders that the program gave there."""

    operation: Operation
    orders: frozenset[str]


def _places(explored: Explored) -> dict[int, _Seen]:
    lines: Iterable[Mapping[str, Any]] = explored.result.get("places", ())
    return {
        line["site"]: _Seen(
            Operation(line["operation"]),
            frozenset(ORDERS[order] for order in line["orders"]),
        )
        for line in lines
    }


def _words(
    wanted: Sequence[OrderAt], program: Path, places: Mapping[int, _Seen]
) -> list[str]:
    frames = frames_of(program, places)
    return [
        order.engine_word(site, places[site].operation)
        for site, spots in sorted(frames.items())
        for order in wanted
        if order.is_at(spots, places[site].operation)
        and (not order.old or order.old in places[site].orders)
    ]


def _nothing_there(
    wanted: Sequence[OrderAt], program: Path, places: Mapping[int, _Seen]
) -> str:
    known = sorted(
        {
            f"{os.path.basename(spots[-1].file)}:{spots[-1].line} ({places[site].operation.value})"
            for site, spots in frames_of(program, places).items()
        }
    )
    named = ", ".join(f"{order.file}:{order.line}" for order in wanted)
    there = f"; those that did: {', '.join(known[:12])}" if known else ""
    return f"no atomic operation or fence was executed at {named}{there}"


def _ends_with(path: str, name: str) -> bool:
    """Return whether a path is the file that somebody calls `name`."""
    parts, wanted = Path(path).parts, Path(os.path.normpath(name)).parts
    if os.path.isabs(name) or ".." in wanted:
        return os.path.abspath(name) == os.path.abspath(path)
    return parts[-len(wanted) :] == wanted
