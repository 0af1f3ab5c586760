"""The terminal that a text is for: how wide it is, whether it has colours, what fits."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from typing import TextIO


def terminal_width() -> int | None:
    """Return the columns of the terminal that stderr is, or None where it is a file or a pipe.

    Who sets ``COLUMNS`` wants that width of a file, too.
    """
    is_asked = (
        os.environ.get("COLUMNS", "").isdecimal() and int(os.environ["COLUMNS"]) > 0
    )
    if is_asked or sys.stderr.isatty():
        return shutil.get_terminal_size().columns
    return None


def fitted(text: str, indent: int = 4) -> list[str]:
    """Break a text at words to fit the terminal; leave it whole where there is none.

    Parameters
    ----------
    indent
        How far the second line and those that follow are set in.
    """
    width = terminal_width()
    lines = text.split("\n")
    if width is None:
        return lines
    behind = " " * min(indent, max(0, width - 20))
    broken = [
        textwrap.wrap(
            line,
            width,
            subsequent_indent=behind,
            break_on_hyphens=False,
            break_long_words=False,
        )
        if len(line) > width and not line.startswith(_TO_COPY)
        else [line]
        for line in lines
    ]
    return [piece for pieces in broken for piece in pieces]


#: What is there to be copied stays one line.
_TO_COPY = ("replay: ", "replay exactly: ")


def wants_color(stream: TextIO) -> bool:
    """Whether to use colours: on a terminal, unless ``NO_COLOR`` is set (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")
