"""What registers hold, as far as it takes to see that two addresses are the same.

A value is a sum: a constant, and unknowns times factors. An unknown is a number; the same
computation from the same values gives the same unknown, so a hook's argument and the access
that it announces come out equal however the compiler has computed each. What is not known
to be the same is taken to differ: then an access is announced twice, which is no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from heald.building.assembly.statements import (
    CALLER_SAVED,
    RAX,
    RBP,
    RBX,
    RCX,
    RDI,
    RDX,
    RSI,
    RSP,
    Immediate,
    Memory,
    Register,
    Statement,
)

_WORD = 1 << 64
FRAME = "frame"


@dataclass(frozen=True, slots=True)
class Value:
    """``terms``: sorted pairs of an unknown and its factor."""

    terms: tuple[tuple[int, int], ...] = ()
    constant: int = 0

    def plus(self, other: Value, factor: int = 1) -> Value:
        """Return the sum with a multiple of another value."""
        sums = dict(self.terms)
        for unknown, times in other.terms:
            sums[unknown] = (sums.get(unknown, 0) + times * factor) % _WORD
        terms = tuple(sorted(item for item in sums.items() if item[1]))
        return Value(terms, self.constant + other.constant * factor)

    def shifted(self, constant: int) -> Value:
        """Return the sum with a constant."""
        return Value(self.terms, self.constant + constant)


Key = int | tuple[Value, int]
"""A register's number, or a slot of the frame: its address and its bytes."""

Known = dict[Key, Value]


