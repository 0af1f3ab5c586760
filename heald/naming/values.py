"""A value as its type has it: ``CLOSED``, ``true``, ``NULL``, ``252`` where -4 has its bits."""

from __future__ import annotations

import struct
from collections.abc import Callable

from heald.naming.types import Type

Pointed = Callable[[str, Type | None], str]
_MOST_MEMBERS = 4


def shown_value(raw: str, type: Type, size: int, pointed: Pointed) -> str:
    """Write a value.

    Parameters
    ----------
    raw
        As the explorer wrote it: a decimal number, ``0x`` and 32 digits, or a place that it
        points to.
    pointed
        Names such a place, given the type that is pointed to.
    """
    bits = _bits(raw, size)
    if bits is None:
        place, _, rest = raw.partition(", ")
        if type.has_members and rest:
            return f"{{{pointed(place, _first_target(type))}, {rest}}}"
        return pointed(place, type.target if type.is_pointer else None)
    return _written(bits, type, size)


def _bits(raw: str, size: int) -> int | None:
    try:
        value = int(raw, 0)
    except ValueError:
        return None
    return value & ((1 << 8 * size) - 1)


def _written(bits: int, type: Type, size: int) -> str:
    if type.is_pointer:
        return "NULL" if bits == 0 else _pointer_number(bits)
    if type.has_members and not type.has_bits and type.size == size:
        return _structure(bits, type)
    if type.tag == "enumeration_type":
        signed = _signed(bits, size)
        return type.enumerators.get(bits) or type.enumerators.get(signed) or str(signed)
    if type.is_boolean and bits in (0, 1):
        return "true" if bits else "false"
    if type.is_float and size in (4, 8):
        return repr(
            struct.unpack("<f" if size == 4 else "<d", bits.to_bytes(size, "little"))[0]
        )
    if type.is_signed:
        return str(_signed(bits, size))
    if type.tag == "base_type":
        return str(bits)
    return str(_signed(bits, size))


def _pointer_number(bits: int) -> str:
    """Write a number that is no address of the program: small ones are the author's marks."""
    signed = _signed(bits, 8)
    return f"(pointer) {signed}" if abs(signed) < 1 << 16 else "a wild pointer"


def _signed(bits: int, size: int) -> int:
    top = 1 << (8 * size - 1)
    return bits - (top << 1) if bits & top else bits


def _structure(bits: int, type: Type) -> str:
    if type.tag == "union_type":
        return (
            _written(bits, type.members[0].type, type.size) if type.members else str(bits)
        )
    parts = []
    for member in type.members[:_MOST_MEMBERS]:
        size = member.type.size
        if not size:  # an array, or a type that is not told: nothing can be read of it
            parts.append(f"{member.name} ...".strip())
            continue
        part = (bits >> 8 * member.offset) & ((1 << 8 * size) - 1)
        parts.append(f"{member.name} {_written(part, member.type, size)}".strip())
    more = ["..."] if len(type.members) > _MOST_MEMBERS else []
    return f"{{{', '.join([*parts, *more])}}}"


def _first_target(type: Type) -> Type | None:
    for member in type.members:
        if member.type.is_pointer:
            return member.type.target
        if member.type.has_members:
            return _first_target(member.type)
    return None
