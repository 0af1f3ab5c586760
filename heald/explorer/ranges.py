"""Numbers that a verification harness leaves open, where what follows bounds them.

``int n = __VERIFIER_nondet_int(); __VERIFIER_assume(n >= 0 && n < 4);`` is four values, and each is
tried. The engine refuses such a call by its place; here the text at that place is read, and if the
variable is declared there and the next statements assume constant bounds on it, the search begins
again with them. Nobody else can see the variable before the assumption, and what it does not
allow ends there: so no execution is lost. Of an assumption only the parts that are understood
count; the program still evaluates all of it. Where it is left for a number out of bounds
(``if (n < 0 || n > 3) return 0;``), or made another (``if (n > 3) n = 3;``), all of those do the
same, and one on each side stands for them. Bounds that are parameters are what the callers give.
What the call itself stands in (``% 4``, ``if (...)``) is read by ``used_as``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from heald.explorer.put_in import calls_of, put_in, turned
from heald.explorer.used_as import REFUSED, used_as

MOST_VALUES = 4096
_TYPE = (
    r"(?:(?:const|signed|unsigned|short|long|int|char|size_t|u?int(?:8|16|32|64)_t)\s+)+"
)
_DECLARED = re.compile(rf"\s*({_TYPE})(\w+)\s*=\s*__VERIFIER_nondet_\w+\s*\(\s*\)\s*;")
_ASSUMED = re.compile(r"\s*(__VERIFIER_assume|assume_abort_if_not)\s*\(")
_IF = re.compile(r"\s*(?:else\s+)?if\s*\(")
_LEAVES = re.compile(
    r"\s*(\{?)\s*(return\b[^;{}]*|abort\s*\(\s*\)|_?exit\s*\([^;]*\)|pthread_exit\s*\([^;]*\)"
    r"|reach_error\s*\(\s*\)|__VERIFIER_(?:error\s*\(\s*\)|assume\s*\(\s*0\s*\)))\s*;"
)
_STATEMENT = re.compile(r"\s*;")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DEFINED = re.compile(
    r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+\(?([^\n()]+?)\)?[ \t]*$", re.M
)
_LITERAL = re.compile(r"([+-]?)\s*(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)")
_COMPARED = re.compile(r"(.+?)\s*(<=|>=|==|!=|<|>)\s*(.+)")
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_ABORTS = re.compile(
    r"\bassume_abort_if_not\s*\(\s*int\s+(\w+)\s*\)\s*\{\s*if\s*\(\s*!\s*\1\s*\)\s*\{?\s*abort\s*\("
)


def macros_of(text: str, cflags: Sequence[str]) -> dict[str, str]:
    """Return the names that stand for constants; one with two values stands for none."""
    found = _DEFINED.findall(text)
    for flag in cflags:
        name, equals, value = flag.removeprefix("-D").partition("=")
        if flag.startswith("-D") and equals:
            found.append((name, value))
    named: dict[str, str] = {}
    for name, value in found:
        named[name] = value if named.get(name, value) == value else ""
    return named


def bounds_at(text: str, line: int, macros: Mapping[str, str]) -> tuple[int, int] | None:
    """Return the least and the greatest value that the program goes on with.

    Parameters
    ----------
    text
        Of the file.
    line
        Where the number is asked for, from 1.
    macros
        Names that may stand for constants.

    Returns
    -------
    tuple or None
        None if the text does not say, or there are more than ``MOST_VALUES``.
    """
    text = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    if re.search(r"\b__VERIFIER_assume\s*\([^;{)]*\)\s*\{", text):
        return None  # of the program's own making
    lines = text.split("\n")
    if line > len(lines) or lines[line - 1].count(REFUSED) != 1:
        return None
    used = used_as(lines[line - 1])
    if used:
        return used
    start = max(
        lines[line - 1].rfind(end, 0, lines[line - 1].find(REFUSED)) for end in ";{}"
    )
    rest = "\n".join([lines[line - 1][start + 1 :], *lines[line:]])
    callers = calls_of(text, len(text) - len(rest))
    found = [
        _bounds_in(
            rest, text, {**macros, **{n: macros.get(v, v) for n, v in given.items()}}
        )
        for given in callers or [{}]
    ]
    return _whole([bounds for bounds in found if bounds]) if all(found) else None


def _whole(found: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the range that has all of them."""
    low, high = min(bounds[0] for bounds in found), max(bounds[1] for bounds in found)
    return (low, high) if high < low + MOST_VALUES else None


