"""Where the author's files define the functions that a scenario calls.

A wrong result of real threads has no line: nobody saw the steps that led to it. The functions
that were called have one, and it is where a reader, or a tool that annotates, begins.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heald.scenario import Scenario
    from heald.subject.subject import Subject


def definitions(subject: Subject, scenario: Scenario) -> list[dict[str, Any]]:
    """Return ``file``, ``line`` and ``function`` of what the threads call, each once.

    Functions whose definition no source shows (macros make it, a library has it) are left out.
    """
    threads = scenario.threads or (scenario.before,)
    ops = dict.fromkeys(call.op for thread in threads for call in thread)
    names = (subject.operation(op).declaration.name for op in ops)
    files = [*subject.sources, *subject.headers]
    found = ((name, _defined(name, files)) for name in names)
    return [
        {"file": os.path.relpath(place[0]), "line": place[1], "function": name}
        for name, place in found
        if place is not None
    ]


def _defined(name: str, files: Iterable[Path]) -> tuple[Path, int] | None:
    start = re.compile(
        rf"^[^\n;{{}}#/]*\b{re.escape(name)}\s*\([^;{{}}]*\)[^;{{}}]*\{{", re.M
    )
    for file in files:
        text = _text(file, _changed(file))
        found = start.search(text)
        if found is not None:
            at = text.index(name, found.start())
            return file, text.count("\n", 0, at) + 1
    return None


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _text(file: Path, _changed: int) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
