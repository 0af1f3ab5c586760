"""Whole programs as a small tree: threads by number, 0 is ``main``; each is created at most once.

The simple statements are those of litmus programs (``tests.oracle.program``). ``x y z`` are
accessed atomically and, where a program says so, plainly; ``p q`` only plainly. Registers are
``r0 r1 ...``. There are two structures ``u v``, mutexes ``m n``, a reader-writer lock, a condition
variable, a semaphore, a barrier and a once control, and two pointers ``g k`` to blocks of the heap;
structures and blocks have the fields ``a b``. ``e f`` are mutexes that check for errors and that
may be taken again, ``i j`` arrays of two, ``t`` is each thread's own, and there is a lock made of
atomics, which in one program is always of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.oracle.program import Cas, Fence, Load, Order, Rmw, Store, Value

from .channel_statements import (
    PLAINLY,
    Assume,
    Channels,
    Choose,
    Count,
    EventRead,
    EventWrite,
    FutexAwait,
    FutexWait,
    FutexWake,
    Pause,
    PipeRead,
    PipeWrite,
    Poll,
)
from .heap_statements import (
    Allocate,
    Clear,
    CopyNode,
    FieldRead,
    FieldWrite,
    Free,
    IfPointer,
    Obtain,
    Publish,
    Reallocate,
    Swap,
)
from .lock_statements import (
    Acquire,
    Locked,
    Meet,
    Once,
    Post,
    RwLocked,
    Spinning,
    TimedWait,
    TryLocked,
    Unlock,
    Wait,
    Wake,
)
from .words import PLAINEST, Words

ATOMICS = ("x", "y", "z")
STRUCTURES = ("u", "v")
MEMBERS = ("u.a", "u.b", "v.a", "v.b")  # accessed atomically as well
PLAIN = ("p", "q")
MUTEXES = ("m", "n")
POINTERS, FIELDS = ("g", "k"), ("a", "b")
TOP, OWN_POINTER = (
    "top",
    "d",
)  # a pointer that is accessed atomically, and each thread's own
RWLOCK, CONDITION, SEMAPHORE, BARRIER, ONCE = "l", "c", "s", "b", "o"
CHECKING, RECURSIVE = "e", "f"  # mutexes of other types
SECTION = "section"  # the lock of heald_atomic_begin
ROW, ATOMIC_ROW = "i", "j"  # arrays of two, the second accessed atomically
ATOMIC_ELEMENTS = ("j.0", "j.1")
SPIN, TICKET, SERVED = "lk", "tk", "sv"  # locks made of atomics


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
class TryCas:
    """``register = weak compare-exchange``: whether it wrote; it may fail for no reason.

    But where the compiler does not hand on which ones are weak: there it never does.
    """

    register: str
    location: str
    expected: int
    desired: Value
    success: Order
    failure: Order
    fails: bool = True


@dataclass(frozen=True)
class Spawn:
    """Create thread number ``thread``."""

    thread: int


@dataclass(frozen=True)
class Join:
    """Wait for the end of thread number ``thread``; the register gets what that had in ``r0``."""

    thread: int
    register: str = ""


@dataclass(frozen=True)
class Await:
    """A loop that loads until the value is there: ``while (location.load() != value) ;``."""

    location: str
    value: int
    order: Order
    between: str = ""  # what the loop does: nothing, sched_yield(), usleep(1), or look()


@dataclass(frozen=True)
class AddInLoop:
    """``old = location.load(); while (!location.compare_exchange(&old, old + 1)) ;``."""

    register: str
    location: str
    order: Order


@dataclass(frozen=True)
class TakeInLoop:
    """``while (pthread_mutex_trylock() != 0) ;`` and ``body`` with the mutex held."""

    mutex: str
    body: Block


@dataclass(frozen=True)
class LookInLoop:
    """Lock, look and unlock until ``variable == value``; ``timed``: waiting in short.

    With ``asks`` each of these waits ends a second after the time that is asked for before it.
    """

    mutex: str
    variable: str
    value: int
    timed: bool = False
    asks: bool = False


@dataclass(frozen=True)
class CopyStructure:
    """``to = source``, two structures with members that are also accessed atomically."""

    to: str
    source: str


@dataclass(frozen=True)
class Assert:
    """``assert(register != constant)``."""

    register: str
    constant: int


@dataclass(frozen=True)
class Exit:
    """``exit(status)``, or ``_exit``."""

    status: int
    quick: bool = False


@dataclass(frozen=True)
class Leave:
    """``pthread_exit``: the thread ends here."""


@dataclass(frozen=True)
class Detach:
    """Nobody will join the thread."""

    thread: int


@dataclass(frozen=True)
class OwnRead:
    """``register = t``, where every thread has its own ``t``."""

    register: str


@dataclass(frozen=True)
class OwnWrite:
    """``t = value``."""

    value: Value


@dataclass(frozen=True)
class RowRead:
    """``register = i[index % 2]``, or a load of ``j[index % 2]`` where there is an order."""

    register: str
    index: str
    order: Order | None = None


@dataclass(frozen=True)
class RowWrite:
    """``i[index % 2] = value``, or a store to ``j[index % 2]``."""

    index: str
    value: Value
    order: Order | None = None


@dataclass(frozen=True)
class Bounded:
    """``register % 3`` rounds of ``body``, whatever becomes of the register meanwhile."""

    register: str
    body: Block


@dataclass(frozen=True)
class If:
    """``if (register == constant) {then} else {otherwise}``."""

    register: str
    constant: int
    then: Block
    otherwise: Block = ()


@dataclass(frozen=True)
class Repeat:
    """At most ``times`` rounds of ``body``, none more after one with ``register == constant``."""

    times: int
    body: Block
    register: str
    constant: int


Statement = (
    Load
    | Store
    | Rmw
    | Cas
    | TryCas
    | Fence
    | PlainRead
    | PlainWrite
    | Spawn
    | Join
    | Await
    | AddInLoop
    | TakeInLoop
    | LookInLoop
    | CopyStructure
    | Assert
    | Locked
    | TryLocked
    | RwLocked
    | Wait
    | TimedWait
    | Wake
    | Post
    | Acquire
    | Meet
    | Once
    | Allocate
    | FieldRead
    | FieldWrite
    | Clear
    | CopyNode
    | Free
    | Exit
    | Leave
    | Detach
    | Reallocate
    | Unlock
    | Spinning
    | OwnRead
    | OwnWrite
    | RowRead
    | RowWrite
    | Bounded
    | Publish
    | Obtain
    | Swap
    | IfPointer
    | EventWrite
    | EventRead
    | PipeWrite
    | PipeRead
    | Poll
    | FutexWait
    | FutexWake
    | FutexAwait
    | Count
    | Choose
    | Assume
    | Pause
    | If
    | Repeat
)
Block = tuple[Statement, ...]
BLOCKS = ("body", "then", "otherwise")


@dataclass(frozen=True)
class Whole:
    """The text of each thread, what the semaphore begins with, and how many meet at the barrier.

    ``destructor``: what a thread does in the end that wrote its ``t``, which is a key's value then.
    """

    threads: tuple[Block, ...]
    posted: int = 0
    parties: int = 2
    destructor: Block = ()
    words: Words = PLAINEST
    channels: Channels = PLAINLY

    def statements(self) -> Iterator[Statement]:
        """Every statement of every thread."""
        for block in (*self.threads, self.destructor):
            yield from statements_of(block)


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


def registers_used(program: Whole) -> int:
    """How many registers each thread has: as many as any thread names."""
    every = (int(r[1:]) for block in program.threads for r in registers_of(block))
    return 1 + max(every, default=0)
