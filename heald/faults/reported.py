"""What a worker that died left behind: a sanitizer's report, or the program's own words."""

from __future__ import annotations

import re

#: A frame of a sanitizer's report: its function and its place.
_FRAME = re.compile(r"#\d+ 0x\w+ in (\w+) (\S+:\d+)")


def reported(words: str) -> str:
    """Return what a sanitizer, or else the program itself, says was wrong, and where."""
    lines = words.strip().splitlines()
    for line in lines:
        if "runtime error:" in line:
            return line.strip()[:300]
        if "ERROR: AddressSanitizer: " in line:
            kind = line.partition("ERROR: ")[2].partition(" on ")[0]
            return f"{kind}{_first_own_frame(words)}"[:300]
    return lines[0].strip()[:200] if lines else ""


def _first_own_frame(words: str) -> str:
    """Name the innermost function that is neither the sanitizer's nor the shim's.

    Since gcc 14 its interceptors have the names of the calls they stand for, and places.
    """
    for function, place in _FRAME.findall(words):
        if not function.startswith("__") and "libsanitizer" not in place:
            return f" in {function} {place}"
    return ""
