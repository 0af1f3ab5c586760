"""Accesses that name no order, because an operator makes them: ``x = 1``, ``x++``, ``if (x)``.

Each is ``seq_cst``. With another order it is a call: in C of ``atomic_store_explicit`` and its
like, in C++ of a method. Compilers place such an access at its operator, at an operand beside
it or at the macro around; so all of one kind in the statement are looked at, and which one it is
is told by what stands there, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from heald.explorer.order import Operation
from heald.orders.declared import Declared
from heald.orders.source_text import NAME, SourceText

Edit = tuple[int, int, str]
"""From an offset to another, and what stands there then; ``{}`` is the order."""

_FETCH = {"+=": "add", "-=": "sub", "|=": "or", "&=": "and", "^=": "xor"}
_FETCH |= {"++": "add", "--": "sub"}
_AFTER = re.compile(r"\s*(\+\+|--|[-+|&^]=|=(?!=))\s*")
_BEFORE = re.compile(r"(\+\+|--)\s*$")
_NO_VALUE = re.compile(r"(?:[;{}:()]|\belse|\bdo)$|^$")
_STAR = re.compile(r"(?:^|[^\w\s)\]]|\breturn)\s*(\*)\s*$")
_FAR = 500
_NO_ACCESS = re.compile(
    r"(?:\bsizeof\s*\(?|\b_?_?typeof\w*\s*\(|(?:^|[^\w\s)\]&]|\breturn)\s*&)\s*$"
)


@dataclass(frozen=True)
class Implied:
    """One access, and how it is written with an order.

    Attributes
    ----------
    operation
        What it is.
    start, end
        The object's name.
    at
        The operator's offset; of a read, the object's.
    edits
        What names the order.
    """

    operation: Operation
    start: int
    end: int
    at: int
    edits: tuple[Edit, ...]


def implied_in(
    text: SourceText, start: int, end: int, declared: Mapping[str, Declared]
) -> Iterator[Implied]:
    """Yield the accesses in a stretch that can be written with an order."""
    at = start
    while (name := NAME.search(text.code, at, end)) is not None:
        first, last, names = _object(text.code, name, start)
        at = name.end()  # an index may have accesses of its own
        if text.code[: name.start()].rstrip().endswith((".", "->")):
            continue  # within what was looked at already
        if any(each in declared and declared[each].holds_pointer for each in names[:-1]):
            continue  # two accesses in one: what a pointer that is read points to
        known = declared.get(names[-1]) if names else None
        is_reached = text.code[first] == "*" or text.code[last - 1] == "]"
        if known is None or (known.is_pointee and not is_reached):
            continue
        if (
            _NO_ACCESS.search(text.code[max(0, first - _FAR) : first])
            or text.code[last : last + 1] == "("
        ):
            continue
        is_c = text.path.endswith((".c", ".h")) and "std::" not in text.code
        if not is_c and text.code[first] == "*":
            continue
        found = _access(text.code, start, first, last, known, is_c=is_c)
        if found is not None:
            yield found


def _object(code: str, name: re.Match[str], start: int) -> tuple[int, int, list[str]]:
    """Return where ``*p``, ``p->n`` or ``a[i].n`` begins and ends, and the names in it."""
    first, last, names = name.start(), name.end(), [name[0]]
    star = _STAR.search(code[start:first])
    while True:
        link = re.compile(r"\s*(?:\.|->)\s*([A-Za-z_]\w*)").match(code, last)
        if link is not None:
            if re.match(r"\s*\(", code[link.end() :]):
                return first, link.end(), []  # a method: it names its order, or could
            last = link.end()
            names.append(link[1])
            continue
        if re.match(r"\s*\[", code[last:]):
            closing = _closing(code, code.index("[", last))
            if closing is None:
                return first, last, names
            last = closing
            continue
        if star is not None and last == name.end():
            first = start + star.start(1)
        return first, last, names


def _closing(code: str, opening: int) -> int | None:
    depth = 0
    for at in range(opening, len(code)):
        depth += (code[at] in "([{") - (code[at] in ")]}")
        if not depth:
            return at + 1
    return None


def _access(
    code: str, start: int, first: int, last: int, known: Declared, *, is_c: bool
) -> Implied | None:
    after = _AFTER.match(code, last)
    before = _BEFORE.search(code, start, first)
    if after is None and before is None:
        return Implied(Operation.LOAD, first, last, first, _load(first, last, is_c=is_c))
    begins = before.start() if before else first
    has_no_value = bool(_NO_VALUE.search(code[max(0, begins - _FAR) : begins].rstrip()))
    word = after[1] if after else before[1] if before else ""
    if word != "=" and known.holds_pointer:
        return None
    if after is None and before is not None:
        if not has_no_value or not re.match(r"\s*[;)]", code[last:]):
            return None
        opens, rest = _call(word, is_c=is_c)
        edits = ((begins, first, opens), (last, last, f"{rest}1, {{}})"))
        return Implied(Operation.UPDATE, first, last, before.start(), edits)
    assert after is not None
    opens, rest = _call(word, is_c=is_c)
    begin = ((first, first, opens),) if opens else ()
    if word in ("++", "--"):
        end = after.start(1) + 2
        edits = (*begin, (last, end, f"{rest}1, {{}})"))
        return Implied(Operation.UPDATE, first, last, after.start(1), edits)
    value_end = _value_end(code, after.end())
    if value_end is None or not has_no_value:
        return None
    edits = (*begin, (last, after.end(), rest), (value_end, value_end, ", {})"))
    kind = Operation.STORE if word == "=" else Operation.UPDATE
    return Implied(kind, first, last, after.start(1), edits)


def _load(first: int, last: int, *, is_c: bool) -> tuple[Edit, ...]:
    if is_c:
        return ((first, first, "atomic_load_explicit(&"), (last, last, ", {})"))
    return ((last, last, ".load({})"),)


def _call(word: str, *, is_c: bool) -> tuple[str, str]:
    """Return what opens the call before the object, and what goes on behind it."""
    name = "store" if word == "=" else f"fetch_{_FETCH[word]}"
    return (f"atomic_{name}_explicit(&", ", ") if is_c else ("", f".{name}(")


def _value_end(code: str, at: int) -> int | None:
    """Return where an assigned value ends; None: it is no plain expression."""
    depth = 0
    for offset in range(at, len(code)):
        letter = code[offset]
        if not depth and letter in ";,)":
            end = offset
            while code[end - 1].isspace():
                end -= 1
            return end if end > at else None
        depth += (letter in "([") - (letter in ")]")
        if letter in "{}" or (
            letter == "=" and code[offset + 1] != "=" and code[offset - 1] not in "=!<>"
        ):
            return None
    return None


def nearest(found: list[Implied], code: str, offset: int, *, is_c: bool) -> list[Implied]:
    """Return those that a position can mean: the one there, or the one beside it.

    Of a second operand gcc has the place of the operator before it in C, and that of the
    word behind it in C++; of a condition that of its question mark.
    """
    is_c = is_c and code[offset : offset + 1] != "?"
    there = [each for each in found if offset in (each.start, each.at)]
    within = [each for each in found if each.start <= offset < each.end]
    if there or within:
        return there or within
    return (
        [each for each in found if each.start > offset][:1]
        if is_c
        else [each for each in found if each.end <= offset][-1:]
    )
