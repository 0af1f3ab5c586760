"""Which call of a function it was, where one line is reached from several places.

Programs take their locks, and read their fields, in functions of their own: the line there says
little, and the line that calls them is what their author looks for. Of a line that only one
place leads to, nothing is said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

Spot = dict[str, Any]


def tell_calls(spots: Iterable[Spot]) -> None:
    """Add ``called`` to what has ``callers``: the first on which those of a line differ."""
    reached: dict[tuple[Any, Any], list[Spot]] = defaultdict(list)
    for spot in spots:
        if spot.get("callers"):
            reached[spot.get("file"), spot.get("line")].append(spot)
    for together in reached.values():
        depth = _differ([_lines(spot) for spot in together])
        for spot in together:
            if depth is not None and depth < len(spot["callers"]):
                spot["called"] = _said(spot["callers"][depth])


def tell_own(places: Iterable[Spot], system: tuple[str, ...]) -> None:
    """Add to places inside a library which call of the author's it was."""
    for place in places:
        if place.get("callers") and str(place.get("file", "")).startswith(system):
            place.setdefault("called", _said(place["callers"][0]))


def _lines(spot: Spot) -> list[tuple[str, int]]:
    return [(caller["file"], caller["line"]) for caller in spot["callers"]]


def _differ(chains: list[list[tuple[str, int]]]) -> int | None:
    for depth in range(max(map(len, chains))):
        if len({tuple(chain[depth : depth + 1]) for chain in chains}) > 1:
            return depth
    return None


def _said(caller: Spot) -> str:
    return f"{PurePath(caller['file']).name}:{caller['line']} by {caller['function']}"
