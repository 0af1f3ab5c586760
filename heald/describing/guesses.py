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
    """

    state: str | None
    kind: Kind
    parts: dict[str, Part] = field(default_factory=dict)
    roles: tuple[str | None, str | None] = (None, None)


def guess(functions: Sequence[Declaration], name: str, state: str | None = None) -> Guess:
    """Guess what the functions of the header called `name` are for."""
    state = state or _state(functions)
    of_it = [f for f in functions if state is None or _is_about(f, state)]
    title = set(words(name)) | (set(words(state)) if state else set())
    is_lock = _is_lock(of_it, title)
    parts = {f.name: _part(f, state, is_lock) for f in of_it}
    parts = _of_one_family(parts)
    kind = Kind.LOCK if is_lock else _kind(parts, title)
    if kind is Kind.COUNTER or kind is Kind.UNKNOWN:
        parts = {n: _of_no_container(n, p) for n, p in parts.items()}
    return Guess(state, kind, parts, _roles(title))


def words(name: str) -> list[str]:
    """Split a name in C into its words, small: ``RingPut_nowait`` has three."""
    return [w.lower() for w in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def has_value(function: Declaration, state: str | None) -> list[CType]:
    """Return the types of what a call brings besides the state."""
    return [p.type for p in function.parameters if not _is_state(p.type, state)]


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
    plain = any("lock" in n for n in named) and any("unlock" in n for n in named)
    both = any("acquire" in n for n in named) and any("release" in n for n in named)
    return plain or (both and bool(title & _LOCKS))


def _part(function: Declaration, state: str | None, is_lock: bool) -> Part:
    named = set(words(function.name))
    brings = has_value(function, state)
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
    if named & {"batch", "bulk"}:
        return Part.OTHER
    if named & _PARTS[Part.PUT] and len(brings) == 1 and not _is_out(brings[0]):
        return Part.PUT
    if named & _PARTS[Part.TAKE] and _takes(function, brings):
        return Part.TAKE
    return Part.OTHER


def _is_node(ctype: CType) -> bool:
    """Say whether it points to a structure, as the node of a queued lock does."""
    return ctype.kind == "pointer" and ctype.target is None and ctype.text != "void"


def _is_out(ctype: CType) -> bool:
    return ctype.kind == "pointer" and ctype.target is not None and not ctype.const


def _takes(function: Declaration, brings: Sequence[CType]) -> bool:
    if not brings:
        return function.returns.kind != "void"
    return len(brings) == 1 and _is_out(brings[0])


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


def _roles(title: set[str]) -> tuple[str | None, str | None]:
    one_puts, one_takes = title & {"spsc", "spmc"}, title & {"spsc", "mpsc"}
    return "producer" if one_puts else None, "consumer" if one_takes else None