class Values:
    """Registers and stack slots at one place of a function.

    Parameters
    ----------
    is_own
        Whether nobody but the function itself can change what is at an address of its frame.
    """

    def __init__(self, is_own: Callable[[Value], bool]) -> None:
        self._is_own = is_own
        self._unknowns: dict[Hashable, int] = {}
        self._frames: set[int] = set()
        self._constants: dict[int, str] = {}
        self._fresh = self._place = 0
        self.known: Known = {}
        self._start = Value()
        self._epoch = 0

    # --- places -------------------------------------------------------------------------

    def begin_function(self, number: int) -> None:
        """Begin where nothing is known but the frame."""
        self._start = self._frame_at(("start", number))
        self.known = {RSP: self._start}
        self._epoch = 0

    def begin_block(self, known: Known) -> None:
        """Begin where several ways come together, with what holds on all of them."""
        self.known = known
        self._epoch += 1
        if RSP not in known:
            known[RSP] = self._frame_at(self._place)

    def _frame_at(self, name: Hashable) -> Value:
        frame = self.unknown((FRAME, name))
        self._frames.add(frame.terms[0][0])
        return frame

    def is_frame(self, value: Value) -> bool:
        """Whether the address lies in the function's own frame (or its caller's)."""
        return any(
            unknown in self._frames and times == 1 for unknown, times in value.terms
        )

    def frame_of(self, value: Value) -> int:
        """Return which of the frames; -1 for none."""
        return next(
            (u for u, times in value.terms if u in self._frames and times == 1), -1
        )

    def is_return_address(self, address: Value) -> bool:
        """Whether it is where the function returns to: that is nobody's object."""
        return address == self._start

    def names_constant(self, value: Value) -> bool:
        """Whether it is in one of the compiler's own tables: those are constant."""
        return any(unknown in self._constants for unknown, _ in value.terms)

    def symbols(self, value: Value) -> list[str]:
        """Return the compiler's own tables that a sum names."""
        return [self._constants[u] for u, _ in value.terms if u in self._constants]

    # --- values -------------------------------------------------------------------------

    def unknown(self, name: Hashable) -> Value:
        """Return the unknown of this name."""
        return Value(((self._unknowns.setdefault(name, len(self._unknowns)), 1),))

    def fresh(self) -> Value:
        """Return an unknown that nothing else is."""
        self._fresh += 1
        return self.unknown(("fresh", self._place, self._fresh))

    def at(self, place: int) -> None:
        """Say which instruction is next: what is unknown of it has a name of its own."""
        self._place = place
        self._fresh = 0

    def of(self, register: int) -> Value:
        """Return what a register holds."""
        if register not in self.known:
            self.known[register] = self.fresh()
        return self.known[register]

    def address(self, memory: Memory) -> Value:
        """Return where an operand lies."""
        total = Value((), memory.offset)
        if memory.symbol or memory.segment:
            named = self.unknown((memory.segment, memory.symbol))
            if memory.symbol.startswith(".L"):
                self._constants[named.terms[0][0]] = memory.symbol
            total = total.plus(named)
        if memory.base is not None and memory.base >= 0:
            total = total.plus(self.of(memory.base))
        if memory.index is not None:
            total = total.plus(self.of(memory.index), memory.scale)
        return self.unknown(("narrow", total)) if memory.is_narrow else total

    # --- steps --------------------------------------------------------------------------

    def call(self, is_hook: bool, result: Value | None = None) -> None:
        """Do what a call does; a hook changes no memory."""
        for register in CALLER_SAVED:
            self.known.pop(register, None)
        if result is not None:
            self.known[RAX] = result
        if not is_hook:
            self._forget_memory()

    def _forget_memory(self) -> None:
        """Forget what others may have changed: all but the function's own slots."""
        self._epoch += 1
        for key in list(self.known):
            if isinstance(key, tuple) and not self._is_own(key[0]):
                del self.known[key]

    def wrote_memory(self, address: Value, size: int) -> None:
        """Forget what may have been overwritten."""
        if not self.is_frame(address):
            self._forget_memory()
            return
        for key in list(self.known):
            if isinstance(key, tuple):
                slot, length = key
                distance = slot.constant - address.constant
                if slot.terms != address.terms or -length < distance < size:
                    del self.known[key]

    def _read_memory(self, address: Value, size: int) -> Value:
        if not self.is_frame(address):
            return self.unknown(("loaded", address, size, self._epoch))
        if (address, size) not in self.known:
            self.known[address, size] = self.fresh()
        return self.known[address, size]

    def step(self, statement: Statement, writes: int) -> None:
        """Do what the instruction does to registers and to the frame."""
        if not self._special(statement):
            self._ordinary(statement, writes)

    def _special(self, statement: Statement) -> bool:
        mnemonic, operands = statement.mnemonic, statement.operands
        if mnemonic.startswith("push"):
            self.known[RSP] = self.of(RSP).shifted(-8)
            self.wrote_memory(self.of(RSP), 8)
            if operands and isinstance(operands[0], Register) and operands[0].size == 8:
                self.known[self.of(RSP), 8] = self.of(operands[0].number)
            return True
        if mnemonic.startswith("pop"):
            value = self._read_memory(self.of(RSP), 8)
            self.known[RSP] = self.of(RSP).shifted(8)
            if operands and isinstance(operands[0], Register):
                self.known[operands[0].number] = value
            return True
        if mnemonic in ("leave", "leaveq"):
            self.known[RSP] = self.of(RBP).shifted(8)
            self.known[RBP] = self.fresh()
            return True
        if mnemonic == "cltq":
            self.known[RAX] = self.unknown(("cltq", self.of(RAX)))
            return True
        clobbered = _CLOBBERS.get(mnemonic)
        if clobbered is not None and not (
            mnemonic.startswith("imul") and len(operands) > 1
        ):
            for register in clobbered:
                self.known[register] = self.fresh()
            return not operands or not isinstance(operands[-1], Memory)
        return False

    def _ordinary(self, statement: Statement, writes: int) -> None:
        operands = statement.operands
        if not operands:
            return
        last = operands[-1]
        if isinstance(last, Memory):
            if writes:
                self._store(statement, last, writes)
        elif isinstance(last, Register) and not _compares(statement.mnemonic):
            self._put(last, self._computed(statement, last))
        if statement.mnemonic.startswith(("xchg", "xadd", "mulx")):
            for operand in operands[:-1]:
                if isinstance(operand, Register):
                    self.known[operand.number] = self.fresh()
        if statement.mnemonic.startswith("cmpxchg"):
            self.known[RAX] = self.fresh()
            self.known[RDX] = self.fresh()

    def _store(self, statement: Statement, memory: Memory, writes: int) -> None:
        address = self.address(memory)
        source = statement.operands[0]
        self.wrote_memory(address, writes)
        is_move = statement.mnemonic in ("movq", "mov") and writes == 8
        if is_move and isinstance(source, Register):
            self.known[address, 8] = self.of(source.number)

    def _put(self, register: Register, value: Value) -> None:
        if register.size == 4 and value.terms:
            value = self.unknown(("low", value))
        elif register.size == 4:
            value = Value((), value.constant % (1 << 32))
        elif register.size < 4:
            value = self.fresh()
        self.known[register.number] = value

    def _source(self, operand: object, size: int) -> Value | None:
        if isinstance(operand, Immediate) and operand.value is not None:
            return Value((), operand.value)
        if isinstance(operand, Register):
            value = self.of(operand.number)
            if operand.is_high:
                return None
            if operand.size == 8 or not value.terms:
                return value
            return self.unknown(("part", operand.size, value))
        if isinstance(operand, Memory):
            return self._read_memory(self.address(operand), size)
        return None

    def _computed(self, statement: Statement, last: Register) -> Value:
        mnemonic, operands = statement.mnemonic, statement.operands
        first = operands[0]
        if mnemonic.startswith("lea") and isinstance(first, Memory):
            return self.address(first)
        if _is(mnemonic, "mov") or mnemonic in ("movabs", "movabsq"):
            if isinstance(first, Memory) and first.is_got:
                return self.unknown(("", first.symbol.partition("@")[0]))
            return self._source(first, last.size) or self.fresh()
        own = self.of(last.number)
        value = self._source(first, last.size) if len(operands) > 1 else Value((), 1)
        if value is None or last.size < 4:
            return self.fresh()
        if len(operands) == 2 or mnemonic[:3] in ("inc", "dec", "neg", "not"):
            return self._arithmetic(mnemonic, value, own, first, last)
        return self.fresh()

    def _arithmetic(
        self, mnemonic: str, value: Value, own: Value, first: object, last: Register
    ) -> Value:
        if last.size == 8:
            if _is(mnemonic, "add") or _is(mnemonic, "inc"):
                return own.plus(value)
            if _is(mnemonic, "sub") or _is(mnemonic, "dec"):
                return own.plus(value, -1)
            is_shift = _is(mnemonic, "sal") or _is(mnemonic, "shl")
            if is_shift and not value.terms and 0 <= value.constant < 32:
                return Value().plus(own, 1 << value.constant)
        if mnemonic.startswith("xor") and first == last:
            return Value()
        if mnemonic.startswith(("adc", "sbb", "rc", "cmov", "cvt")):
            return self.fresh()
        if _is(mnemonic, "and") and last.number == RSP:
            return self._frame_at(own)
        if mnemonic.startswith(("mov", "cltq")):
            return self.unknown((mnemonic, value))
        return self.unknown((mnemonic, last.size, value, own))


