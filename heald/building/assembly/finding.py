"""Finding the instructions of one function that need a call before them.

What registers hold is followed through the function (``values``), hooks are taken note of
(``announced``). Where ways come together, what differs is forgotten; of a loop it is first
assumed that going round changes nothing, and what does change is forgotten the next time.
"""

from __future__ import annotations

from dataclasses import dataclass

from heald.building.assembly.announced import Announced, callee
from heald.building.assembly.masking import Masking
from heald.building.assembly.meaning import (
    access,
    is_absolute,
    names_no_memory,
    strings,
)
from heald.building.assembly.modelled import is_special
from heald.building.assembly.reading import Function, Item, Tables
from heald.building.assembly.statements import (
    RBP,
    RCX,
    RDI,
    RSI,
    RSP,
    Memory,
    Register,
    Statement,
    Target,
)
from heald.building.assembly.values import Key, Known, Value, Values

_ROUNDS = 24


@dataclass(slots=True)
class Place:
    """An instruction that needs a call: plain bytes to announce, or modelled."""

    item: int
    reads: int = 0
    writes: int = 0
    is_modelled: bool = False
    is_unknown: bool = False
    is_needless: bool = False
    """A hook of what is no access of the program's."""
    frames: tuple[Value, ...] = ()
    """Its addresses, if all of them are in the function's own frame."""


