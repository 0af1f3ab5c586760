"""Statements about blocks of the heap: made, used, handed to others, freed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.oracle.program import Order, Value

if TYPE_CHECKING:
    from .program import Block


@dataclass(frozen=True)
class Allocate:
    """A new block, its address in the variable; with ``cleared`` its two fields are 0."""

    pointer: str
    number: int  # of all allocations of the program: each has a size of its own
    cleared: bool = False


@dataclass(frozen=True)
class FieldRead:
    """``register = pointer->field``."""

    register: str
    pointer: str
    field: str


@dataclass(frozen=True)
class FieldWrite:
    """``pointer->field = value``."""

    pointer: str
    field: str
    value: Value


@dataclass(frozen=True)
class Clear:
    """``memset(pointer, 0, sizeof *pointer)``."""

    pointer: str


@dataclass(frozen=True)
class CopyNode:
    """``*to = *pointer``."""

    to: str
    pointer: str


@dataclass(frozen=True)
class Free:
    """``free(pointer)``; the variable keeps the address."""

    pointer: str


@dataclass(frozen=True)
class Publish:
    """``top.store(pointer)``."""

    pointer: str
    order: Order


@dataclass(frozen=True)
class Obtain:
    """``pointer = top.load()``."""

    pointer: str
    order: Order


@dataclass(frozen=True)
class Swap:
    """``pointer = top.exchange(pointer)``, or of nothing."""

    pointer: str
    order: Order
    gives: bool = False


@dataclass(frozen=True)
class IfPointer:
    """``body`` if the thread's own pointer is one."""

    body: Block


@dataclass(frozen=True)
class Reallocate:
    """``pointer = realloc(pointer, more)``."""

    pointer: str
    number: int  # as of Allocate
