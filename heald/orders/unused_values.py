"""Whether somebody uses what ``x += 1`` and ``--x`` come to: a call gives what was there before.

No parser: an expression that begins a statement, or a part of ``for`` that is no condition, is
used by nobody. Of everything else it is not clear, and so it is used.
"""

from __future__ import annotations

import re

_FAR = 4000
_BEGINS = re.compile(r"(?:[;{}]|\belse|\bdo)$|^$")
_KEYWORD = re.compile(r"\b(if|for|while|switch)\s*$")
_NO_CONSTEXPR = re.compile(r"\bif\s+constexpr\s*$")
_LAST_OF_EXPRESSION = re.compile(r"[^;{}]*;\s*\}\s*\)")


def value_is_unused(code: str, begin: int, last: int) -> bool:
    """Return whether nobody uses the value of an expression; False: that is not clear.

    Parameters
    ----------
    begin
        Where it begins.
    last
        An offset within it, in none of its brackets.
    """
    start = max(0, begin - _FAR)
    before = code[start:begin].replace("\\\n", "  ").rstrip()
    opening = _unclosed(before)
    if opening is not None:
        is_of_for = before[:opening].rstrip().endswith("for")
        return is_of_for and not _is_condition(before[opening + 1 :])
    ends = _end(code, last) and not _LAST_OF_EXPRESSION.match(code, last)
    return ends and _begins_a_statement(before)


def _end(code: str, at: int) -> bool:
    """Return whether what comes next outside of brackets is the end of a statement."""
    depth = 0
    for letter in code[at : at + _FAR]:
        if not depth and letter in ";,)]}":
            return letter == ";"
        depth += (letter in "([{") - (letter in ")]}")
    return False


def _begins_a_statement(before: str) -> bool:
    if _BEGINS.search(before):
        return True
    if before.endswith(":"):  # a label, and no part of a choice
        label = re.split(r"[;{}]", before)[-1]
        return "?" not in label and not label.endswith("::")
    if not before.endswith(")"):
        return False
    opening = _unclosed(before[:-1])
    if opening is None:
        return False
    head = before[:opening]
    is_cast = before[opening:].replace(" ", "") == "(void)"
    return bool(
        _KEYWORD.search(head)
        or _NO_CONSTEXPR.search(head)
        or (is_cast and _begins_a_statement(head.rstrip()))
    )


def _unclosed(before: str) -> int | None:
    """Return where the innermost parenthesis opens that is not closed; None: outside of them."""
    depth = 0
    for at in range(len(before) - 1, -1, -1):
        letter = before[at]
        depth += (letter in ")]") - (letter in "([")
        if depth < 0:
            return at
        if letter in "{}" and not depth:
            return None
    return None


def _is_condition(of_for: str) -> bool:
    """Return whether what comes next is the condition of a ``for``, or within something of it."""
    parts = of_for.split(";")
    return len(parts) == 2 or bool(parts[-1].strip())
