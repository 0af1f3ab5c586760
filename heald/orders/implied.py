"""Accesses that name no order, because an operator makes them: ``x = 1``, ``x++``, ``if (x)``.

Each is ``seq_cst``. With another order it is a call: in C of ``atomic_store_explicit`` and its
like, in C++ of a method. Compilers place such an access at its operator, at an operand beside
it or at the macro around; so all of one kind in the statement are looked at, and which one it is
is told by what stands there, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from heald.explorer.order import Operation
from heald.orders.declared import Declared
from heald.orders.source_text import NAME, Macro, SourceText
from heald.orders.unused_values import value_is_unused

Edit = tuple[int, int, str]
"""From an offset to another, and what stands there then; ``{}`` is the order."""

_FETCH = {"+=": "add", "-=": "sub", "|=": "or", "&=": "and", "^=": "xor"}
_FETCH |= {"++": "add", "--": "sub"}
_AFTER = re.compile(r"\s*(\+\+|--|[-+|&^]=|=(?!=))\s*")
_BEFORE = re.compile(r"(\+\+|--)\s*$")
_NO_VALUE = re.compile(r"(?:[;{}:()]|\belse|\bdo)$|^$")
"""Before a store: that nobody uses its value is for the compiler to say, the call has none."""
_STAR = re.compile(r"(?:^|[^\w\s)\]]|\breturn)\s*(\*)\s*$")
_FAR = 500
_OPENS = re.compile(r"(?:(?:^|[^\w\s)\]])\s*|\breturn\s*)(\()\s*$")
_ASSIGNS = re.compile(r"[^=!<>]=(?!=)")
_CHAINED = re.compile(r"[^=!<>]=\s*$")
_SAME = re.compile(
    r"(?:\w+(?:(?:\.|->)\w+|\[\w+\])*\s*=\s*)*(0|1|false|true|NULL|nullptr)"
)
"""Values that are what they were after they went into any object and came out again."""
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
        seen = _object(text.code, name, start)
        at = name.end()  # an index may have accesses of its own
        if not text.code[: name.start()].rstrip().endswith((".", "->")):
            yield from _accesses(text, start, seen, declared)


def implied_in_macro(
    text: SourceText, macro: Macro, declared: Mapping[str, Declared]
) -> Iterator[Implied]:
    """Yield the accesses in a macro's body to what its parameters stand for: ``(f) = (v)``."""
    pointers = any(each.holds_pointer for each in declared.values())  # then it may be one
    given = {name: Declared(False, pointers) for name in macro.parameters}
    body = text.code[: macro.end].rstrip("\\ \t\n")
    for name in NAME.finditer(body, macro.start):
        if name[0] in given:
            seen = _object(body, name, macro.start, in_parentheses=True)
            inner = SourceText(text.path, body)
            yield from _accesses(inner, macro.start, seen, {**declared, **given})


def _accesses(
    text: SourceText, start: int, seen: _Object, declared: Mapping[str, Declared]
) -> Iterator[Implied]:
    """Yield those of one name: of atomic pointers on the way, and of the object itself."""
    code, first, last = text.code, seen.first, seen.last
    is_c = text.path.endswith((".c", ".h")) and "std::" not in code
    unused = _NO_ACCESS.search(code[max(0, first - _FAR) : first])
    on_the_way = _pointers_in(code, seen, declared)
    if on_the_way is None or (unused and not unused[0].rstrip().endswith("&")):
        return
    for begin, end in on_the_way:
        yield Implied(Operation.LOAD, first, end, begin, _load(first, end, is_c=is_c))
    known = declared.get(_meant(text, seen.names))
    is_reached = code[first] == "*" or code[last - 1] == "]"
    if known is None or unused or (known.is_pointee and not is_reached):
        return
    if code[last : last + 1] == "(":
        return
    first, last = _with_parentheses(code, start, first, last)
    if not is_c and code[first] == "*":
        return
    found = _access(code, start, first, last, known, is_c=is_c)
    if found is not None and found.operation is Operation.LOAD and len(seen.names) > 1:
        # Clang's place of it is the member's name, gcc's where the object begins.
        found = replace(found, at=seen.ends[-1] - len(seen.names[-1]))
    if found is not None:
        yield found


