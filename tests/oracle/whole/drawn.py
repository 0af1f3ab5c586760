"""Random whole programs: the same for the same seed.

A tree of threads is drawn first; where a thread is created and who joins it follows. Each program
has a palette of orders and a few kinds of statement, because programs of few kinds reach the
corners far more often than even mixtures do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.oracle.drawn import PALETTES
from tests.oracle.program import (
    FAILURE_ORDERS,
    FENCE_ORDERS,
    LOAD_ORDERS,
    RMW_OPS,
    RMW_ORDERS,
    STORE_ORDERS,
    Cas,
    Fence,
    Load,
    Order,
    Rmw,
    Store,
    Value,
)

from .program import (
    ATOMICS,
    MUTEXES,
    PLAIN,
    Assert,
    Await,
    Block,
    If,
    Join,
    Locked,
    PlainRead,
    PlainWrite,
    Repeat,
    Spawn,
    Statement,
    TryLocked,
    Whole,
)

#: The parent of each thread but main.
TREES = (
    (0,), (0, 0), (0, 0), (0, 0), (0, 1), (0, 1), (0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 1),
    (0, 1, 2), (0, 1, 2, 3),
)  # fmt: skip
KINDS = (
    "access",
    "access",
    "access",
    "plain",
    "lock",
    "try",
    "if",
    "repeat",
    "assert",
    "await",
)


@dataclass
class _Palette:
    orders: tuple[Order, ...]
    locations: tuple[str, ...]
    kinds: tuple[str, ...]
    accesses: tuple[str, ...]
    mixed: bool
    room: int  # shared accesses left to the whole program


@dataclass
class _Thread:
    known: list[str] = field(default_factory=list)
    held: tuple[str, ...] = ()


def drawn(seed: int) -> Whole:
    """The program of a seed."""
    return _Draw(Random(seed)).program()


class _Draw:
    def __init__(self, random: Random) -> None:
        self.random = random
        kinds = ("access", *random.sample(KINDS, random.randint(1, 4)))
        self.palette = _Palette(
            random.choice(PALETTES),
            ATOMICS[: random.choice((1, 2, 2, 3))],
            kinds,
            random.choice(
                (
                    ("load", "store"),
                    ("load", "store", "rmw"),
                    ("load", "store", "rmw", "cas", "fence"),
                )
            ),
            mixed=random.random() < 0.25,
            room=random.randint(4, 9),
        )

    def program(self) -> Whole:
        random = self.random
        tree = random.choice(TREES)
        threads = []
        count = len(tree) + 1
        share = [0] * count
        for _ in range(self.palette.room):
            share[random.randrange(count)] += 1
        children: list[list[int]] = [[] for _ in range(count)]
        for child, parent in enumerate(tree, 1):
            children[parent].append(child)
        joins: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        joiner: dict[int, int] = {}
        for child, parent in enumerate(tree, 1):
            if random.random() < 0.75:
                by, behind = parent, child
                while by in joiner and random.random() < 0.4:
                    by, behind = joiner[by], by
                joiner[child] = by
                joins[by].append((child, behind))
        for thread in range(count):
            threads.append(self.thread(children[thread], joins[thread], share[thread]))
        return Whole(tuple(threads))

    def thread(
        self, children: list[int], joins: list[tuple[int, int]], room: int
    ) -> Block:
        """Statements with the thread's creations among them, and its joins behind what they need.

        A join is behind the thread's creation, or behind the join of the thread that would have
        joined it (named second).
        """
        statements = self.block(_Thread(), room)
        places = sorted(self.random.choices(range(len(statements) + 1), k=len(children)))
        for offset, (place, child) in enumerate(zip(places, children, strict=True)):
            statements.insert(place + offset, Spawn(child))
        for child, behind in joins:
            needs = Spawn(child) if behind == child else Join(behind)
            at = self.random.randint(statements.index(needs) + 1, len(statements))
            if self.random.random() < 0.5:
                at = len(statements)
            statements.insert(at, Join(child))
        return tuple(statements)

    def block(self, state: _Thread, room: int) -> list[Statement]:
        """Statements with about ``room`` shared accesses."""
        made: list[Statement] = []
        while room > 0:
            statement, used = self.statement(state, room)
            made.append(statement)
            room -= used
        return made

    def statement(self, state: _Thread, room: int) -> tuple[Statement, int]:
        """One statement, and how many accesses it counts for."""
        random, palette = self.random, self.palette
        kind = random.choice(palette.kinds)
        if kind == "plain":
            return self.plain(state), 1
        if kind in ("lock", "try") and room > 1:
            return self.locked(state, kind, room)
        if kind in ("if", "assert") and state.known:
            register = random.choice(state.known)
            if kind == "assert":
                return Assert(register, random.choice((1, 2, 3))), 1
            if room > 1:
                then = self.block(
                    _Thread(list(state.known), state.held), random.randint(1, room - 1)
                )
                other = (
                    self.block(_Thread(list(state.known), state.held), 1)
                    if random.random() < 0.5
                    else []
                )
                return If(
                    register, random.randint(0, 2), tuple(then), tuple(other)
                ), room - 1
        if kind == "repeat" and room > 1:
            body = self.block(state, 1)
            if state.known:
                return Repeat(
                    random.choice((2, 2, 3)),
                    tuple(body),
                    random.choice(state.known),
                    random.randint(0, 2),
                ), 2
        if kind == "await":
            order = self.among(LOAD_ORDERS)
            return Await(
                random.choice(palette.locations), random.choice((0, 1, 1, 1)), order
            ), 1
        return self.access(state), 1

    def plain(self, state: _Thread) -> Statement:
        variables = (*PLAIN, *(self.palette.locations if self.palette.mixed else ()))
        variable = self.random.choice(variables)
        if self.random.random() < 0.5:
            return PlainWrite(variable, self.value(state))
        return PlainRead(self.register(state), variable)

    def locked(self, state: _Thread, kind: str, room: int) -> tuple[Statement, int]:
        mutex = self.random.choice(MUTEXES[:1] if self.random.random() < 0.7 else MUTEXES)
        if mutex in state.held and self.random.random() < 0.9:
            return self.access(state), 1
        inner = _Thread(state.known, (*state.held, mutex))
        used = self.random.randint(1, room)
        body = tuple(self.block(inner, used))
        if kind == "try":
            return TryLocked(mutex, body, self.random.random() < 0.3), used
        return Locked(mutex, body), used

    def access(self, state: _Thread) -> Statement:
        random, palette = self.random, self.palette
        kind = random.choice(palette.accesses)
        location = random.choice(palette.locations)
        if kind == "fence":
            return Fence(self.among(FENCE_ORDERS))
        if kind == "store":
            return Store(location, self.value(state), self.among(STORE_ORDERS))
        if kind == "rmw":
            value, order = self.value(state), self.among(RMW_ORDERS)
            return Rmw(
                self.register(state), random.choice(RMW_OPS), location, value, order
            )
        if kind == "cas":
            success = self.among(RMW_ORDERS)
            failure = self.among(FAILURE_ORDERS[success])
            desired, expected = self.value(state), random.randint(0, 2)
            return Cas(
                self.register(state), location, expected, desired, success, failure
            )
        return Load(self.register(state), location, self.among(LOAD_ORDERS))

    def among(self, allowed: tuple[Order, ...]) -> Order:
        fitting = [order for order in allowed if order in self.palette.orders]
        return self.random.choice(fitting or [allowed[0]])

    def value(self, state: _Thread) -> Value:
        register = self.random.choice((None, None, None, *state.known))
        return Value(self.random.randint(1, 2), register)

    def register(self, state: _Thread) -> str:
        name = f"r{self.random.randint(0, 2)}"
        if name not in state.known:
            state.known.append(name)
        return name
