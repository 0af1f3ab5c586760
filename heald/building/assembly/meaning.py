"""What an instruction does to memory: how many bytes it reads and writes, where.

``access`` answers for one with a memory operand. It never guesses: None says that it does
not know the instruction, and then the caller must refuse it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from heald.building.assembly.statements import (
    Immediate,
    Memory,
    Register,
    Statement,
    Target,
    Vector,
)


@dataclass(frozen=True, slots=True)
class Access:
    """Bytes read and written at the memory operand; 0 for none."""

    reads: int
    writes: int


_INTEGER = {"b": 1, "w": 2, "l": 4, "q": 8}
_NONE = re.compile(
    r"lea[wlq]?$|nop[wlq]?$|prefetch|clflush|clwb|cldemote|invlpg|endbr|ud[012]"
)
_BOTH = re.compile(
    r"(inc|dec|neg|not|add|sub|and|or|xor|adc|sbb|shl|shr|sar|sal|rol|ror|rcl|rcr|shld|"
    r"shrd|xadd|cmpxchg|xchg|bts|btr|btc)[bwlq]?$"
)
_READ_LAST = re.compile(r"(cmp|test|bt)[bwlq]?$")
_READ_ONLY = re.compile(
    r"(mul|imul|div|idiv)[bwlq]$|push[wq]?$|(fld|fild|fadd|fsub|fsubr|fmul|fdiv|fdivr|"
    r"fcom|fcomp|fiadd|fisub|fisubr|fimul|fidiv|fidivr|ficom|ficomp)(s|l|t|q|ll)?$|"
    r"fldcw$|fldenv$|v?ldmxcsr$"
)
_WRITE_LAST = re.compile(
    r"mov|vmov|set|pop[wq]?$|v?pextr|v?extract|fst|fist|fisttp|fnst|v?stmxcsr|vcvtps2ph|"
    r"vextract|vpmov|vpcompress|vcompress|vmaskmov|vpmaskmov"
)
_X87 = {"s": 4, "l": 8, "t": 10}
_X87_INTEGER = {"s": 2, "l": 4, "q": 8, "ll": 8, "": 2}
_EXTENDED = re.compile(r"mov[sz]([bwl])[wlq]?$|movslq$|movsxd$")
_WIDENED = re.compile(r"v?pmov[sz]x(bw|bd|bq|wd|wq|dq)$")
_HALVES = re.compile(
    r"v?mov[lh]p[sd]$|v?movq$|v?movddup$|v?cvtps2pd$|v?cvtdq2pd$|v?movsd$"
)
_FIXED = (
    (re.compile(r"cmpxchg8b$"), 8),
    (re.compile(r"cmpxchg16b$"), 16),
    (re.compile(r"fldcw$|fn?stcw$|fn?stsw$"), 2),
    (re.compile(r"v?(ld|st)mxcsr$"), 4),
    (re.compile(r"fldenv$|fn?stenv$"), 28),
    (re.compile(r"movdir64b$"), 64),
    (re.compile(r"set[a-z]+$|v?p(ins|ext)rb$|vpbroadcastb$"), 1),
    (re.compile(r"v?p(ins|ext)rw$|vpbroadcastw$"), 2),
    (
        re.compile(
            r"v?p(ins|ext)rd$|v?movd$|v?movss$|v?(insert|extract)ps$|"
            r"v?broadcastss$|vpbroadcastd$|movntil?$|movntil$"
        ),
        4,
    ),
    (re.compile(r"v?p(ins|ext)rq$|v?broadcastsd$|vpbroadcastq$"), 8),
    (re.compile(r"v(p?)(broadcast|insert|extract)[fi](128|32x4|64x2)$|v?lddqu$"), 16),
)
_SCALAR = re.compile(
    r"v?(add|sub|mul|div|min|max|sqrt|ucomi|comi|cmp\w*|rcp|rsqrt|round|fn?m\w+|"
    r"cvtt?s[sd]2\w+|mov)(?P<width>ss|sd)$"
)
_PACKED = re.compile(
    r"v?(p[a-z0-9]+|[a-z0-9]+p[sd]|mov(dq[au]|nt(dqa?|p[sd])|[au]p[sd])\w*)$"
)


_UNNAMED = re.compile(r"xlatb?$|v?maskmov(q|dqu)$|clzero$|(in|out)s[bwl]$")


def names_no_memory(statement: Statement) -> bool:
    """Whether it goes where a register says without an operand for it."""
    return _UNNAMED.match(statement.mnemonic) is not None


@lru_cache(maxsize=20_000)
def access(statement: Statement) -> Access | None:
    """Say what the instruction does at its memory operand; None: unknown."""
    memory = statement.memory
    mnemonic = statement.mnemonic
    if memory is None or _NONE.match(mnemonic):
        return Access(0, 0)
    if any(isinstance(operand, Target) for operand in statement.operands):
        return Access(8, 0)
    if "mm" in memory.text:
        return None  # many places, by a vector of indices
    size = _size(statement)
    if size is None:
        return None
    if _READ_ONLY.match(mnemonic) or not statement.memory_is_last:
        if mnemonic.startswith("xchg"):
            return Access(size, size)
        return Access(size, 0)
    if _READ_LAST.match(mnemonic):
        return Access(size, 0)
    if _BOTH.match(mnemonic) or mnemonic in ("cmpxchg8b", "cmpxchg16b"):
        return Access(size, size)
    if _WRITE_LAST.match(mnemonic):
        return Access(0, size)
    return None


def _size(statement: Statement) -> int | None:
    mnemonic = statement.mnemonic
    extended = _EXTENDED.match(mnemonic)
    if extended and len(statement.operands) == 2 and not statement.memory_is_last:
        return _INTEGER[extended[1]] if extended[1] else 4
    for pattern, size in _FIXED:
        if pattern.match(mnemonic):
            return size
    vectors = [op for op in statement.operands if isinstance(op, Vector)]
    if mnemonic.startswith("f") and not mnemonic.startswith("fx"):
        return _x87_size(mnemonic)
    if vectors:
        return _vector_size(mnemonic, vectors[-1])
    return _integer_size(statement)


def _integer_size(statement: Statement) -> int | None:
    mnemonic = statement.mnemonic
    if re.match(r"v?cvtsi2s[sd][lq]?$", mnemonic):
        return 8 if mnemonic.endswith("q") else 4
    if re.match(r"(movnti|movbe|crc32|popcnt|lzcnt|tzcnt|bsf|bsr|adcx|adox)", mnemonic):
        pass
    registers = [op for op in statement.operands if isinstance(op, Register)]
    shifts = re.match(r"(sh[lr]d?|sa[lr]|ro[lr]|rc[lr])[bwlq]?$", mnemonic)
    if registers and not shifts and not mnemonic.startswith("crc32"):
        return registers[-1].size
    if mnemonic in ("push", "pop", "call", "jmp"):
        return 8
    suffix = _INTEGER.get(mnemonic[-1])
    if suffix and re.match(
        r"(mov(abs)?|cmp|test|bt[src]?|crc32|push|pop|imul|mul|idiv|div|inc|dec|neg|not|"
        r"add|sub|and|or|xor|adc|sbb|sh[lr]d?|sa[lr]|ro[lr]|rc[lr]|xadd|xchg|cmpxchg)"
        r"[bwlq]$",
        mnemonic,
    ):
        return suffix
    return None


def _x87_size(mnemonic: str) -> int | None:
    found = re.match(
        r"f(i?)(?:n?st|ld|add|subr?|mul|divr?|com|stt)(p?)(s|l|t|q|ll)?$", mnemonic
    ) or re.match(r"f(i)(?:stt?)(p?)(s|l|q|ll)?$", mnemonic)
    if not found:
        return None
    if found[1]:
        return _X87_INTEGER.get(found[3] or "")
    return _X87.get(found[3] or "s")


def _vector_size(mnemonic: str, vector: Vector) -> int | None:
    widened = _WIDENED.match(mnemonic)
    if widened:
        ratio = {"bw": 2, "wd": 2, "dq": 2, "bd": 4, "wq": 4, "bq": 8}[widened[1]]
        return vector.size // ratio
    if re.match(r"v?cvtsi2s[sd]", mnemonic):
        return 8 if mnemonic.endswith("q") else 4
    if re.match(r"v?(cvtt?ss2|movss)", mnemonic):
        return 4
    if re.match(r"v?cvtt?sd2", mnemonic):
        return 8
    if _HALVES.match(mnemonic):
        return 8 if vector.size == 16 else vector.size
    scalar = _SCALAR.match(mnemonic)
    if scalar:
        return 4 if scalar["width"] == "ss" else 8
    if _PACKED.match(mnemonic):
        return vector.size
    return None


@dataclass(frozen=True, slots=True)
class Strings:
    """An instruction of the string family: what it does at rsi and rdi."""

    size: int
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    is_repeated: bool
    is_bounded: bool
    """Whether the count alone says how far it goes: not so for scas and cmps."""


_STRING = re.compile(r"(movs|stos|lods|scas|cmps)([bwlq])$")


def strings(statement: Statement) -> Strings | None:
    """Say what ``rep stosq`` and its like do; None for any other instruction."""
    found = _STRING.match(statement.mnemonic)
    if not found:
        return None
    operands = statement.operands
    if operands and any(isinstance(op, Vector | Immediate) for op in operands):
        return None
    if operands and not _implicit(operands):
        return None
    kind = found[1]
    return Strings(
        _INTEGER[found[2]],
        {
            "movs": ("rsi",),
            "lods": ("rsi",),
            "cmps": ("rsi", "rdi"),
            "scas": ("rdi",),
        }.get(kind, ()),
        ("rdi",) if kind in ("movs", "stos") else (),
        any(prefix.startswith("rep") for prefix in statement.prefixes),
        kind in ("movs", "stos", "lods"),
    )


def _implicit(operands: tuple[object, ...]) -> bool:
    """Clang spells what is implied: ``rep movsq (%rsi), %es:(%rdi)``."""
    return any(
        isinstance(op, Memory) and op.text.replace("%es:", "") in ("(%rdi)", "(%rsi)")
        for op in operands
    )


def is_absolute(statement: Statement, memory: Memory | None) -> bool:
    """Say whether an address is a number of four bytes: only at a fixed place it can be."""
    named = any(
        isinstance(operand, Immediate)
        and operand.value is None
        and not statement.mnemonic.startswith("movabs")
        for operand in statement.operands
    )
    return named or (
        memory is not None
        and bool(memory.symbol)
        and not memory.segment
        and memory.base != -1
        and not memory.is_got
    )
