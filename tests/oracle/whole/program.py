"""Whole programs as a small tree: threads by number, 0 is ``main``; each is created at most once.

The simple statements are those of litmus programs (``tests.oracle.program``). ``x y z`` are
accessed atomically and, where a program says so, plainly; ``p q`` only plainly. Registers are
``r0 r1 ...``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.oracle.program import Cas, Fence, Load, Order, Rmw, Store, Value

ATOMICS = ("x", "y", "z")
PLAIN = ("p", "q")
MUTEXES = ("m", "n")


@dataclass(frozen=True)
class PlainRead:
    """``register = variable``, an ordinary access."""

    register: str
    variable: str


@dataclass(frozen=True)
class PlainWrite:
    """``variable = value``, an ordinary access."""

    variable: str
    value: Value


@dataclass(frozen=True)
class Spawn:
    """Create thread number ``thread``."""

    thread: int


@dataclass(frozen=True)
class Join:
    """Wait for the end of thread number ``thread``."""

    thread: int


@dataclass(frozen=True)
class Await:
    """A loop that loads until the value is there: ``while (location.load() != value) ;``."""

    location: str
    value: int
    order: Order


@dataclass(frozen=True)
class Assert:
    """``assert(register != constant)``."""

    register: str
    constant: int


@dataclass(frozen=True)
class Locked:
    """``body`` with the mutex held."""

    mutex: str
    body: tuple[Statement, ...]


@dataclass(frozen=True)
class TryLocked:
    """``body`` if the mutex could be had at once, or in a time that is over at any moment."""

    mutex: str
    body: tuple[Statement, ...]
    timed: bool = False


@dataclass(frozen=True)
class If:
    """``if (register == constant) {then} else {otherwise}``."""

    register: str
    constant: int
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Repeat:
    """At most ``times`` rounds of ``body``, none more after one with ``register == constant``."""

    times: int
    body: tuple[Statement, ...]
    register: str
    constant: int


Statement = (
    Load
    | Store
    | Rmw
    | Cas
    | Fence
    | PlainRead
    | PlainWrite
    | Spawn
    | Join
    | Await
    | Assert
    | Locked
    | TryLocked
    | If
    | Repeat
)
Block = tuple[Statement, ...]
BLOCKS = ("body", "then", "otherwise")


@dataclass(frozen=True)
class Whole:
    """The text of each thread."""

    threads: tuple[Block, ...]


def inner_blocks(statement: Statement) -> Iterator[tuple[str, Block]]:
    """Each block that a statement contains, with the name of its field."""
    for name in BLOCKS:
        block = getattr(statement, name, None)
        if block is not None:
            yield name, block


def statements_of(block: Block) -> Iterator[Statement]:
    """Every statement, also those inside others."""
    for statement in block:
        yield statement
        for _, inner in inner_blocks(statement):
            yield from statements_of(inner)


def with_block(statement: Statement, name: str, block: Block) -> Statement:
    """The statement with another block in one of its fields."""
    return replace(statement, **{name: block})  # type: ignore[arg-type]


def registers_of(block: Block) -> set[str]:
    """All registers that a thread names."""
    found = set()
    for statement in statements_of(block):
        for value in vars(statement).values():
            name = value.register if isinstance(value, Value) else value
            if isinstance(name, str) and name[:1] == "r" and name[1:].isdigit():
                found.add(name)
    return found
