"""From a type and an offset to what the author writes: ``.top``, ``[3].next``, ``->value``."""

from __future__ import annotations

from dataclasses import dataclass

from heald.naming.types import Type

#: Names that belong to the implementation: ``x._M_i`` of a std::atomic is the author's ``x``.
_HIDDEN = ("_M_", "__", "_Storage")
_CELLS = ("Atomic", "UnsafeCell", "ManuallyDrop", "MaybeUninit", "CachePadded")


@dataclass(frozen=True)
class Spot:
    """A part of an object: how it is reached, its type, the bytes from there that are left."""

    path: str
    type: Type
    rest: int = 0


def spot_in(
    type: Type, offset: int, size: int | None = None, wanted: Type | None = None
) -> Spot:
    """Name the part of an object at an offset.

    Parameters
    ----------
    size
        Of the access, in bytes; None where only a place is named (a lock, a pointer's target).
    wanted
        The type that a pointer to it has, where that is known: there the path ends.
    """
    path = ""
    while True:
        if offset == 0 and _ends_here(type, size, wanted):
            return Spot(path, type)
        inner = _inner(type, offset, size)
        if inner is None:
            return Spot(path, type, offset)
        step, type, offset = inner
        path += step


def _ends_here(type: Type, size: int | None, wanted: Type | None) -> bool:
    if wanted is not None and wanted.tag != "void":
        return type.key == wanted.key
    if size is None:
        return type.is_opaque or not (type.tag == "array_type" or _is_wrapper(type))
    return bool(0 < type.size <= size and not _is_one_thing(type))


def _is_one_thing(type: Type) -> bool:
    """Whether a member, or the only element, is as large as the whole: that one is meant."""
    if type.tag == "array_type":
        return type.count == 1
    return (
        type.has_members
        and not type.is_opaque
        and not type.has_bits
        and any(member.type.size == type.size for member in type.members)
    )


def _is_wrapper(type: Type) -> bool:
    """Whether it is nothing but its only member, and that one the implementation's."""
    return (
        type.has_members
        and len([m for m in type.members if m.type.size]) == 1
        and all(_is_hidden(type, member.name) for member in type.members)
    )


def _is_hidden(owner: Type, name: str) -> bool:
    return not name or name.startswith(_HIDDEN) or owner.plain_name.startswith(_CELLS)


def _inner(type: Type, offset: int, size: int | None) -> tuple[str, Type, int] | None:
    if type.tag == "array_type":
        return _element(type, offset)
    if not type.has_members or type.is_opaque or type.has_bits:
        return None
    fitting = [
        member
        for member in type.members
        if member.offset <= offset < member.offset + max(member.type.size, 1)
        or (
            member.type.tag == "array_type"
            and member.offset <= offset
            and not member.type.size
        )
    ]
    if not fitting:
        return None
    member = max(fitting, key=lambda m: _suits(m.type, offset - m.offset, size))
    name = "" if _is_hidden(type, member.name) else f".{member.name}"
    return name, member.type, offset - member.offset


def _suits(type: Type, offset: int, size: int | None) -> int:
    """Of a union's members prefer the one that has something of this size here."""
    if size is None or not offset < type.size:
        return 0
    spot = spot_in(type, offset, size)
    return 2 if spot.type.size == size and not spot.rest else 1


def _element(type: Type, offset: int) -> tuple[str, Type, int] | None:
    each = type.target.size
    if not each:
        return None
    index, rest = divmod(offset, each)
    numbers: list[int] = []
    for length in reversed(type.dimensions[1:]):
        index, inner = divmod(index, length) if length else (index, 0)
        numbers.append(inner)
    numbers.append(index)
    return "".join(f"[{n}]" for n in reversed(numbers)), type.target, rest
