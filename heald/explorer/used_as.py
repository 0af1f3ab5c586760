"""Numbers that a verification harness leaves open, where the expression they stand in bounds them.

Of ``__VERIFIER_nondet_int() % 4`` only the remainder counts, of ``if (__VERIFIER_nondet_int())``
whether it is 0, of ``if (__VERIFIER_nondet_int() > 7)`` on which side of 7 it is: few values stand
for all.
Only such texts are read in which nothing that binds closer stands before the call.
"""

from __future__ import annotations

import re

REFUSED = "__VERIFIER_nondet_"
_CALL = r"__VERIFIER_nondet_(\w+)\s*\(\s*\)"
_BEFORE = r"(?:(?<![=!<>])=|[(,{;]|\breturn\b|&&|\|\|)\s*"
_UNSIGNED = r"(\(\s*unsigned(?:\s+int)?\s*\)\s*)?"
_NUMBER = r"(\d+|0[xX][0-9a-fA-F]+)"
_PARTS = re.compile(rf"{_BEFORE}{_UNSIGNED}{_CALL}\s*([%&])\s*{_NUMBER}[uU]?\s*(?=[;,)])")
_TRUTH = re.compile(rf"(?:\b(?:if|while)\s*\(|!|&&|\|\|)\s*!?\s*{_CALL}\s*(?:\)|&&|\|\|)")
_COMPARED = re.compile(
    rf"\b(?:if|while)\s*\(\s*{_CALL}\s*(?:<=|>=|==|!=|<|>)\s*(-?){_NUMBER}\s*\)"
)
_KEPT = re.compile(
    r"\b(_Bool|bool|unsigned char|uint8_t|signed char|int8_t|char)"
    rf"\s+\w+\s*=\s*{_CALL}\s*;"
)
_WHOLE = {"_Bool": (0, 1), "bool": (0, 1), "unsigned char": (0, 255), "uint8_t": (0, 255)}
MOST = 4096


def used_as(line: str) -> tuple[int, int] | None:
    """Return the least and the greatest of the numbers that stand for all, for the call in a line.

    None if the line does not say.
    """
    parts, kept = _PARTS.search(line), _KEPT.search(line)
    compared = _COMPARED.search(line)
    if parts:
        signed = not (parts[1] or _is_unsigned(parts[2]))
        return _of_parts(parts[3], _value(parts[4]), signed=signed)
    if kept:
        return _WHOLE.get(kept[1], (-128, 127))
    if _TRUTH.search(line):
        return 0, 1
    if compared:
        value = _value(compared[3]) * (-1 if compared[2] else 1)
        return _beside(value, unsigned=_is_unsigned(compared[1]))
    return None


def _is_unsigned(kind: str) -> bool:
    return kind.startswith("u") or kind == "size_t"


def _value(digits: str) -> int:
    octal = digits.isdigit() and digits.startswith("0")
    return int(digits, 8 if octal else 0)


def _beside(value: int, *, unsigned: bool) -> tuple[int, int] | None:
    if abs(value) >= (1 << 31) - 1 or (unsigned and value < 0):
        return None  # converted before it is compared
    return (max(0, value - 1) if unsigned else value - 1), value + 1


def _of_parts(operator: str, number: int, *, signed: bool) -> tuple[int, int] | None:
    if operator == "&":
        return (0, number) if number & (number + 1) == 0 and number < MOST else None
    if not 0 < number <= MOST // 2:
        return None
    return (1 - number if signed else 0), number - 1
