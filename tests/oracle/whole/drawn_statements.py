"""One statement of each kind, drawn: ``KIND_within`` gives it with the accesses it counts for."""

from __future__ import annotations

from tests.oracle.program import (
    LOAD_ORDERS,
    RMW_ORDERS,
    STORE_ORDERS,
    Store,
    Value,
)

from .drawing import Drawing, Known
from .program import (
    CHECKING,
    FIELDS,
    MUTEXES,
    OWN_POINTER,
    POINTERS,
    RECURSIVE,
    RWLOCK,
    SPIN,
    STRUCTURES,
    Acquire,
    AddInLoop,
    Assert,
    Await,
    Block,
    Bounded,
    Clear,
    CopyNode,
    CopyStructure,
    Exit,
    FieldRead,
    FieldWrite,
    Free,
    If,
    IfPointer,
    Leave,
    Locked,
    LookInLoop,
    Meet,
    Obtain,
    Once,
    OwnRead,
    OwnWrite,
    PlainWrite,
    Post,
    Publish,
    Reallocate,
    Repeat,
    RowRead,
    RowWrite,
    RwLocked,
    Spinning,
    Statement,
    Swap,
    TakeInLoop,
    TimedWait,
    TryLocked,
    Unlock,
    Wait,
    Wake,
)


class Statements(Drawing):
    """All kinds of statement; ``None`` where one does not fit."""

    def access_within(self, state: Known, _: int) -> tuple[Statement, int]:
        return self.access(state), 1

    def plain_within(self, state: Known, _: int) -> tuple[Statement, int]:
        return self.plain(state), 1

    def if_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
        if not state.known or room == 1:
            return None
        random, register = self.random, self.random.choice(state.known)
        then = self.block(state.apart(), random.randint(1, room - 1))
        other = self.block(state.apart(), 1) if random.random() < 0.5 else []
        return If(register, random.randint(0, 2), tuple(then), tuple(other)), room - 1

    def assert_within(self, state: Known, _: int) -> tuple[Statement, int] | None:
        if not state.known:
            return None
        return Assert(self.random.choice(state.known), self.random.choice((1, 2, 3))), 1

    def repeat_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
        if room == 1:
            return None
        body, times = tuple(self.block(state, 1)), self.random.choice((2, 2, 3))
        if not state.known:
            return None
        register, constant = self.random.choice(state.known), self.random.randint(0, 2)
        return Repeat(times, body, register, constant), 2

    def await_within(self, _: Known, __: int) -> tuple[Statement, int]:
        location = self.random.choice(self.palette.locations)
        value = self.random.choice((0, 1, 1, 1))
        between = self.random.choice(("", "", "sched_yield()", "usleep(1)", "look()"))
        return Await(location, value, self.among(LOAD_ORDERS), between), 1

    def loop_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
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

    def copy_within(self, _: Known, __: int) -> tuple[Statement, int]:
        return CopyStructure(*self.random.sample(STRUCTURES, 2)), 1

    def lock_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
        random = self.random
        mutex = random.choice(MUTEXES[:1] if random.random() < 0.7 else MUTEXES)
        if mutex in state.held and random.random() < 0.9:
            return None
        used = random.randint(1, room)
        body = tuple(self.block(state.holding(mutex), used))
        if random.random() < 0.4:
            return self.tried(state, mutex, body), used
        return Locked(mutex, body), used

    def tried(self, state: Known, mutex: str, body: Block) -> TryLocked:
        other = self.block(state.apart(), 1) if self.random.random() < 0.3 else []
        return TryLocked(mutex, body, self.random.random() < 0.3, tuple(other))

    def typed_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
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

    def spinning_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
        if SPIN in state.held and self.random.random() < 0.9:
            return None
        used = self.random.randint(1, room)
        body = tuple(self.block(state.holding(SPIN), used))
        return Spinning(self.spinning, body), used

    def own_within(self, state: Known, _: int) -> tuple[Statement, int]:
        if self.random.random() < 0.5:
            return OwnWrite(self.value(state)), 1
        return OwnRead(self.register(state)), 1

    def row_within(self, state: Known, _: int) -> tuple[Statement, int] | None:
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

    def bounded_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
        if room == 1 or not state.known:
            return None
        register = self.random.choice(state.known)
        return Bounded(register, tuple(self.block(state, 1))), 2

    def rw_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
        if RWLOCK in state.held:
            return None
        random, used = self.random, self.random.randint(1, room)
        body = tuple(self.block(state.holding(RWLOCK), used))
        tries, timed = random.random() < 0.25, random.random() < 0.3
        return RwLocked(body, random.random() < 0.5, tries, tries and timed), used

    def sem_within(self, state: Known, _: int) -> tuple[Statement, int]:
        """A post, a wait, or a look."""
        kind = self.random.random()
        if kind < 0.5:
            return Post(), 1
        if kind < 0.75:
            return Acquire(), 1
        if kind < 0.8:
            return Acquire(timed=kind < 0.775, spins=True), 1
        return Acquire(self.register(state), tries=True, timed=kind < 0.9), 1

    def meet_within(self, state: Known, room: int) -> tuple[Statement, int] | None:
        """A wait at the barrier, at times several rounds of an access and a wait."""
        if self.random.random() < 0.7 or room == 1:
            return Meet(), 1
        access = self.access(state)
        register = self.register(state)
        return Repeat(2, (access, Meet()), register, 99), 3

    def once_within(self, _: Known, __: int) -> tuple[Statement, int]:
        """Once, a store or two."""
        constants = [Value(self.random.randint(1, 2)) for _ in range(2)]
        stores = (
            PlainWrite("p", constants[0]),
            Store("x", constants[1], self.among(STORE_ORDERS)),
        )
        return Once(self.random.choice((stores, stores[:1], stores[1:]))), 1

    def heap_within(self, state: Known, room: int) -> tuple[Statement, int]:
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

    def handing_within(self, state: Known, room: int) -> tuple[Statement, int]:
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

    def end_within(self, state: Known, _: int) -> tuple[Statement, int] | None:
        """The thread ends here or, seldom, the whole program."""
        kind = self.random.random()
        if state.held or not state.known or kind < 0.3:
            return None
        end: Statement = Leave()
        if kind > 0.7:
            end = Exit(self.random.choice((0, 0, 0, 1)), self.random.random() < 0.3)
        return If(self.random.choice(state.known), self.random.randint(0, 2), (end,)), 1

    def cond_within(self, state: Known, _: int) -> tuple[Statement, int]:
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