def _is(mnemonic: str, name: str) -> bool:
    return mnemonic == name or (mnemonic[:-1] == name and mnemonic[-1] in "wlqb")


def _compares(mnemonic: str) -> bool:
    if mnemonic.startswith(("cmpxchg",)):
        return False
    return mnemonic.startswith(("cmp", "test")) or mnemonic in (
        *("bt", "btl", "btq", "btw"),
    )


_CLOBBERS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("cwtl", "cdqe", "cbtw", "lahf", "cbw", "cwde"), (RAX,)),
    **dict.fromkeys(("cqto", "cltd", "cwtd", "cqo", "cdq"), (RDX,)),
    **{
        f"{name}{suffix}": (RAX, RDX)
        for name in ("mul", "imul", "div", "idiv")
        for suffix in ("", "b", "w", "l", "q")
    },
    **dict.fromkeys(("rdtsc", "rdtscp", "xgetbv", "rdpmc", "syscall"), (RAX, RDX, RCX)),
    "cpuid": (RAX, RBX, RCX, RDX),
    **dict.fromkeys(("xlatb", "xlat"), (RAX,)),
    **{
        f"{name}{size}": (RSI, RDI, RCX, RAX)
        for name in ("movs", "stos", "scas", "cmps", "lods")
        for size in "bwlq"
    },
}
