"""Sites of a program as places: addresses in what the engine says become lines people know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any


def spots_of(failure: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield everything in a failure that has a place."""
    trace = failure["trace"]
    yield from failure["where"]
    yield from trace["steps"]
    yield from trace.get("pending", ())


def name_long_loop(program: Path, counts: Mapping[str, Any]) -> None:
    """Add file, line and function to what the engine says of a loop it did not follow."""
    loop = counts.get("long_loop")
    if not loop:
        return
    from heald.building.places import look_up

    place = look_up(program, [loop["site"]]).get(loop["site"])
    if place is not None:
        loop |= {"file": place.file, "line": place.line, "function": place.function}


def name_places(program: Path, failures: Sequence[dict[str, Any]]) -> None:
    """Turn the sites in failures into files, lines and functions."""
    if not failures:
        return
    from heald.building.places import Place, look_up

    spots: list[dict[str, Any]] = []
    for failure in failures:
        spots += spots_of(failure)
    places = look_up(program, (spot["site"] for spot in spots))
    unknown = Place("?", 0, "?")
    for spot in spots:
        place = places.get(spot.pop("site"), unknown)
        if place is not unknown:
            spot |= {
                "file": place.file,
                "line": place.line,
                "function": place.function,
            }
    for failure in failures:
        for spot in failure["where"]:
            spot.setdefault("file", "?")
            spot.setdefault("line", 0)
            spot.setdefault("function", "?")
