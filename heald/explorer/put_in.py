"""What small functions of a harness say of a number, put in where they are called.

``limit(n);`` with ``static void limit(unsigned v) { __VERIFIER_assume(v < 4); }`` is that
assumption, and ``in_range(n)`` with ``static int in_range(int v) { return v >= 0 && v < 3; }`` that
comparison. Only functions of one such statement are read, whose one parameter has the type of what
they are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_KIND = r"(?:(?:const|signed|unsigned|short|long|int|char|size_t|u?int(?:8|16|32|64)_t)\b\s*)+"
_ONE = re.compile(
    rf"\b(\w+)\s*\(\s*({_KIND})(?<=[\s])(\w+)\s*\)\s*\{{\s*"
    r"(?:return\b([^;{}?=,]*(?:[<>=!]=[^;{}?=,]*)*);"
    r"|(__VERIFIER_assume|assume_abort_if_not)\s*\(([^;{}?,]*)\)\s*;)\s*\}"
)
_FUNCTION = re.compile(r"\b(\w+)\s*\(([^(){};]*)\)\s*$")
_SIGN = re.compile(r"\b(const|signed|int)\b")


def put_in(text: str, kind: str, variable: str, behind: str) -> str:
    """Return what comes behind a variable's declaration, with such calls replaced.

    Parameters
    ----------
    text
        Of the whole file, without comments.
    kind
        The variable's type.
    """
    for name, given, parameter, value, verb, assumed in _ONE.findall(text):
        body = value or assumed
        alone = len(re.findall(rf"\b{name}\s*\([^;{{}}]*\)\s*\{{", text)) == 1
        simple = not re.search(r"\w\s*\(|\+\+|--", body)
        if not (alone and simple and _same(kind, given)):
            continue
        said = re.sub(rf"\b{parameter}\b", variable, body).strip()
        call = rf"\b{name}\s*\(\s*{variable}\s*\)"
        behind = re.sub(call, f"{verb}({said})" if verb else f"({said})", behind)
    return behind


def _same(kind: str, other: str) -> bool:
    return [_SIGN.sub("", text).split() for text in (kind, other)] == [
        _SIGN.sub("", kind).split()
    ] * 2


def turned(condition: str) -> str:
    """Return ``!(a && b)`` as ``!a || !b``, with the comparisons turned; anything else as it is."""
    while alone := re.fullmatch(r"\s*\(((?:[^()]|\([^()]*\))*)\)\s*", condition):
        condition = alone[1]
    inside = re.fullmatch(r"\s*!\s*\(((?:[^()]|\([^()]*\))*)\)\s*", condition)
    if not inside:
        return condition
    within = inside[1].strip()
    while re.fullmatch(r"\([^()]*\)", within):
        within = within[1:-1].strip()
    both, either = "&&" in within, "||" in within
    if both and either:
        return condition
    parts = within.split("&&" if both else "||")
    other = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}
    compared = [re.fullmatch(r"([^<>=!]+)(<=|>=|==|!=|<|>)([^<>=!]+)", p) for p in parts]
    if not all(compared):
        return condition
    pieces = [f"{c[1]}{other[c[2]]}{c[3]}" for c in compared if c]
    return (" || " if both else " && ").join(pieces)


def calls_of(text: str, at: int) -> list[dict[str, str]] | None:
    """Return what each caller gives the function that a place lies in, by parameter.

    None where that is not known: it is called by address, or one of its parameters changes.
    """
    begins = _begin_of_function(text, at)
    header = _FUNCTION.search(text[:begins].rstrip()) if begins else None
    if not header or not header[2].strip():
        return None
    name = header[1]
    names = [part.split()[-1].lstrip("*") for part in header[2].split(",")]
    body = text[begins : _end_of_block(text, begins)]
    if any(
        re.search(rf"\b{n}\s*(?:[-+*/%&|^]?=(?!=)|\+\+|--)|&\s*{n}\b", body)
        for n in names
    ):
        return None
    rest = text[: header.start()] + text[header.end() :]
    given = list(_given(rest, name))
    return (
        [dict(zip(names, values, strict=True)) for values in given]
        if given and all(len(values) == len(names) for values in given)
        else None
    )


def _given(text: str, name: str) -> Iterator[list[str]]:
    for found in re.finditer(rf"\b{name}\b", text):
        called = re.match(r"\s*\(([^()]*)\)", text[found.end() :])
        yield [part.strip() for part in called[1].split(",")] if called else []


def _begin_of_function(text: str, at: int) -> int:
    """Return where the block of the function begins; 0 if the place lies in none."""
    depth = begins = 0
    for place, character in enumerate(text[:at]):
        if character == "{":
            begins = begins if depth else place
            depth += 1
        elif character == "}":
            depth -= 1
    return begins if depth else 0


def _end_of_block(text: str, begins: int) -> int:
    depth = 0
    for place in range(begins, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    return len(text)
