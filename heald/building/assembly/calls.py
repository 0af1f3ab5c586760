"""The calls into the explorer that are put before instructions, as text.

The layout of what is pushed and the numbers are those of
csrc/explore/calls/assembly_calls.c.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from heald.building.assembly.statements import CALLER_SAVED, RSP, Memory


class What(IntEnum):
    """What the explorer is to do."""

    LOAD = 0
    STORE = 1
    RMW = 2
    CAS = 3
    FENCE = 4
    CLOCK = 5
    READ = 6
    WRITE = 7
    REFUSE = 8
    STORE_BACK = 9
    BIT = 10
    CAS_PAIR = 11


IMMEDIATE = 16
OPERATIONS = {
    "xchg": 0,
    "add": 1,
    "xadd": 1,
    "inc": 1,
    "dec": 1,
    "sub": 2,
    "and": 3,
    "btr": 3,
    "or": 4,
    "bts": 4,
    "xor": 5,
    "not": 5,
    "btc": 5,
    "neg": 7,
}
ACQUIRE, RELEASE, SEQ_CST = 2, 3, 5
FLAGS = 16
VECTORS = 17
"""Places in a set of what may hold something, beside registers by number."""


@dataclass(frozen=True)
class Call:
    """One call: what, of how many bytes, with which operand; ``live`` as in liveness.py."""

    what: What
    size: int = 1
    operation: int = 0
    operand: int = 0
    immediate: int = 0
    is_counted: bool = False
    live: int = ~0
    is_wide: bool = False
    """Whether the file uses vector registers beyond xmm."""

    @property
    def code(self) -> int:
        """The word that says what, as the explorer takes it apart."""
        code = self.what | self.operation << 4 | (self.size.bit_length() - 1) << 8
        code |= self.operand << 11 | self.is_counted << 16
        for at, register in enumerate(CALLER_SAVED):
            code |= (~self.live >> register & 1) << 18 + at
        return code | (~self.live >> FLAGS & 1) << 27

    @property
    def service(self) -> str:
        """The explorer's function: by which registers it must keep."""
        if not self.live >> VECTORS & 1:
            return "__heald_assembly"
        return "__heald_assembly_wide" if self.is_wide else "__heald_assembly_vectors"

    def lines(self, address: str | None) -> list[str]:
        """Return the call; afterwards 32 bytes of scratch lie at the stack pointer.

        The address is an operand for ``lea``, relative to the stack pointer as it is then;
        None for nothing.
        """
        push = (
            ["leaq\t" + address + ", %rax", "pushq\t%rax"] if address else ["pushq\t$0"]
        )
        return [
            "leaq\t-32(%rsp), %rsp",
            "pushfq",
            "pushq\t%rax",
            *push,
            f"pushq\t${self.code}",
            f"pushq\t${self.immediate}",
            f"call\t*{self.service}@GOTPCREL(%rip)",
            "leaq\t24(%rsp), %rsp",
            "popq\t%rax",
            "popfq",
        ]

    def lines_again(self) -> list[str]:
        """Return a call that follows another one whose scratch bytes are still there."""
        return [
            "pushfq",
            "pushq\t%rax",
            "pushq\t$0",
            f"pushq\t${self.code}",
            f"pushq\t${self.immediate}",
            f"call\t*{self.service}@GOTPCREL(%rip)",
            "leaq\t24(%rsp), %rsp",
            "popq\t%rax",
            "popfq",
        ]


DONE = "leaq\t32(%rsp), %rsp"
SCRATCH = "(%rsp)"


def moved(memory: Memory, by: int) -> str:
    """Write the operand for a stack pointer that has moved down."""
    if memory.base != RSP:
        return memory.text
    return f"{by}+{memory.text}" if memory.text[0] != "(" else f"{by}{memory.text}"