class Finder:
    """Goes through one function until what it assumes of its loops holds.

    Parameters
    ----------
    tables
        Labels that are reached by more than jumps that name them.
    widens
        Whether the compiler loads more than the program reads: LLVM does, of aligned objects.
    """

    def __init__(self, function: Function, tables: Tables, *, widens: bool) -> None:
        self.function = function
        self._widens = widens
        self._labels = {i.label for i in function.items if i.statement is None}
        self._tables = tables
        self.values = Values(self.is_own)
        self.announced = Announced()
        self.found: list[Place] = []
        self.taken: dict[int, int] = {}
        """Per frame the lowest address in it that somebody may have been told."""
        self._varying: dict[str, set[Key]] = {}
        self._assumed: dict[str, Known] = {}
        self._incoming: dict[str, list[Known]] = {}
        self._passed: set[str] = set()
        self._before: dict[str, list[Known]] = {}
        self._back: dict[str, list[Known]] = {}
        self._at_calls: dict[int, set[Value]] = {RSP: set(), RBP: set()}
        """Where the frame was at calls: from each an exception may go to a landing."""
        self._falls = self._is_reached = True
        self._skips = False
        self._widened: list[tuple[Place, Value]] = []
        self._masking = Masking()
        self._is_last = self._assumes_nothing = False
        self._keeps_frame_pointer = any(
            item.statement is not None
            and item.statement.mnemonic in ("movq", "mov")
            and item.statement.text.endswith("%rsp, %rbp")
            for item in function.items
        )

    def places(self) -> list[Place]:
        """Find them."""
        before: object = None
        for _ in range(_ROUNDS):
            self._once()
            now = self._assumptions()
            if now == before:
                if self._is_last or not self._skips:
                    return self._needed()
                self._is_last = True  # what no jump is seen to reach
            before = now
        self._assumes_nothing = self._is_last = True
        self._once()
        return self._needed()

    def _needed(self) -> list[Place]:
        """Leave out what happens in the frame where nobody else can look."""
        return [
            place for place in self.found if place.is_modelled or not self.owns(place)
        ]

    def owns(self, place: Place) -> bool:
        """Whether all its memory is the function's own."""
        return bool(place.frames) and all(map(self.is_own, place.frames))

    def _assumptions(self) -> object:
        """Return all that the next round depends on."""
        varying = sum(len(keys) for keys in self._varying.values())
        at_calls = sum(map(len, self._at_calls.values()))
        return varying, at_calls, dict(self.taken), self._assumed

    def _once(self) -> None:
        self.found = []
        self._assumed = {}
        self._incoming = {}
        self._passed = set()
        self._before, self._back = self._back, {}
        self._falls = self._is_reached = True
        self._skips = False
        self._widened = []
        self._masking.forget()
        self.announced.forget()
        self.values.begin_function(0)
        for at, item in enumerate(self.function.items):
            self.values.at(at)
            if item.statement is None:
                self._label(item.label)
            elif self._is_reached:
                self._statement(at, item, item.statement)
            else:
                self._skips = True

    def is_own(self, address: Value) -> bool:
        """Whether nobody else can reach these bytes of the frame.

        Where an object ends is not known: from an address that is computed upwards others
        may reach all. That the compiler's hooks leave an access out says nothing: gcc's are
        blind to what is expanded after them, clang's to members of a local structure.
        """
        frame = self.values.frame_of(address)
        if self.values.is_return_address(address):
            return True
        return all(
            known == frame and address.constant < lowest
            for known, lowest in self.taken.items()
        )

    def _take(self, value: Value) -> None:
        """Take note that a register other than the frame's own holds an address in it."""
        if self.values.is_frame(value):
            frame = self.values.frame_of(value)
            lowest = self.taken.get(frame, value.constant)
            self.taken[frame] = min(lowest, value.constant)

    # --- where ways come together -------------------------------------------------------

    def _label(self, label: str) -> None:
        self._passed.add(label)
        ways = self._incoming.pop(label, []) + self._before.get(label, [])
        if self._falls and self._is_reached:
            ways.append(self.values.known)
        is_landing = label in self._tables.landings
        self._is_reached = bool(ways) or is_landing or self._is_last
        if not self._is_reached:
            return
        known = self._common(ways) if ways else {}
        if is_landing or not ways or self._assumes_nothing:
            known = self._always(known)
        for key in self._varying.get(label, ()):
            known.pop(key, None)
        self._assumed[label] = dict(known)
        self.values.begin_block(known)
        self.announced.forget()
        self._widened = []
        self._masking.forget()
        self._falls = True

    def _always(self, known: Known) -> Known:
        """Return what holds however the place is reached: where the frame is."""
        kept: Known = {}
        for register, values in self._at_calls.items():
            if register in known and values <= {known[register]}:
                kept[register] = known[register]
            elif not known and len(values) == 1 and self._is_of_frame(register):
                kept[register] = min(values, key=repr)
        return kept

    @staticmethod
    def _common(ways: list[Known]) -> Known:
        first, *others = ways
        return {
            key: value
            for key, value in first.items()
            if all(other.get(key) == value for other in others)
        }

    def _jump(self, label: str) -> None:
        assumed = self._assumed.get(label)
        if assumed is None and label in self._passed:
            self._back.setdefault(label, []).append(dict(self.values.known))
            return
        if assumed is None:
            self._incoming.setdefault(label, []).append(dict(self.values.known))
            return
        self._back.setdefault(label, []).append(dict(self.values.known))
        differ = {
            key for key, value in assumed.items() if self.values.known.get(key) != value
        }
        if differ:
            self._varying.setdefault(label, set()).update(differ)

    # --- instructions -------------------------------------------------------------------

    def _statement(self, at: int, item: Item, statement: Statement) -> None:
        mnemonic = statement.mnemonic
        if mnemonic.startswith("call") and not item.is_inline:
            self._call(at, statement)
            return
        self._masking.step(statement)
        target = statement.operands[0] if statement.operands else None
        if mnemonic[:1] == "j" and isinstance(target, Target):
            self._goes(at, item, target)
            self._falls = not mnemonic.startswith("jmp")
            return
        if mnemonic.startswith(("ret", "ud2")):
            self._falls = False
            return
        memory = statement.memory
        if item.is_inline or is_special(statement):
            if not item.is_inline and memory and self._is_left_behind(statement, memory):
                return
            self._inline(at, statement, memory)
        elif names_no_memory(statement):
            self.found.append(Place(at, is_unknown=True))
        elif strings(statement):
            self._string(at, statement)
        elif memory is not None and not item.is_spill:
            self._access(at, statement, memory)
        found = access(statement) if memory is not None else None
        self._step(statement, found.writes if found else 8)

    def _goes(self, at: int, item: Item, target: Target) -> None:
        through = target.through
        if through is None:
            self._jump(target.text)
        elif item.is_inline:
            self.found.append(Place(at, is_unknown=True))
        elif isinstance(through, Register):
            self._switch(self.values.of(through.number))
        elif not through.is_got:
            self._switch(self.values.address(through))

    def _switch(self, target: Value) -> None:
        """Go to all entries of the table that the target comes from; else of any table."""
        switches = self._tables.switches
        names = [name for name in self.values.symbols(target) if name in switches]
        labels = {label for name in names or switches for label in switches[name]}
        for label in sorted(labels & self._labels):
            self._jump(label)

    def _step(self, statement: Statement, writes: int) -> None:
        stored = statement.operands[0] if len(statement.operands) == 2 else None
        if isinstance(stored, Register) and isinstance(statement.operands[1], Memory):
            self._take(self.values.of(stored.number))
        self.values.step(statement, writes)
        last = statement.operands[-1] if statement.operands else None
        if isinstance(last, Register) and not self._is_of_frame(last.number):
            self._take(self.values.of(last.number))

    def _is_of_frame(self, register: int) -> bool:
        return register == RSP or (register == RBP and self._keeps_frame_pointer)

    def _call(self, at: int, statement: Statement) -> None:
        name = callee(statement)
        result = None
        for register, values in self._at_calls.items():
            if self._is_of_frame(register):
                values.add(self.values.of(register))
        if name == "__tls_get_addr":
            result = self.values.unknown(("tls", self.values.of(RDI)))
            self.values.call(True, result)
            return
        is_hook = self.announced.call(name, self.values)
        if is_hook:
            self._narrow()
            if self._widens and self.announced.latest_read:
                self._masking.hook(at, *self.announced.latest_read)
        else:
            self._widened = []
            self._masking.forget()
        self.values.call(is_hook, result)

    def _narrow(self) -> None:
        """Take a load to be no wider than what the hook behind it says."""
        for place, address in self._widened:
            place.reads = self.announced.narrower(address, place.reads)

    def _put_back(self, statement: Statement, address: Value) -> None:
        """Take a load whose value is only masked and stored again for no access."""
        kept = self._masking.put_back(statement, address, self.announced)
        self.found = [place for place in self.found if place.item not in kept]
        for at in sorted(kept):
            hook = self.function.items[at].statement
            if hook and hook.mnemonic.startswith("call"):
                self.found.append(Place(at, is_needless=True))

    def _inline(self, at: int, statement: Statement, memory: Memory | None) -> None:
        if not statement.mnemonic or is_absolute(statement, memory):
            self.found.append(Place(at, is_unknown=True))
            return
        place = Place(at, is_modelled=True)
        if memory is not None:
            address = self.values.address(memory)
            if self.values.is_frame(address):
                place.frames = (address,)
        self.found.append(place)
        self.announced.forget()

    def _is_left_behind(self, statement: Statement, memory: Memory) -> bool:
        """Clang's load of 16 bytes, after the call that has taken its place."""
        return statement.mnemonic == "cmpxchg16b" and self.announced.has_read(
            self.values.address(memory), 16
        )

    def _string(self, at: int, statement: Statement) -> None:
        string = strings(statement)
        assert string is not None
        if not string.is_bounded:
            self.found.append(Place(at, is_unknown=True))
            return
        count = self.values.of(RCX) if string.is_repeated else Value((), 1)
        size = string.size * count.constant if not count.terms else 1 << 62
        numbers = {"rsi": RSI, "rdi": RDI}
        reads = [self.values.of(numbers[name]) for name in string.reads]
        writes = [self.values.of(numbers[name]) for name in string.writes]
        unseen = [v for v in reads if not self.announced.has_read(v, size)]
        unseen += [v for v in writes if not self.announced.has_write(v, size)]
        if unseen:
            self.found.append(Place(at, frames=self._frames(unseen)))

    def _frames(self, addresses: list[Value]) -> tuple[Value, ...]:
        """Return them, if all are in the frame."""
        if all(map(self.values.is_frame, addresses)):
            return tuple(addresses)
        return ()

    def _access(  # noqa: C901  one case each
        self, at: int, statement: Statement, memory: Memory
    ) -> None:
        if memory.segment or memory.is_got:
            return
        if any(isinstance(operand, Target) for operand in statement.operands):
            return  # a table of functions: what is not constant there has a hook
        address = self.values.address(memory)
        found = access(statement)
        frames = self._frames([address])
        if found is None:
            self.found.append(Place(at, is_unknown=True, frames=frames))
            return
        if self._widens and found.writes and not found.reads:
            self._put_back(statement, address)
        is_load = self._widens and bool(found.reads) and not found.writes
        if is_load and not frames and self.announced.is_left_behind(found.reads):
            return
        is_followed = is_load and self._masking.load(at, statement, address, found.reads)
        reads = found.reads if not self.announced.has_read(address, found.reads) else 0
        writes = (
            found.writes if not self.announced.has_write(address, found.writes) else 0
        )
        if not reads and not writes:
            return
        if self.values.names_constant(address):
            return
        place = Place(at, reads, writes, frames=frames)
        if self._widens and reads and not writes:
            announced = self.announced.narrower(address, reads)
            if self.announced.has_read(address, announced):
                return
            self._widened.append((place, address))
        self.found.append(place)
        if reads and not is_followed:
            self.announced.add_read(address, reads)
        if writes:
            self.announced.add_write(address, writes)
