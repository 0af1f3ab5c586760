"""Explore a program whose harness leaves numbers open: with the bounds that its text gives them.

The text is read (``ranges.py``) where the engine refuses such a number, by its place.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from pathlib import Path

from heald.explorer.process import Explored
from heald.explorer.used_as import REFUSED
from heald.kinds import UNSUPPORTED

Run = Callable[[list[str]], Explored]


def explore_with_ranges(program: Path, cflags: Sequence[str], run: Run) -> Explored:
    """Explore; where numbers are refused that what follows bounds, once more with the bounds."""
    words: list[str] = []
    while True:
        explored = run(words)
        word = _range_word(program, cflags, explored)
        if word is None or word in words:
            return explored
        words += ["--range", word]


def _range_word(program: Path, cflags: Sequence[str], explored: Explored) -> str | None:
    refused = [
        failure
        for failure in explored.failures
        if failure["kind"] == UNSUPPORTED and failure["message"].startswith(REFUSED)
    ]
    if not refused:
        return None
    from heald.building.places import look_up
    from heald.explorer.ranges import bounds_at, macros_of

    site = refused[0]["where"][0].get("site", 0)
    place = look_up(program, [site]).get(site)
    text = "".join(linecache.getlines(place.file)) if place else ""
    if place is None or not text:
        return None
    found = bounds_at(text, place.line, macros_of(text, cflags))
    return f"{site}:{found[0]}:{found[1]}" if found else None
