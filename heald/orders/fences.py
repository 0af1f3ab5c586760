"""Where in the text a fence can be put, so that it runs right before or after an operation.

Between two statements, and only where both run one after the other: not within a condition
that is looked at again, not after a return, not between an ``if`` and its ``else``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from heald.orders.source_text import SourceText

_STARTS = re.compile(r"\s*(if|while|for|do|else|switch|case|default|return|goto|break)\b")
_LABEL = re.compile(r"\s*\w+\s*:(?!:)")
_ELSE = re.compile(r"\s*else\b")
_FURTHEST = 4000


@dataclass(frozen=True)
class FencePoint:
    """A place between two statements.

    Attributes
    ----------
    file
        An absolute path.
    offset
        Where text is put in.
    text
        What is put in.
    """

    file: str
    offset: int
    text: str

    @property
    def name(self) -> str:
        """A name that is unique in the program."""
        return f"{self.file}:{self.offset}:fence"


def fence_points(
    text: SourceText, at: int
) -> tuple[FencePoint | None, FencePoint | None]:
    """Return the points before and after the statement that holds this offset."""
    code = text.code
    start = statement_start(code, at)
    end = _statement_end(code, start, at)
    if end is None or "#" in code[start:end]:
        return None, None
    statement = code[start:end]
    found = _STARTS.match(statement)
    word = found[1] if found else ""
    if _LABEL.match(statement) or word in (
        "while",
        "for",
        "do",
        "else",
        "case",
        "default",
    ):
        return None, None
    in_condition = word == "if" and at < start + _condition_end(statement)
    before = after = None
    if word in ("", "return", "switch") or in_condition:
        before = _point(text, start, start + len(statement) - len(statement.lstrip()))
    if word == "" or (word == "if" and not in_condition):
        follows_else = _ELSE.match(code, end)
        if code[end - 1] == ";" and not follows_else:
            first = start + len(statement) - len(statement.lstrip())
            after = _point(text, end, first)
    return before, after


def statement_start(code: str, at: int) -> int:
    """Return the offset behind the last ``;``, ``{``, ``}`` or directive before."""
    start = max((code.rfind(mark, 0, at) for mark in ";{}"), default=-1) + 1
    directives = list(
        re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE).finditer(code, start, at)
    )
    return directives[-1].end() if directives else start


def _statement_end(code: str, start: int, at: int) -> int | None:
    """Return the offset behind its ``;`` or before its block; None: not a statement."""
    depth = 0
    for offset in range(start, min(len(code), at + _FURTHEST)):
        letter = code[offset]
        if letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
            if depth < 0:
                return None
        elif not depth and letter == ";" and offset > at:
            return offset + 1
        elif not depth and letter == "{" and offset > at:
            return offset
    return None


def _condition_end(statement: str) -> int:
    depth = 0
    for offset, letter in enumerate(statement):
        depth += (letter == "(") - (letter == ")")
        if letter == ")" and not depth:
            return offset
    return len(statement)


def _point(text: SourceText, gap: int, statement: int) -> FencePoint:
    code = text.code
    line = code.rfind("\n", 0, statement) + 1
    indent = re.match(r"[ \t]*", text.text[line:])
    assert indent is not None
    end = code.find("\n", gap)
    end = len(code) if end < 0 else end
    if code[gap:end].strip():
        return FencePoint(text.path, gap, f" {_fence(text)}")
    return FencePoint(text.path, end, f"\n{indent[0]}{_fence(text)}")


def _fence(text: SourceText) -> str:
    if text.path.endswith(".rs"):
        return "std::sync::atomic::fence(Ordering::SeqCst);"
    if "__ATOMIC_" in text.code and "memory_order" not in text.code:
        return "__atomic_thread_fence(__ATOMIC_SEQ_CST);"
    is_cxx = not text.path.endswith((".c", ".h")) or "std::" in text.code
    std = "std::" if is_cxx else ""
    return f"{std}atomic_thread_fence({std}memory_order_seq_cst);"
