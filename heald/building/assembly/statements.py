"""One line of x86-64 assembly, taken apart: prefixes, mnemonic, operands.

Syntax    AT&T, as gcc and clang write it: the destination comes last.
Fast      Most lines of a file are debug information; callers skip those by their first
          characters. The same few hundred instructions come again and again: parsing one
          is remembered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_ORDER = ("ax", "cx", "dx", "bx", "sp", "bp", "si", "di")
RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI = range(8)
CALLER_SAVED = (RAX, RCX, RDX, RSI, RDI, 8, 9, 10, 11)
"""In the order of the bits that assembly_calls.c reads."""


def _registers() -> dict[str, tuple[int, int, bool]]:
    """Return per name the register's number, its bytes, whether it is a high byte."""
    found = {}
    for number, name in enumerate(_ORDER):
        found["r" + name] = (number, 8, False)
        found["e" + name] = (number, 4, False)
        found[name] = (number, 2, False)
        low = name[0] + "l" if number < 4 else name + "l"
        found[low] = (number, 1, False)
        if number < 4:
            found[name[0] + "h"] = (number, 1, True)
    for number in range(8, 16):
        for suffix, size in (("", 8), ("d", 4), ("w", 2), ("b", 1)):
            found[f"r{number}{suffix}"] = (number, size, False)
    return found


REGISTERS = _registers()


@dataclass(frozen=True, slots=True)
class Register:
    """A general one; ``is_high``: the second byte."""

    number: int
    size: int
    is_high: bool
    text: str


@dataclass(frozen=True, slots=True)
class Vector:
    """A register of another kind: xmm, ymm, zmm, mask, x87."""

    name: str

    @property
    def text(self) -> str:
        """As it is written."""
        return "%" + self.name

    @property
    def size(self) -> int:
        """Bytes."""
        return {"x": 16, "y": 32, "z": 64}.get(self.name[:1], 8)


@dataclass(frozen=True, slots=True)
class Immediate:
    """A constant; ``value`` is None for a symbol's."""

    text: str
    value: int | None


@dataclass(frozen=True, slots=True)
class Memory:
    """``segment:displacement(base, index, scale)``; registers by number, -1 for rip."""

    text: str
    segment: str
    symbol: str
    offset: int
    base: int | None
    index: int | None
    scale: int
    is_narrow: bool = False

    @property
    def is_got(self) -> bool:
        """Whether it is an entry of a table of addresses."""
        return "@" in self.symbol


@dataclass(frozen=True, slots=True)
class Target:
    """Where a jump or call goes: a label, or through ``*`` an operand."""

    text: str
    through: Register | Memory | None = None


Operand = Register | Vector | Immediate | Memory | Target


@dataclass(frozen=True, slots=True)
class Statement:
    """An instruction."""

    prefixes: tuple[str, ...]
    mnemonic: str
    operands: tuple[Operand, ...]
    text: str

    @property
    def memory(self) -> Memory | None:
        """The operand in memory, if there is one; through it for a jump."""
        for operand in self.operands:
            if isinstance(operand, Memory):
                return operand
            if isinstance(operand, Target) and isinstance(operand.through, Memory):
                return operand.through
        return None

    @property
    def memory_is_last(self) -> bool:
        """Whether that is the destination."""
        return bool(self.operands) and isinstance(self.operands[-1], Memory)


_PREFIXES = frozenset(
    (
        "lock",
        "rep",
        "repe",
        "repz",
        "repne",
        "repnz",
        "data16",
        "data32",
        "notrack",
        "bnd",
        "rex64",
        "rex.w",
        "xacquire",
        "xrelease",
        "cs",
        "ds",
        "es",
        "ss",
    )
)
_MEMORY = re.compile(
    r"(?:%(?P<segment>[fgdcse]s):)?(?P<displacement>[^()%]*)"
    r"(?:\((?P<inside>[^)]*)\))?$"
)
_SYMBOL = re.compile(
    r"(?P<before>(?:[+-]?(?:0x)?[0-9a-fA-F]+)+\+)?(?P<symbol>[A-Za-z_.$][\w.$@]*)?"
    r"(?P<offset>(?:[+-]?(?:0x)?[0-9a-fA-F]+)*)$"
)
_JUMPS = re.compile(r"(?:call|jmp|j[a-z]+|loop\w*|xbegin)[ql]?$")


def _number(text: str) -> int | None:
    """Add up constants such as ``4+8-1``."""
    total = 0
    for part in re.findall(r"[+-]?[^+-]+", text.replace(" ", "")):
        try:
            total += int(part, 0)
        except ValueError:
            return None
    return total


def _signed(text: str) -> str:
    return text if not text or text[0] in "+-" else "+" + text


def _register_number(text: str) -> tuple[int | None, bool]:
    name = text.strip().lstrip("%")
    if not name:
        return None, False
    if name in ("rip", "eip"):
        return -1, False
    if name not in REGISTERS:
        return None, True
    number, size, _ = REGISTERS[name]
    return number, size != 8


def _memory(text: str) -> Memory | None:
    found = _MEMORY.match(text.replace(" ", "").replace("\t", ""))
    if not found:
        return None
    parts = [*(found["inside"] or "").split(","), "", "", ""]
    base, is_narrow = _register_number(parts[0])
    index, other = _register_number(parts[1])
    named = _SYMBOL.match(found["displacement"])
    symbol, offset = found["displacement"], 0
    if named:
        constant = (named["before"] or "").rstrip("+") + "+0" + _signed(named["offset"])
        number = _number(constant)
        if number is not None:
            symbol, offset = named["symbol"] or "", number
    scale = int(parts[2]) if parts[2].isdigit() else 1
    return Memory(
        text.strip(),
        found["segment"] or "",
        symbol,
        offset,
        base,
        index,
        scale,
        is_narrow or other,
    )


def _operand(text: str, is_jump: bool) -> Operand:
    text = text.strip()
    if is_jump:
        if text.startswith("*"):
            inner = _operand(text[1:], False)
            through = inner if isinstance(inner, Register | Memory) else None
            return Target(text, through)
        return Target(text)
    if text.startswith("%") and ":" not in text and "(" not in text.replace("st(", ""):
        name = text[1:]
        if name in REGISTERS:
            return Register(*REGISTERS[name], text)
        return Vector(name)
    if text.startswith("$"):
        return Immediate(text, _number(text[1:]))
    return _memory(text) or Target(text)


def _split(text: str) -> list[str]:
    """Split at commas outside of brackets and braces."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


@lru_cache(maxsize=20_000)
def parse(text: str) -> Statement | None:
    """Parse one instruction, without label or comment; None for nothing."""
    rest = text.strip()
    prefixes: list[str] = []
    while rest:
        word, _, tail = rest.replace("\t", " ", 1).partition(" ")
        if word.lower() not in _PREFIXES:
            break
        prefixes.append(word.lower())
        rest = tail.strip()
    if not rest:
        return Statement(tuple(prefixes), "", (), text.strip()) if prefixes else None
    mnemonic, _, arguments = rest.replace("\t", " ", 1).partition(" ")
    mnemonic = mnemonic.lower()
    is_jump = bool(_JUMPS.match(mnemonic))
    operands = tuple(_operand(part, is_jump) for part in _split(arguments))
    return Statement(tuple(prefixes), mnemonic, operands, text.strip())
