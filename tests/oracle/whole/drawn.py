"""Random whole programs: the same for the same seed.

A tree of threads is drawn first; where a thread is created and who joins it follows. Each program
has a palette of orders and a few kinds of statement, because programs of few kinds reach the
corners far more often than even mixtures do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
    CHECKING,
    FIELDS,
    MEMBERS,
    MUTEXES,
    OWN_POINTER,
    PLAIN,
    POINTERS,
    RECURSIVE,
    RWLOCK,
    SPIN,
    STRUCTURES,
    Acquire,
    AddInLoop,
    Allocate,
    Assert,
    Await,
    Block,
    Bounded,
    Clear,
    CopyNode,
    CopyStructure,
    Detach,
    Exit,
    FieldRead,
    FieldWrite,
    Free,
    If,
    IfPointer,
    Join,
    Leave,
    Locked,
    LookInLoop,
    Meet,
    Obtain,
    Once,
    OwnRead,
    OwnWrite,
    PlainRead,
    PlainWrite,
    Post,
    Publish,
    Reallocate,
    Repeat,
    RowRead,
    RowWrite,
    RwLocked,
    Spawn,
    Spinning,
    Statement,
    Swap,
    TakeInLoop,
    TimedWait,
    TryLocked,
    Unlock,
    Wait,
    Wake,
    Whole,
)
from .words import drawn_words

#: The parent of each thread but main.
TREES = (
    (0,), (0, 0), (0, 0), (0, 0), (0, 1), (0, 1), (0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 1),
    (0, 1, 2), (0, 1, 2, 3),
)  # fmt: skip
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
SPINNINGS = ("exchange", "cas", "add", "ticket")


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

    def apart(self) -> _Thread:
        """For a branch: what it reads is not known behind it."""
        return _Thread(list(self.known), self.held)

    def holding(self, lock: str) -> _Thread:
        """For what is done with a lock held."""
        return _Thread(self.known, (*self.held, lock))


def drawn(seed: int, kind: str = "") -> Whole:
    """The program of a seed, with more statements of the kind if one is named."""
    return replace(_Draw(Random(seed), kind).program(), words=drawn_words(seed))


class _Draw:
    def __init__(self, random: Random, kind: str) -> None:
        self.random = random
        self.blocks = 0
        self.clears = random.random() < 0.5
        self.spinning = random.choice(SPINNINGS)
        kinds = ("access", *random.sample(KINDS, random.randint(1, 4)))
        kinds = (*kinds, kind, kind) if kind else kinds
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
        if "copy" in kinds:
            self.palette.locations = tuple(random.sample(MEMBERS, 2))
            self.palette.mixed = random.random() < 0.5

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
        self.detached = {c for c in range(1, count) if random.random() < 0.1}
        joins: list[list[tuple[int, int]]] = [[] for _ in range(count)]
        joiner: dict[int, int] = {}
        for child, parent in enumerate(tree, 1):
            if child not in self.detached and random.random() < 0.8:
                by, behind = parent, child
                while by in joiner and random.random() < 0.4:
                    by, behind = joiner[by], by
                joiner[child] = by
                joins[by].append((child, behind))
        for thread in range(count):
            threads.append(
                self.thread(
                    children[thread], joins[thread], share[thread], main=thread == 0
                )
            )
        posted, parties = random.randint(0, 2), random.choice((2, 2, 3))
        return Whole(tuple(threads), posted, parties, self.destructor())

    def destructor(self) -> Block:
        """What threads do when they have ended, if anything."""
        if "own" not in self.palette.kinds or self.random.random() < 0.5:
            return ()
        write = PlainWrite("p", Value(1))
        store = Store("x", Value(2), self.among(STORE_ORDERS))
        return self.random.choice(((write,), (store,), (Locked("m", (write,)),)))

    def thread(
        self,
        children: list[int],
        joins: list[tuple[int, int]],
        room: int,
        *,
        main: bool,
    ) -> Block:
        """Statements with the thread's creations among them, and its joins behind what they need.

        A join is behind the thread's creation, or behind the join of the thread that would have
        joined it (named second).
        """
        statements = self.block(_Thread(), room)
        places = sorted(self.random.choices(range(len(statements) + 1), k=len(children)))
        for offset, (place, child) in enumerate(zip(places, children, strict=True)):
            statements.insert(place + offset, Spawn(child))
        if main and "heap" in self.palette.kinds and self.random.random() < 0.9:
            statements[:0] = [self.allocation(pointer) for pointer in POINTERS]
        for child in self.detached & set(children):
            statements.insert(statements.index(Spawn(child)) + 1, Detach(child))
        for child, behind in joins:
            needs = (Spawn, child) if behind == child else (Join, behind)
            after = [
                at
                for at, s in enumerate(statements)
                if isinstance(s, Spawn | Join) and (type(s), s.thread) == needs
            ]
            at = self.random.randint(after[0] + 1, len(statements))
            if self.random.random() < 0.5:
                at = len(statements)
            known = [s.register for s in statements[:at] if isinstance(s, Load)]
            got = (
                self.random.choice(known) if known and self.random.random() < 0.4 else ""
            )
            statements.insert(at, Join(child, got))
        return tuple(self.gathered(statements))

    def gathered(self, statements: list[Statement]) -> list[Statement]:
        """Some creations and joins go into the critical section that is before or behind them."""
        made: list[Statement] = []
        for statement in statements:
            moves = self.random.random() < 0.3
            last = made[-1] if made else None
            if moves and isinstance(statement, Spawn | Join) and isinstance(last, Locked):
                made[-1] = replace(last, body=(*last.body, statement))
            elif moves and isinstance(statement, Locked) and isinstance(last, Join):
                made[-1] = replace(statement, body=(last, *statement.body))
            else:
                made.append(statement)
        return made

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
        kind = self.random.choice(self.palette.kinds)
        made = getattr(self, f"{kind}_within")(state, room)
        return made or (self.access(state), 1)

    def access_within(self, state: _Thread, _: int) -> tuple[Statement, int]:
        return self.access(state), 1

    def plain_within(self, state: _Thread, _: int) -> tuple[Statement, int]:
        return self.plain(state), 1

    def if_within(self, state: _Thread, room: int) -> tuple[Statement, int] | None:
        if not state.known or room == 1:
            return None
        random, register = self.random, self.random.choice(state.known)
        then = self.block(state.apart(), random.randint(1, room - 1))
        other = self.block(state.apart(), 1) if random.random() < 0.5 else []
        return If(register, random.randint(0, 2), tuple(then), tuple(other)), room - 1

    def assert_within(self, state: _Thread, _: int) -> tuple[Statement, int] | None:
        if not state.known:
            return None
        return Assert(self.random.choice(state.known), self.random.choice((1, 2, 3))), 1

    def repeat_within(self, state: _Thread, room: int) -> tuple[Statement, int] | None:
        if room == 1:
            return None
        body, times = tuple(self.block(state, 1)), self.random.choice((2, 2, 3))
        if not state.known:
            return None
        register, constant = self.random.choice(state.known), self.random.randint(0, 2)
        return Repeat(times, body, register, constant), 2

    def await_within(self, _: _Thread, __: int) -> tuple[Statement, int]:
        location = self.random.choice(self.palette.locations)
        value = self.random.choice((0, 1, 1, 1))
        between = self.random.choice(("", "", "sched_yield()", "usleep(1)", "look()"))
        return Await(location, value, self.among(LOAD_ORDERS), between), 1

    def loop_within(self, state: _Thread, room: int) -> tuple[Statement, int] | None:
        """A loop that may go round in vain, or what such a loop waits for."""
        random, kind = self.random, self.random.random()
        if kind < 0.4:
            order = self.among(RMW_ORDERS)
            location = random.choice(self.palette.locations)
            return AddInLoop(self.register(state), location, order), 2
        if "m" in state.held:
            return None
        if kind < 0.6:
            body = self.block(state.holding("m"), random.randint(1, room))
            return TakeInLoop("m", tuple(body)), room
        if kind < 0.8:
            return LookInLoop("m", "q", 1, kind < 0.7, asks=kind < 0.65), 2
        return Locked("m", (PlainWrite("q", Value(1)),)), 1

    def copy_within(self, _: _Thread, __: int) -> tuple[Statement, int]:
        return CopyStructure(*self.random.sample(STRUCTURES, 2)), 1

    def lock_within(self, state: _Thread, room: int) -> tuple[Statement, int] | None:
        random = self.random
        mutex = random.choice(MUTEXES[:1] if random.random() < 0.7 else MUTEXES)
        if mutex in state.held and random.random() < 0.9:
            return None
        used = random.randint(1, room)
        body = tuple(self.block(state.holding(mutex), used))
        if random.random() < 0.4:
            return self.tried(state, mutex, body), used
        return Locked(mutex, body), used

    def tried(self, state: _Thread, mutex: str, body: Block) -> TryLocked:
        other = self.block(state.apart(), 1) if self.random.random() < 0.3 else []
        return TryLocked(mutex, body, self.random.random() < 0.3, tuple(other))

    def typed_within(self, state: _Thread, room: int) -> tuple[Statement, int] | None:
        """A mutex that knows its owner: taken again, or given back by who has not got it."""
        random, mutex = self.random, self.random.choice((CHECKING, RECURSIVE))
        if CHECKING not in state.held and random.random() < 0.15:
            return Unlock(self.register(state)), 1
        if state.held.count(mutex) > 1:
            return None
        used = random.randint(1, room)
        body = tuple(self.block(state.holding(mutex), used))
        if random.random() < 0.3:
            return self.tried(state, mutex, body), used
        return Locked(mutex, body), used

    def spinning_within(self, state: _Thread, room: int) -> tuple[Statement, int] | None:
        if SPIN in state.held and self.random.random() < 0.9:
            return None
        used = self.random.randint(1, room)
        body = tuple(self.block(state.holding(SPIN), used))
        return Spinning(self.spinning, body), used

    def own_within(self, state: _Thread, _: int) -> tuple[Statement, int]:
        if self.random.random() < 0.5:
            return OwnWrite(self.value(state)), 1
        return OwnRead(self.register(state)), 1

    def row_within(self, state: _Thread, _: int) -> tuple[Statement, int] | None:
        """An element that a register picks, of one array or the other."""
        if not state.known:
            return None
        random, index, atomic = self.random, self.random.choice(state.known), False
        atomic = random.random() < 0.5
        if random.random() < 0.5:
            order = self.among(STORE_ORDERS) if atomic else None
            return RowWrite(index, self.value(state), order), 1
        order = self.among(LOAD_ORDERS) if atomic else None
        return RowRead(self.register(state), index, order), 1

    def bounded_within(self, state: _Thread, room: int) -> tuple[Statement, int] | None:
        if room == 1 or not state.known:
            return None
        register = self.random.choice(state.known)
        return Bounded(register, tuple(self.block(state, 1))), 2

    def rw_within(self, state: _Thread, room: int) -> tuple[Statement, int] | None:
        if RWLOCK in state.held:
            return None
        random, used = self.random, self.random.randint(1, room)
        body = tuple(self.block(state.holding(RWLOCK), used))
        tries, timed = random.random() < 0.25, random.random() < 0.3
        return RwLocked(body, random.random() < 0.5, tries, tries and timed), used

    def sem_within(self, state: _Thread, _: int) -> tuple[Statement, int]:
        """A post, a wait, or a look."""
        kind = self.random.random()
        if kind < 0.5:
            return Post(), 1
        if kind < 0.75:
            return Acquire(), 1
        if kind < 0.8:
            return Acquire(timed=kind < 0.775, spins=True), 1
        return Acquire(self.register(state), tries=True, timed=kind < 0.9), 1

    def meet_within(self, state: _Thread, room: int) -> tuple[Statement, int] | None:
        """A wait at the barrier, at times several rounds of an access and a wait."""
        if self.random.random() < 0.7 or room == 1:
            return Meet(), 1
        access = self.access(state)
        register = self.register(state)
        return Repeat(2, (access, Meet()), register, 99), 3

    def once_within(self, _: _Thread, __: int) -> tuple[Statement, int]:
        """Once, a store or two."""
        constants = [Value(self.random.randint(1, 2)) for _ in range(2)]
        stores = (
            PlainWrite("p", constants[0]),
            Store("x", constants[1], self.among(STORE_ORDERS)),
        )
        return Once(self.random.choice((stores, stores[:1], stores[1:]))), 1

    def heap_within(self, state: _Thread, room: int) -> tuple[Statement, int]:
        """A block made, used, copied, cleared or freed; mostly made."""
        random, pointer = self.random, self.random.choice((*POINTERS, "g"))
        kind = random.random()
        if kind < 0.08:
            return self.allocation(pointer), 1
        if kind < 0.15 and self.clears:  # what was never written is not told from a copy
            self.blocks += 1
            return Reallocate(pointer, self.blocks - 1), 1
        name = random.choice(FIELDS)
        if kind < 0.45:
            return FieldRead(self.register(state), pointer, name), 1
        if kind < 0.7:
            return FieldWrite(pointer, name, self.value(state)), 1
        if kind < 0.8:
            return Free(pointer), 1
        if kind < 0.9 and self.clears:
            return CopyNode(*random.sample(POINTERS, 2)), 1
        return Clear(pointer), 1

    def handing_within(self, state: _Thread, room: int) -> tuple[Statement, int]:
        """A node of the thread's own handed to others by an atomic pointer, or had from them."""
        random, mine = self.random, OWN_POINTER
        kind = random.random()
        if kind < 0.2:
            return self.allocation(mine), 1
        if kind < 0.4:
            return Publish(mine, self.among(STORE_ORDERS)), 1
        if kind < 0.55:
            return Obtain(mine, self.among(LOAD_ORDERS)), 1
        if kind < 0.7:
            return Swap(mine, self.among(RMW_ORDERS), random.random() < 0.4), 1
        name, made = random.choice(FIELDS), []
        for _ in range(random.randint(1, 2)):
            use: Statement = FieldRead(self.register(state), mine, name)
            if random.random() < 0.5:
                use = FieldWrite(mine, name, self.value(state))
            made.append(use)
        if random.random() < 0.3:
            made.append(Free(mine))
        return IfPointer(tuple(made)), 2

    def allocation(self, pointer: str) -> Allocate:
        self.blocks += 1
        return Allocate(pointer, self.blocks - 1, self.clears)

    def end_within(self, state: _Thread, _: int) -> tuple[Statement, int] | None:
        """The thread ends here or, seldom, the whole program."""
        kind = self.random.random()
        if state.held or not state.known or kind < 0.3:
            return None
        end: Statement = Leave()
        if kind > 0.7:
            end = Exit(self.random.choice((0, 0, 0, 1)), self.random.random() < 0.3)
        return If(self.random.choice(state.known), self.random.randint(0, 2), (end,)), 1

    def cond_within(self, state: _Thread, _: int) -> tuple[Statement, int]:
        """What waits for a condition, or what makes it true, or only a part of that."""
        wake, kind = Wake(self.random.random() < 0.4), self.random.random()
        if kind < 0.15 or "m" in state.held:
            return wake, 1
        inside: Block = (Wait("m", "p", 0), self.plain(state))
        if kind < 0.5:
            inside = (PlainWrite("p", Value(1)), wake)
        elif kind < 0.65:
            inside = (TimedWait("m", self.register(state)),)
        elif kind < 0.75:
            inside = (Wait("m"),)
        return Locked("m", inside), 2

    def plain(self, state: _Thread) -> Statement:
        variables = (*PLAIN, *(self.palette.locations if self.palette.mixed else ()))
        variable = self.random.choice(variables)
        if self.random.random() < 0.5:
            return PlainWrite(variable, self.value(state))
        return PlainRead(self.register(state), variable)

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
