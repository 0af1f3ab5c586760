r"""Text of others on a terminal, in a log: nothing in it moves the cursor or forges a line.

What a subject prints, what a name or a capsule brings, may hold control characters. They are
shown as Python writes them (``\x1b``), so that people see that they are there.
"""

from __future__ import annotations

_KEPT_IN_LINES = frozenset("\n\t")


def one_line(text: str) -> str:
    """Return the text on one line, every control character of it written out."""
    return "".join(_written(letter) for letter in text)


def lines(text: str) -> str:
    """Return the text with its line ends and tabs, every other control character written out."""
    return "".join(c if c in _KEPT_IN_LINES else _written(c) for c in text)


def _written(letter: str) -> str:
    if letter.isprintable():
        return letter
    return letter.encode("unicode_escape").decode("ascii")