def _meant(text: SourceText, names: list[str]) -> str:
    """Return the name of the object; a macro may stand for one, alone."""
    macros = text.macros.get(names[0], ()) if len(names) == 1 else ()
    if len(macros) != 1 or macros[0].parameters:
        return names[-1]
    return text.code[slice(*text.stripped(macros[0].start, macros[0].end))]


def _pointers_in(
    code: str, seen: _Object, declared: Mapping[str, Declared]
) -> list[tuple[int, int]] | None:
    """Return the names of atomic pointers on the way to the object; None: not clear which."""
    found = [
        (end - len(each), end)
        for each, end in zip(seen.names[:-1], seen.ends, strict=False)
        if each in declared and declared[each].holds_pointer
    ]
    if found and code[seen.first] == "*":
        return None  # what it points to is no object of a name
    is_followed = all(re.match(r"\s*->", code[end:]) for _, end in found)
    return found if is_followed else None  # an array of pointers, a pointer to an array


def _with_parentheses(code: str, start: int, first: int, last: int) -> tuple[int, int]:
    """Return where ``(*p)`` begins and ends, if an operator behind or before takes it whole."""
    opens = _OPENS.search(code[start:first]) if code[first] == "*" else None
    closes = re.compile(r"\s*\)").match(code, last) if opens else None
    if opens is None or closes is None:
        return first, last
    begin, end = start + opens.start(1), closes.end()
    is_changed = _AFTER.match(code, end) or _BEFORE.search(code, start, begin)
    return (begin, end) if is_changed else (first, last)


@dataclass(frozen=True)
class _Object:
    """Where ``*p``, ``p->n`` or ``a[i].n`` begins and ends; its names, and where they end."""

    first: int
    last: int
    names: list[str]
    ends: list[int]


def _object(
    code: str, name: re.Match[str], start: int, *, in_parentheses: bool = False
) -> _Object:
    """Return the object that begins with a name; those of a macro may be in parentheses."""
    first, last, names, ends = name.start(), name.end(), [name[0]], [name.end()]
    while in_parentheses:
        opens = _OPENS.search(code[start:first])
        closes = re.compile(r"\s*\)").match(code, last)
        if opens is None or closes is None:
            break
        first, last = start + opens.start(1), closes.end()
    own = last
    star = _STAR.search(code[start:first])
    while True:
        link = re.compile(r"\s*(?:\.|->)\s*([A-Za-z_]\w*)").match(code, last)
        if link is not None:
            if re.match(r"\s*\(", code[link.end() :]):
                # A method: it names its order, or could.
                return _Object(first, link.end(), [*names, ""], [*ends, link.end()])
            last = link.end()
            names.append(link[1])
            ends.append(last)
            continue
        if re.match(r"\s*\[", code[last:]):
            closing = _closing(code, code.index("[", last))
            if closing is None:
                return _Object(first, last, names, ends)
            last = closing
            continue
        if star is not None and last == own:
            first = start + star.start(1)
        return _Object(first, last, names, ends)


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
    word = after[1] if after else before[1] if before else ""
    has_no_value = _has_no_value(code, begins, last, word)
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
    if value_end is None:
        return None
    closes = ", {})"
    if not is_c and (not has_no_value or _ASSIGNS.search(code, after.end(), value_end)):
        return None  # compilers of C++ have one place for all that are chained
    if not has_no_value:
        value = _SAME.fullmatch(code, after.end(), value_end)
        if word != "=" or value is None or not _CHAINED.search(code, start, begins):
            return None
        begin, closes = ((first, first, f"({opens}"),), f"{closes}, {value[1]})"
    edits = (*begin, (last, after.end(), rest), (value_end, value_end, closes))
    kind = Operation.STORE if word == "=" else Operation.UPDATE
    return Implied(kind, first, last, after.start(1), edits)


def _has_no_value(code: str, begin: int, last: int, word: str) -> bool:
    if word != "=":
        return value_is_unused(code, begin, last)
    return bool(_NO_VALUE.search(code[max(0, begin - _FAR) : begin].rstrip()))


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
        if letter in "{}":
            return None
    return len(code) if not depth and len(code) > at else None


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
