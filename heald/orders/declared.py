"""Names that a text declares atomic: of ``x = 1`` nothing else tells that it is an operation.

No parser: a type that is atomic, then declarators up to the end of the declaration. What is
found is asked about only where an atomic operation is known to execute, and what is written
in the end is compiled and explored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from heald.orders.source_text import NAME

_TYPE = re.compile(
    r"\b_Atomic\b\s*(?P<c>\((?:[^()]|\([^()]*\))*\))?"
    r"|\batomic_(?:bool|flag|[su]?char|u?short|u?int|u?long|u?llong|w?char(?:16|32)?_t|"
    r"size_t|ptrdiff_t|u?int\w*_t)\b"
    r"|\b(?:std\s*::\s*)?atomic(?:_ref)?\s*(?P<cxx><[^;{}]*?>)(?=\s*[\w*&,>])"
)

_POINTER = re.compile(r"\btypedef\b[^;{}()]*\*[\s\w]*?(\w+)\s*;")


@dataclass(frozen=True)
class Declared:
    """What a name stands for.

    Attributes
    ----------
    is_pointee
        It points to something atomic and is not atomic itself.
    holds_pointer
        What is atomic is a pointer.
    """

    is_pointee: bool
    holds_pointer: bool


def declared_in(code: str) -> dict[str, Declared]:
    """Return the names that are declared atomic in a text without comments and strings."""
    found: dict[str, Declared] = {}
    pointers = {*_POINTER.findall(code)}
    for type in _TYPE.finditer(code):
        end = _end(code, type.end())
        rest = code[type.end() : end]
        inside = type["c"] or type["cxx"] or ""
        before = code[: type.start()].rstrip()
        holds_pointer = "*" in inside or (
            type[0].startswith("_Atomic") and not inside and before.endswith("*")
        )
        words = {*NAME.findall(inside), *NAME.findall(rest)[:1]}
        holds_pointer = holds_pointer or bool(words & pointers)
        pieces = _split(rest)
        if code[end : end + 1] == ")":
            pieces = pieces[:1]  # a parameter: others follow it
        for piece in pieces:
            declarator = re.split(r"[=\[{:]", piece, maxsplit=1)[0]
            names = NAME.findall(declarator)
            if not names:
                continue
            found[names[-1]] = Declared("*" in declarator, holds_pointer)
    return found


def _split(declarators: str) -> list[str]:
    """Split at commas that are within no brackets."""
    pieces, depth, start = [], 0, 0
    for at, letter in enumerate(declarators):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth <= 0:
            pieces.append(declarators[start:at])
            start = at + 1
    return [*pieces, declarators[start:]]


def _end(code: str, at: int) -> int:
    """Return where a declaration ends: at its ``;``, or at the bracket that it stands in."""
    depth = 0
    for offset in range(at, len(code)):
        letter = code[offset]
        depth += (letter in "([{") - (letter in ")]}")
        if depth < 0 or (letter == ";" and not depth):
            return offset
    return len(code)