def _bounds_in(rest: str, text: str, macros: Mapping[str, str]) -> tuple[int, int] | None:
    declared = _DECLARED.match(rest)
    if not declared:
        return None
    unsigned = bool(re.search(r"\bunsigned\b|\bu|\bsize_t\b", declared[1]))
    low, high = 0 if unsigned else None, None
    behind = put_in(text, declared[1], declared[2], rest[declared.end() :])
    for part, leaves in _conditions(behind, declared[2], bool(_ABORTS.search(text))):
        least, most = _bound(part, declared[2], unsigned, macros, leaves=leaves)
        low = least if low is None else max(low, low if least is None else least)
        high = most if high is None else min(high, high if most is None else most)
    if low is None or high is None or not low <= high < low + MOST_VALUES:
        return None
    return low, high


def _conditions(text: str, variable: str, aborts: bool) -> list[tuple[str, bool]]:
    """Return what is asked next of the variable, before anything but other numbers is asked for.

    Each with whether the path leaves where it holds, or where it does not.
    """
    found: list[tuple[str, bool]] = []
    sees = re.compile(rf"\w\s*\([^()]*\b{variable}\b")  # a function that is given it
    while True:
        declared, assumed, asked = (
            form.match(text) for form in (_DECLARED, _ASSUMED, _IF)
        )
        if declared:
            text = text[declared.end() :]
            continue
        begins = asked or (assumed if aborts or _assumes(assumed) else None)
        if not begins:
            return found
        condition = _in_brackets(text[begins.end() :])
        behind = text[begins.end() + len(condition) + 1 :]
        condition = turned(condition)
        rest = _behind_statement(behind, variable, asked=bool(asked))
        if rest is None or re.search(r"[?,]", condition) or sees.search(condition):
            return found
        text = rest
        parts = condition.split("||" if asked else "&&")
        if ("&&" if asked else "||") not in condition:
            found += [(part, bool(asked)) for part in parts]


def _behind_statement(text: str, variable: str, *, asked: bool) -> str | None:
    """Return what follows the one statement that is the same for all numbers; None: it is not."""
    if not asked:
        ends = _STATEMENT.match(text)
        return text[ends.end() :] if ends else None
    same = _LEAVES.match(text) or re.match(
        rf"\s*(\{{?)\s*{variable}\s*=(\s*[-+]?\w+\s*);", text
    )
    if not same or re.search(rf"\b{variable}\b", same[2]):
        return None
    text = text[same.end() :]
    closed = re.match(r"\s*\}", text) if same[1] else re.match("", text)
    return text[closed.end() :] if closed else None


def _assumes(assumed: re.Match[str] | None) -> bool:
    return assumed is not None and assumed[1] == "__VERIFIER_assume"


def _in_brackets(text: str) -> str:
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return text[:at]
    return text


def _bound(
    part: str, variable: str, unsigned: bool, macros: Mapping[str, str], *, leaves: bool
) -> tuple[int | None, int | None]:
    """Read one comparison; nothing if it is none with a constant, or converts its signs."""
    part = part.strip()
    while part.startswith("(") and _in_brackets(part[1:]) == part[1:-1]:
        part = part[1:-1].strip()
    compared = _COMPARED.fullmatch(part)
    if not compared:
        return None, None
    left, relation, right = (piece.strip() for piece in compared.groups())
    if right == variable:
        left, relation, right = right, _TURNED[relation], left
    value = _constant(right, unsigned, macros) if left == variable else None
    if value is None:
        return None, None
    if leaves:  # one value beyond stands for all
        return (
            {"<": value - 1, "<=": value, "!=": value - 1}.get(relation),
            {">": value + 1, ">=": value, "!=": value + 1}.get(relation),
        )
    least = {">": value + 1, ">=": value, "==": value}.get(relation)
    most = {"<": value - 1, "<=": value, "==": value}.get(relation)
    return least, most


def _constant(text: str, unsigned: bool, macros: Mapping[str, str]) -> int | None:
    literal = _LITERAL.fullmatch(macros.get(text, text).strip().strip("()"))
    if not literal:
        return None
    digits = literal[2]
    octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
    value = int(digits, 8 if octal else 0) * (-1 if literal[1] == "-" else 1)
    if abs(value) >= 1 << 62:
        return None
    has_sign = "u" not in literal[3].lower() and abs(value) < 1 << 31
    return value if (unsigned and value >= 0) or (not unsigned and has_sign) else None
