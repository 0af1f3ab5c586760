"""One execution so far, and which of the models it is an execution of.

Events are numbered by thread and place, sets of events are bits of an integer. Events come in an
order that respects ``sb ∪ rf``, so what happens before an event is known when it comes and stays
so; what may change later is the order of writes, and the axioms are asked again for each event
that does not come last in everything. Initial writes have negative numbers.

A data race is decided for each model by its own happens-before: that of rc11, and ``(sb ∪ rf)+``
for sc and tso. Creating and joining a thread order in all three, and are full fences under tso.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.oracle.program import Order

from .event import RC11, ROOM, SC, TSO, Event, LongError, bits
from .psc import psc_holds
from .steps import Registers

UNBORN, RUNNING, FINISHED, EXITED, STILL = range(5)


class Partial:
    """See above; ``alive`` are the models it is consistent with and in which nothing has failed."""

    __slots__ = (
        "alive",
        "at",
        "count",
        "events", "exited",
        "fence",
        "halts",
        "hb",
        "initial",
        "locations",
        "message",
        "mo",
        "now",
        "now_strong",
        "pending",
        "raced",
        "raced_at",
        "readers",
        "registers",
        "state",
        "strong",
        "trace",
    )  # fmt: skip

    def __init__(self, threads: int, registers: int, locations: dict[str, int]) -> None:
        self.alive = SC | TSO | RC11
        self.raced, self.raced_at = 0, ""
        self.exited = False  # a thread has ended the process; others run on beside that
        self.halts = False  # one thread's next step ends the execution
        self.at = [0] * threads
        self.registers: list[Registers] = [(0,) * registers] * threads
        self.state = [RUNNING] + [UNBORN] * (threads - 1)
        self.count = [0] * threads
        self.trace: list[tuple[object, ...]] = [()] * threads
        self.events: dict[int, Event] = {}
        self.mo: dict[str, tuple[int, ...]] = {
            name: (-1 - i,) for i, name in enumerate(locations)
        }
        self.initial = tuple(locations.values())
        self.locations: dict[str, tuple[Event, ...]] = dict.fromkeys(locations, ())
        self.readers: dict[int, int] = {}  # a write -> the set of its readers
        self.hb: dict[int, int] = {}  # an event -> those that happen before it (rc11)
        self.strong: dict[int, int] = {}  # the same for sc and tso
        self.message: dict[int, int] = {}  # a write -> what an acquire of it receives
        self.now = [0] * threads
        self.now_strong = [0] * threads
        self.fence = [0] * threads  # what the last release fence released
        self.pending = [0] * threads  # what an acquire fence would receive

    def copy(self) -> Partial:
        """A copy to go on with."""
        twin = Partial.__new__(Partial)
        twin.alive, twin.initial, twin.exited = self.alive, self.initial, self.exited
        twin.raced, twin.raced_at, twin.halts = 0, "", False
        for name in (
            "at",
            "registers",
            "state",
            "count",
            "trace",
            "now",
            "now_strong",
            "fence",
            "pending",
        ):
            setattr(twin, name, getattr(self, name)[:])
        for name in (
            "events",
            "mo",
            "locations",
            "readers",
            "hb",
            "strong",
            "message",
        ):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def key(self) -> object:
        """Equal for equal executions."""
        return (tuple(self.trace), tuple(self.mo.values()))

    # --- adding an event ------------------------------------------------------------------

    def number(self, thread: int) -> int:
        """The number of the thread's next event."""
        if self.count[thread] >= ROOM:
            raise LongError
        return thread * ROOM + self.count[thread]

    def add(self, event: Event, place: int | None = None) -> None:
        """Append to the thread; a write goes to ``place`` in mo. Clocks, races, consistency."""
        thread, bit = event.thread, 1 << event.number
        self._clocks(event)
        self.events[event.number] = event
        self.count[thread] += 1
        self.trace[thread] += ((event.source, event.written),)
        self.now[thread] |= bit
        self.now_strong[thread] |= bit
        if not event.location:
            return
        others = self.locations[event.location]
        self.locations[event.location] += (event,)
        last = True
        order = self.mo[event.location]
        if event.source is not None:
            self.readers[event.source] = self.readers.get(event.source, 0) | bit
            last = order[-1] == event.source
        if place is not None:
            last = place == len(order)
            self.mo[event.location] = (*order[:place], event.number, *order[place:])
        if not last:
            self._judge(event)
        self._race(event, others)

    def _clocks(self, event: Event) -> None:
        thread, number = event.thread, event.number
        before, strong = self.now[thread], self.now_strong[thread]
        order = event.order
        if order and event.source is not None and event.source >= 0:
            received = self.message[event.source]
            if self.events[event.source].order:
                strong |= self.strong[event.source] | 1 << event.source
            self.pending[thread] |= received
            if order.acquires:
                before |= received
        if event.kind == "F" and order and order.acquires:
            before |= self.pending[thread]
        if event.kind == "J":
            end = self.number(event.other) - 1
            before |= self.hb[end] | 1 << end
            strong |= self.strong[end] | 1 << end
        self.hb[number], self.strong[number] = before, strong
        self.now[thread], self.now_strong[thread] = before, strong
        if event.kind == "F" and order and order.releases:
            self.fence[thread] = before | 1 << number
        if event.written is not None:
            self.message[number] = self._released(event, before | 1 << number)

    def _released(self, event: Event, before: int) -> int:
        """What an acquire of the write receives: of a release, or of a release fence before it."""
        if event.order is None:
            return 0
        released = self.fence[event.thread]
        if event.order.releases:
            released |= before
        if event.source is not None and event.source >= 0:
            released |= self.message[event.source]
        return released

    def begin(self, creator: Event) -> None:
        """The thread that the event creates begins."""
        child = creator.other
        self.state[child] = RUNNING
        self.now[child] = self.hb[creator.number] | 1 << creator.number
        self.now_strong[child] = self.strong[creator.number] | 1 << creator.number
        self.add(Event(self.number(child), "B", other=creator.number))

    def _race(self, event: Event, others: tuple[Event, ...]) -> None:
        """Two accesses, one a write and one ordinary, that nothing orders."""
        before, strong = self.hb[event.number], self.strong[event.number]
        for other in others:
            if event.order and other.order:
                continue
            if event.written is None and other.written is None:
                continue
            bit = 1 << other.number
            if not before & bit:
                self.raced |= self.alive & RC11
            if not strong & bit:
                self.raced |= self.alive & (SC | TSO)
        self.alive &= ~self.raced
        self.raced_at = event.location

    def newest(self, thread: int) -> Event:
        """The thread's last event."""
        return self.events[self.number(thread) - 1]

    # --- choices --------------------------------------------------------------------------

    def value(self, write: int) -> int:
        """What a write wrote."""
        written = self.events[write].written if write >= 0 else self.initial[-1 - write]
        assert written is not None
        return written

    def floor(self, location: str, before: int) -> int:
        """The place in mo of the newest write that events in ``before`` wrote or read."""
        order = self.mo[location]
        for place in range(len(order) - 1, 0, -1):
            write = order[place]
            if before & (1 << write | self.readers.get(write, 0)):
                return place
        return 0

    def update_after(self, location: str, place: int) -> bool:
        """Does a read-modify-write read the write at this place, and so follow it at once?"""
        order = self.mo[location]
        if place + 1 == len(order):
            return False
        return self.events[order[place + 1]].source == order[place]

    def coherent_read(self, event: Event) -> bool:
        """After what an acquire brought: has nothing newer been written or read before?"""
        others = self.hb[event.number] & ~(1 << event.number)
        assert event.source is not None
        order = self.mo[event.location]
        return self.floor(event.location, others) <= order.index(event.source)

    # --- consistency ----------------------------------------------------------------------

    def _judge(self, event: Event) -> None:
        if self.alive & SC and self._on_cycle(event, tso=False):
            self.alive &= ~SC
        if self.alive & TSO and self._on_cycle(event, tso=True):
            self.alive &= ~TSO
        if self.alive & RC11 and not psc_holds(self):
            self.alive &= ~RC11

    def _on_cycle(self, event: Event, *, tso: bool) -> bool:
        """Does ``sb ∪ rf ∪ mo ∪ rb``, or ``ppo ∪ fenced ∪ rfe ∪ mo ∪ rb``, lead back to it?"""
        seen, todo = 0, [event]
        while todo:
            for successor in self._successors(todo.pop(), tso=tso):
                if successor == event.number:
                    return True
                if not seen >> successor & 1:
                    seen |= 1 << successor
                    todo.append(self.events[successor])
        return False

    def _successors(self, event: Event, *, tso: bool) -> Iterator[int]:
        number, thread = event.number, event.thread
        for other in range(number + 1, thread * ROOM + self.count[thread]):
            if not tso or _kept_by_tso(event, self.events[other]):
                yield other
        if event.kind == "S":
            yield event.other * ROOM
        if event.kind == "E":
            events = self.events.values()
            yield from (e.number for e in events if e.kind == "J" and e.other == thread)
        if not event.location:
            return
        if event.written is not None:
            for reader in bits(self.readers.get(number, 0)):
                if not tso or reader // ROOM != thread:
                    yield reader
        order = self.mo[event.location]
        at = number if event.written is not None else event.source
        assert at is not None
        yield from order[order.index(at) + 1 :][:1]


def _is_mfence(event: Event) -> bool:
    """Everything before it is done before everything behind it."""
    return (
        event.locked
        or event.kind in "SBJE"
        or (event.kind == "F" and event.order is Order.SC)
    )


def _kept_by_tso(first: Event, second: Event) -> bool:
    """``ppo``, ``[W_sc] ; sb``, and what a fence keeps on its own two sides."""
    if _is_mfence(first) or _is_mfence(second):
        return True
    if not first.location or not second.location:
        return False
    overtaken = first.kind == "W" and second.kind == "R"
    return not overtaken or first.order is Order.SC
