"""Threads side by side where they fit, one below the other where they do not.

A column must hold a statement to be read at a glance: where the columns would be narrower
than that, every step has the whole width, a heading says whose it is, and bars at its
left are the lanes, with a star in the lane of the thread.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence

from heald.showing.words import Step

NARROWEST_COLUMN = 44
WIDEST_COLUMN = 64
GAP = 2
_MOST_LANES = 10
_MARKS = (
    "STALE",
    "ORDER",
    "FAILS",
    "STUCK",
    "RACE",
    "ABA",
    "LOST",
    "TOO LATE",
    "MISSED",
    "SEEN",
    "FREED",
    "USED",
)

Paint = Callable[[str, str], str]


def laid_out(
    steps: Sequence[Step],
    texts: Sequence[Sequence[str]],
    names: Mapping[int, str],
    width: int,
    paint: Paint,
) -> list[str]:
    """Lay the texts of steps out for a width.

    Parameters
    ----------
    texts
        The lines of each step.
    names
        Of the threads, in the order of their columns.
    """
    shown = [t for t in names if any(step["thread"] == t for step in steps)]
    column = _column_width(texts, shown, width)
    if column is None:
        return _stacked(steps, texts, names, shown, width, paint)
    number = len(str(len(steps))) + 1
    heads = [paint(_thread_style(t), names[t].ljust(column + GAP)) for t in shown]
    lines = [" " * (number + GAP) + "".join(heads)]
    for index, (step, text) in enumerate(zip(steps, texts, strict=True)):
        indent = " " * ((column + GAP) * shown.index(step["thread"]) + GAP)
        for i, line in enumerate(wrapped(text, column)):
            label = f"#{index + 1}" if i == 0 else ""
            lines.append(label.ljust(number) + indent + _painted(line, paint))
    return lines


def _column_width(
    texts: Sequence[Sequence[str]], shown: Sequence[int], width: int
) -> int | None:
    """Width of each thread's column, or None if they do not fit side by side."""
    needed = min(WIDEST_COLUMN, max(len(line) for text in texts for line in text))
    available = (width - 6) // len(shown) - GAP
    if available >= min(needed, NARROWEST_COLUMN) or len(shown) == 1:
        return min(needed, max(available, 1))
    return None


def _stacked(
    steps: Sequence[Step],
    texts: Sequence[Sequence[str]],
    names: Mapping[int, str],
    shown: Sequence[int],
    width: int,
    paint: Paint,
) -> list[str]:
    lines: list[str] = []
    number = len(str(len(steps))) + 2
    with_lanes = len(shown) <= _MOST_LANES and width >= 50
    current = None
    for index, (step, text) in enumerate(zip(steps, texts, strict=True)):
        thread = step["thread"]
        if thread != current:
            current = thread
            lines.append(paint(_thread_style(thread), names[thread]))
        bars = " ".join("*" if t == thread else "|" for t in shown) if with_lanes else ""
        gone = " ".join("|" for t in shown) if with_lanes else ""
        room = max(20, width - number - len(bars) - 2)
        for i, line in enumerate(wrapped(text, room)):
            label = f"#{index + 1}" if i == 0 else ""
            lane = paint(_thread_style(thread), bars) if i == 0 and bars else gone
            lines.append(f"{label.ljust(number)}{lane}  {_painted(line, paint)}")
    return lines


def wrapped(lines: Sequence[str], width: int) -> list[str]:
    """Break lines at words, what follows set in behind their own indentation."""
    result: list[str] = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        result += textwrap.wrap(
            line,
            width,
            subsequent_indent=indent,
            drop_whitespace=True,
            break_on_hyphens=False,
        ) or [""]
    return result


def _painted(line: str, paint: Paint) -> str:
    if line.lstrip().startswith(_MARKS):
        return paint("red", line)
    return line if line.startswith(" ") else paint("dim", line)


def _thread_style(thread: int) -> str:
    return f"thread {thread % 5}"


_CODES = {"bold": "1", "dim": "2", "red": "31"}
_CODES |= {f"thread {i}": f"1;{code}" for i, code in enumerate((37, 36, 33, 35, 32))}
_CODES["thread 0"] = "1"


def plain(_: str, text: str) -> str:
    """Leave a text as it is."""
    return text


def colored(style: str, text: str) -> str:
    """Give a text its colour on a terminal."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"
