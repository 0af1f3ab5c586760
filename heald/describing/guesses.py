"""What each function of a header is for, guessed from its name and its types.

A guess only decides what the first description says; its author reads and changes it. What
a guess would need to be told (which of two states, who may call what) is left out and named,
since a wrong description is worse than a short one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from heald.subject.declarations import CType, Declaration


class Part(Enum):
    """What a function is for."""

    INIT = "makes a fresh state of one that is there"
    CREATE = "returns a fresh state"
    FINI = "ends a state"
    VALID = "says whether the state is right"
    PUT = "puts a value in"
    TAKE = "takes a value out"
    LOCK = "waits for the lock"
    UNLOCK = "releases the lock"
    STEP = "counts by one or by an amount"
    LOOK = "returns what is there"
    OTHER = "something else"


class Kind(Enum):
    """What the functions are together."""

    STACK = "stack"
    QUEUE = "queue"
    COUNTER = "counter"
    LOCK = "lock"
    UNKNOWN = "unknown"


_WORDS = {
    Part.CREATE: "create new alloc make",
    Part.INIT: "init initialize initialise setup start",
    Part.FINI: "fini destroy free delete deinit cleanup close release dispose term",
    Part.VALID: "valid invariant check consistent",
    Part.LOCK: "lock acquire",
    Part.UNLOCK: "unlock release",
    Part.PUT: "push put enqueue enq write offer insert send produce post append",
    Part.TAKE: "pop get dequeue deq read poll take remove recv receive consume",
    Part.STEP: "inc increment add up bump",
    Part.LOOK: "get read load value count size length len empty full",
}
_PARTS = {part: frozenset(words.split()) for part, words in _WORDS.items()}
#: Of a lock "release" is no end.
_CLEAR_ENDS = _PARTS[Part.FINI] - {"release", "dispose"}
_STACKS = {"stack", "lifo", "treiber"}
_QUEUES = {"queue", "ring", "fifo", "channel", "chan", "buffer", "spsc", "mpmc", "mpsc"}
_LOCKS = {"lock", "mutex", "spin", "spinlock", "ticket", "clh", "mcs", "tas", "ttas"}


@dataclass(frozen=True)
class Guess:
    """All that is guessed of a header.

    Attributes
    ----------
    state
        The type of the shared state, as in C; ``None`` where the functions keep it.
    kind
        What the functions are together.
    parts
        Of each function, by its name, in the header's order.
    roles
        (role of the putting side, of the taking side); ``None`` for anybody.
    beside
        Types of what is kept beside the state and handed to each call, as the slots of a ring.
    """

    state: str | None
    kind: Kind
    parts: dict[str, Part] = field(default_factory=dict)
    roles: tuple[str | None, str | None] = (None, None)
    beside: frozenset[str] = frozenset()


def guess(functions: Sequence[Declaration], name: str, state: str | None = None) -> Guess:
    """Guess what the functions of the header called `name` are for."""
    state = state or _state(functions)
    of_it = [f for f in functions if state is None or _is_about(f, state)]
    title = set(words(name)) | (set(words(state)) if state else set())
    is_lock = _is_lock(of_it, title)
    beside = frozenset() if is_lock else _beside(of_it, state)
    parts = {f.name: _part(f, state, is_lock, beside) for f in of_it}
    parts = _of_one_family(parts)
    kind = Kind.LOCK if is_lock else _kind(parts, title)
    if kind is Kind.COUNTER or kind is Kind.UNKNOWN:
        parts = {n: _of_no_container(n, p) for n, p in parts.items()}
    sides = {w for n, p in parts.items() if p in (Part.PUT, Part.TAKE) for w in words(n)}
    return Guess(state, kind, parts, _roles(title | sides, parts), beside)


def words(name: str) -> list[str]:
    """Split a name in C into its words, small: ``RingPut_nowait`` has three."""
    return [w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def has_value(
    function: Declaration, state: str | None, beside: frozenset[str] = frozenset()
) -> list[CType]:
    """Return the types of what a call brings besides the state and what is kept beside it."""
    return [
        p.type
        for p in function.parameters
        if not _is_state(p.type, state) and not is_beside(p.type, beside)
    ]


def is_beside(ctype: CType, beside: frozenset[str]) -> bool:
    """Say whether it points to what is kept beside the state."""
    return ctype.kind == "pointer" and ctype.text in beside


def _beside(functions: Iterable[Declaration], state: str | None) -> frozenset[str]:
    """Return the structures that those who put and those who take are both handed."""
    sides: dict[Part, set[str]] = {Part.PUT: set(), Part.TAKE: set()}
    for function in functions:
        for part, types in sides.items():
            if set(words(function.name)) & _PARTS[part] - {"read", "write", "get"}:
                types |= {t.text for t in has_value(function, state) if _is_node(t)}
    return frozenset(sides[Part.PUT] & sides[Part.TAKE])


def is_shared(function: Declaration) -> bool:
    """Say whether it locks (or unlocks) for reading: several may hold it at once."""
    named = words(function.name)
    return bool({"read", "reader", "rd", "shared"} & set(named)) or "rdlock" in named


def only_one_writes(title: Iterable[str]) -> bool:
    """Say whether its name says that one thread alone may lock it for writing."""
    return bool({"swlock", "sw", "seqlock", "seqcount"} & set(title))


def _is_state(ctype: CType, state: str | None) -> bool:
    return ctype.kind == "pointer" and ctype.text == state


def _is_about(function: Declaration, state: str) -> bool:
    types = [function.returns, *(p.type for p in function.parameters)]
    return any(_is_state(t, state) for t in types)


def _state(functions: Iterable[Declaration]) -> str | None:
    """Take the type whose pointer is most often the first parameter."""
    first = [f.parameters[0].type for f in functions if f.parameters]
    count = Counter(
        t.text
        for t in first
        if t.kind == "pointer"
        and t.text != "void"
        and (t.target is None or t.target.kind == "named")
        and t.text != "char"
    )
    return count.most_common(1)[0][0] if count else None


def _is_lock(functions: Iterable[Declaration], title: set[str]) -> bool:
    named = [set(words(f.name)) for f in functions]
    free = [n for n in named if not n & {"lock", "trylock", "unlock"}]
    moves = {"push", "put", "enqueue", "enq"}, {"pop", "dequeue", "deq", "take"}
    if all(any(n & side for n in free) for side in moves):
        return False  # a container that is locked for some of its calls
    plain = any("lock" in n for n in named) and any("unlock" in n for n in named)
    both = any("acquire" in n for n in named) and any("release" in n for n in named)
    return plain or (both and bool(title & _LOCKS))


def _part(
    function: Declaration, state: str | None, is_lock: bool, beside: frozenset[str]
) -> Part:
    named = set(words(function.name))
    brings = has_value(function, state, beside)
    if named & _PARTS[Part.INIT] and "lock" not in words(function.name)[-1]:
        return Part.INIT
    if is_lock and (part := _part_of_lock(named, brings)):
        return part
    if _is_state(function.returns, state) and not any(
        _is_state(p.type, state) for p in function.parameters
    ):
        return Part.CREATE
    if not brings and named & _PARTS[Part.FINI]:
        return Part.FINI
    if not brings and named & _PARTS[Part.VALID] and function.returns.kind != "void":
        return Part.VALID
    return _part_of_container(function, named, brings)


def _part_of_lock(named: set[str], brings: Sequence[CType]) -> Part | None:
    if named & _CLEAR_ENDS and not brings:
        return Part.FINI
    if not all(_is_node(t) for t in brings):
        return None
    if named & _PARTS[Part.UNLOCK]:
        return Part.UNLOCK
    if named & _PARTS[Part.LOCK]:
        return Part.OTHER if named & {"try", "trylock", "is", "locked"} else Part.LOCK
    return None


def _part_of_container(
    function: Declaration, named: set[str], brings: Sequence[CType]
) -> Part:
    if named & {"batch", "bulk", "all"}:
        return Part.OTHER
    brought = [t for t in brings if not _is_node(t)] if len(brings) == 2 else brings
    if named & _PARTS[Part.PUT] and len(brought) == 1 and not _is_out(brought[0]):
        return Part.PUT
    if named & _PARTS[Part.TAKE] and _takes(function, brings):
        return Part.TAKE
    return Part.OTHER


def _is_node(ctype: CType) -> bool:
    """Say whether it points to a structure, as the node of a queued lock does."""
    return ctype.kind == "pointer" and ctype.target is None and ctype.text != "void"


def _is_out(ctype: CType) -> bool:
    return ctype.kind == "pointer" and ctype.target is not None and not ctype.const


def is_any_out(function: Declaration, ctype: CType) -> bool:
    """Say whether a value comes out through a pointer to anything, and it says if one did."""
    is_any = ctype.kind == "pointer" and ctype.text == "void" and not ctype.const
    return is_any and function.returns.kind in ("bool", "integer")


def _takes(function: Declaration, brings: Sequence[CType]) -> bool:
    if not brings:
        return function.returns.kind != "void"
    return len(brings) == 1 and (_is_out(brings[0]) or is_any_out(function, brings[0]))


def _kind(parts: dict[str, Part], title: set[str]) -> Kind:
    found = set(parts.values())
    if {Part.PUT, Part.TAKE} <= found:
        pushes = any("push" in words(name) for name in parts)
        is_stack = title & _STACKS or (pushes and not title & _QUEUES)
        return Kind.STACK if is_stack else Kind.QUEUE
    named = {part: _PARTS[part] for part in (Part.STEP, Part.LOOK)}
    steps = [n for n in parts if set(words(n)) & named[Part.STEP]]
    looks = [n for n in parts if set(words(n)) & named[Part.LOOK]]
    return Kind.COUNTER if steps and looks else Kind.UNKNOWN


def _of_no_container(name: str, part: Part) -> Part:
    """Guess again for a header in which nothing is put in and taken out."""
    if part not in (Part.PUT, Part.TAKE, Part.OTHER):
        return part
    named = set(words(name))
    for other in (Part.STEP, Part.LOOK):
        if named & _PARTS[other]:
            return other
    return Part.OTHER


def _of_one_family(parts: dict[str, Part]) -> dict[str, Part]:
    """Keep the first pair that belongs together: one library has many ways to push.

    ``push_mpmc`` and ``pop_mpmc`` are a family, and so are ``try_push_mpmc`` and they.
    """

    def family(name: str) -> frozenset[str]:
        own = _PARTS[Part.PUT] | _PARTS[Part.TAKE] | {"try"}
        return frozenset(words(name)) - own

    families = {
        part: [family(n) for n, p in parts.items() if p is part]
        for part in (Part.PUT, Part.TAKE)
    }
    chosen = next((f for f in families[Part.PUT] if f in families[Part.TAKE]), None)
    if chosen is None:
        return parts
    sides = (Part.PUT, Part.TAKE)
    return {
        name: Part.OTHER if part in sides and family(name) != chosen else part
        for name, part in parts.items()
    }


def _roles(title: set[str], parts: dict[str, Part]) -> tuple[str | None, str | None]:
    """Say which sides are for one thread: so they are called, or have a lock of their own."""
    one_puts = bool(title & {"spsc", "spmc"}) or _is_locked(parts, Part.PUT)
    one_takes = bool(title & {"spsc", "mpsc"}) or _is_locked(parts, Part.TAKE)
    return "producer" if one_puts else None, "consumer" if one_takes else None


def _is_locked(parts: dict[str, Part], part: Part) -> bool:
    """Whether there is a ``queue_dequeue_lock``: who dequeues without it must be the only one."""
    sides = [*filter(lambda name: parts[name] is part, parts)]
    locks = [name.removesuffix("_lock") for name in parts if name.endswith("_lock")]
    return any(side.startswith(lock) for side in sides for lock in locks)
