"""A program's text as a file whose path follows from it, so that it is compiled once.

What is compiled is kept by path and content (``heald.building.build``). In a folder of the test's
own each program is a new one: to each test that asks of the same text, and to each run.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from heald.building.cache import cache_directory, make_once


def written(text: str, name: str = "program.c") -> Path:
    """Return a file of this name with this text; nothing may be written beside it."""
    key = hashlib.sha256(text.encode()).hexdigest()[:24]
    place = cache_directory() / "texts" / key / name

    def write(temporary: Path) -> None:
        temporary.write_text(text)

    return make_once(place, write)
