"""Durations as people write them: ``90s``, ``10m``, ``8h``, ``1h30m``, ``250ms``."""

from __future__ import annotations

import math
import re

from heald.verdicts import UsageError

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PIECE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h|d)")


def seconds_in(text: str | float) -> float:
    """Return the seconds in `text`; a bare number is seconds.

    Raises
    ------
    UsageError
        If it is no duration, or not above zero.
    """
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_in_pieces(str(text))
    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError(f"a duration must be above zero; got {str(text)!r}")
    return seconds


def _seconds_in_pieces(text: str) -> float:
    pieces = _PIECE.findall(text)
    if not pieces or "".join(number + unit for number, unit in pieces) != text:
        raise UsageError(
            f"not a duration: {text!r}; write it like 90s, 10m, 8h, 1h30m or 250ms"
        )
    return sum(float(number) * _SECONDS[unit] for number, unit in pieces)


def show_seconds(seconds: float) -> str:
    """Show a duration shortly: ``0.4 s``, ``12 s``, ``3 min 05 s``, ``8 h 00 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
