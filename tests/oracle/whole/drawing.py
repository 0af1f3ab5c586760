"""What every statement is drawn from: a palette of orders, names and kinds, and what is known."""

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
    MEMBERS,
    PLAIN,
    Allocate,
    PlainRead,
    PlainWrite,
    Statement,
)

KINDS = (
    "access",
    "access",
    "plain",
    "plain",
    "lock",
    "lock",
    "rw",
    "sem",
    "meet",
    "once",
    "cond",
    "heap",
    "heap",
    "loop",
    "copy",
    "end",
    "if",
    "repeat",
    "assert",
    "await",
    "typed",
    "spinning",
    "own",
    "row",
    "bounded",
    "handing",
    "handing",
)
#: In every third program there is one of these as well.
OTHER_KINDS = (
    "event",
    "event",
    "pipe",
    "pipe",
    "futex",
    "futex",
    "count",
    "choose",
    "assume",
    "section",
    "pause",
    "patch",
)
SPINNINGS = ("exchange", "cas", "add", "ticket")


@dataclass
class Palette:
    orders: tuple[Order, ...]
    locations: tuple[str, ...]
    kinds: tuple[str, ...]
    accesses: tuple[str, ...]
    mixed: bool
    room: int  # shared accesses left to the whole program


@dataclass
class Known:
    known: list[str] = field(default_factory=list)
    held: tuple[str, ...] = ()

    def apart(self) -> Known:
        """For a branch: what it reads is not known behind it."""
        return Known(list(self.known), self.held)

    def holding(self, lock: str) -> Known:
        """For what is done with a lock held."""
        return Known(self.known, (*self.held, lock))


class Drawing:
    """Draws with one source of chance; ``kind`` is drawn more often."""

    def __init__(self, random: Random, kind: str) -> None:
        self.random = random
        self.blocks = 0
        self.clears = random.random() < 0.5
        self.spinning = random.choice(SPINNINGS)
        kinds = ("access", *random.sample(KINDS, random.randint(1, 4)))
        kinds = (*kinds, kind, kind) if kind else kinds
        self.patches = PALETTES
        self.palette = Palette(
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
        if "copy" in kinds:
            self.palette.locations = tuple(random.sample(MEMBERS, 2))
            self.palette.mixed = random.random() < 0.5

    def block(self, state: Known, room: int) -> list[Statement]:
        """Statements with about ``room`` shared accesses."""
        made: list[Statement] = []
        while room > 0:
            statement, used = self.statement(state, room)
            made.append(statement)
            room -= used
        return made

    def statement(self, state: Known, room: int) -> tuple[Statement, int]:
        """One statement, and how many accesses it counts for."""
        kind = self.random.choice(self.palette.kinds)
        made = getattr(self, f"{kind}_within")(state, room)
        return made or (self.access(state), 1)

    def allocation(self, pointer: str) -> Allocate:
        self.blocks += 1
        return Allocate(pointer, self.blocks - 1, self.clears)

    def plain(self, state: Known) -> Statement:
        variables = (*PLAIN, *(self.palette.locations if self.palette.mixed else ()))
        variable = self.random.choice(variables)
        if self.random.random() < 0.5:
            return PlainWrite(variable, self.value(state))
        return PlainRead(self.register(state), variable)

    def access(self, state: Known) -> Statement:
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

    def value(self, state: Known) -> Value:
        register = self.random.choice((None, None, None, *state.known))
        return Value(self.random.randint(1, 2), register)

    def register(self, state: Known) -> str:
        name = f"r{self.random.randint(0, 2)}"
        if name not in state.known:
            state.known.append(name)
        return name
