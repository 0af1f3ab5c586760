"""Where in the author's C a parser went wrong: the line that was at it, or its entry.

A fault has an instruction, and a sanitizer prints a stack. What is judged from the result alone
(bytes consumed, pointers, fields) has the function that returned it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from heald.building.engine import engine_sources
from heald.building.places import definition_of, look_up, shown_path
from heald.parsing.build import build_parser
from heald.parsing.finding import ParserFinding
from heald.parsing.subject import ParserSubject

_FRAME = re.compile(
    r"^\s*#\d+ 0x[0-9a-f]+ in (?P<function>\S+) (?P<file>/[^:\n]+):(?P<line>\d+)"
)
_SAID = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+):\d+: runtime error")


def places_of(
    parser: ParserSubject, finding: ParserFinding, *, checked: bool
) -> list[dict[str, Any]]:
    """Return the place in the form of ``where`` in ``heald check --json``; or none."""
    said = _in_report(finding.said)
    if said is not None:
        return [said]
    library = build_parser(parser, checked=checked)
    at = look_up(library, [finding.at]).get(finding.at) if finding.at else None
    if at is not None and not _is_ours(at.file):
        return [_place("in", at.file, at.line, at.function)]
    entry = definition_of(library, parser.entry.name)
    return [] if entry is None else [_place("in", entry.file, entry.line, entry.function)]


def _place(access: str, file: str, line: int, function: str) -> dict[str, Any]:
    return {"access": access, "file": file, "line": line, "function": function}


def _in_report(said: str) -> dict[str, Any] | None:
    """Return the author's line in what a sanitizer printed, the innermost one."""
    for line in said.splitlines():
        found = _SAID.match(line) or _FRAME.match(line)
        if found and Path(found["file"]).is_file() and not _is_ours(found["file"]):
            function = found.groupdict().get("function") or ""
            return _place("in", shown_path(found["file"]), int(found["line"]), function)
    return None


def _is_ours(file: str) -> bool:
    path = Path(file).resolve()
    ours = engine_sources().resolve()
    return any(path.is_relative_to(ours / room) for room in ("parse", "include"))
