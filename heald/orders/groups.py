"""Places that change together: what one position of the text, with one order, became in code.

A loop that was unrolled, a template and a function that was inlined are many places of the
machine code and one to people. A wrapper that gets its order as an argument is as many as
there are calls of it; one that was not inlined is one, with several orders.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from heald.building.frames import Spot
from heald.explorer.order import Operation
from heald.orders.explorable import Explorable
from heald.orders.overrides import Place


@dataclass(frozen=True)
class Group:
    """Places of the machine code at one position of the text.

    Attributes
    ----------
    spot
        Where people look for it.
    number
        From 1 among those of its line; 0 if it is the only one.
    name
        What the author calls the order.
    """

    spot: Spot
    number: int
    operation: Operation
    name: str
    places: tuple[Place, ...]

    @property
    def orders(self) -> list[str]:
        """The orders that the program gives there."""
        return sorted({order for place in self.places for order in place.orders})

    @property
    def fail_orders(self) -> list[str]:
        """Those of compare-exchanges that fail."""
        return sorted({order for place in self.places for order in place.fail_orders})

    def override(self, old: str, new: str) -> str:
        """Return a change as ``--order`` takes it."""
        column = f":{self.spot.column}" if self.spot.column else ""
        where = f"{os.path.basename(self.spot.file)}:{self.spot.line}{column}"
        return f"{where}@{self.operation.value}={old}->{new}"


def groups_of(program: Explorable) -> list[Group]:
    """Return the places that have executed, in the order of the text."""
    found: dict[tuple[Spot, Operation, str], list[Place]] = {}
    for place in program.places.values():
        spot, name = _named(program, place)
        if spot is not None:
            found.setdefault((spot, place.operation, name), []).append(place)
    keys = sorted(found, key=lambda key: (key[0].file, key[0].line, key[0].column))
    lines = [(spot.file, spot.line) for spot, _, _ in keys]
    groups = []
    for at, (spot, operation, name) in enumerate(keys):
        same = lines.count(lines[at])
        number = lines[: at + 1].count(lines[at]) if same > 1 else 0
        places = tuple(found[spot, operation, name])
        groups.append(Group(spot, number, operation, name, places))
    return groups


def spot_of(program: Explorable, site: int) -> Spot | None:
    """Return the innermost position in the user's files; else the innermost there is."""
    frames = program.frames(site)
    for frame in frames:
        if frame.file in program.files.paths:
            return frame
    return frames[-1] if frames else None


def _named(program: Explorable, place: Place) -> tuple[Spot | None, str]:
    """Return where people look for a place, and what its order is called."""
    frames = program.frames(place.site)
    spot = spot_of(program, place.site)
    written = program.files.find(frames, place.operation)
    if written is None:
        return spot, ""
    caller = program.files.frame_of(written.order, frames)
    return caller or spot, program.files.name_of(written.order)
