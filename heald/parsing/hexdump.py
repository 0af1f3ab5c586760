"""An input in words: bytes in hexadecimal and as text, and a mark where it matters."""

from __future__ import annotations

_WIDTH = 16
_LINES = 8


def hexdump(data: bytes, position: int | None = None) -> list[str]:
    """Return a few lines, those around the position if there is one.

    Parameters
    ----------
    position
        From the start of the input; may lie outside of it.
    """
    count = max(1, -(-len(data) // _WIDTH))
    at = min(max(position or 0, 0), len(data)) // _WIDTH
    first = max(0, min(at - _LINES // 2, count - _LINES))
    lines = []
    for number in range(first, min(count, first + _LINES)):
        lines.append(_line(data, number * _WIDTH))
        if position is not None and number == min(at, count - 1):
            lines.append(_mark(position, number * _WIDTH))
    left = len(data) - (first + _LINES) * _WIDTH
    before = [f"({first * _WIDTH:,} bytes before)"] if first else []
    return [*before, *lines, *([f"({left:,} bytes more)"] if left > 0 else [])]


def _line(data: bytes, start: int) -> str:
    row = data[start : start + _WIDTH]
    numbers = " ".join(f"{byte:02x}" for byte in row)
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
    return f"{start:06x}  {numbers:<{3 * _WIDTH}} |{text}|"


def _mark(position: int, start: int) -> str:
    column = min(max(position - start, 0), _WIDTH)
    pointer = "<" if position < 0 else "^" if position - start <= _WIDTH else ">"
    return " " * (8 + 3 * column) + f"{pointer} byte {position}"
