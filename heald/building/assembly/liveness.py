"""Which registers may hold something at a place: set since the last call on some way there.

A call leaves what it likes in the registers that it need not keep. Two rounds of a waiting
loop that differ in such leavings only are the same round, so the explorer is told which
registers those are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from heald.building.assembly.calls import FLAGS, VECTORS
from heald.building.assembly.statements import (
    CALLER_SAVED,
    RAX,
    RDX,
    REGISTERS,
    Statement,
)

Line = Statement | str
"""An instruction, or the name of a label."""

_NAMES = re.compile(r"%([a-z][a-z0-9]*)")
_KEEP_FLAGS = re.compile(r"mov|lea|push|pop|call|jmp|j[a-z]+$|nop|set|cmov|not")
_AFTER_CALL = ((1 << 16) - 1) & ~sum(1 << r for r in CALLER_SAVED) | 1 << RAX | 1 << RDX
_ALL = (1 << 18) - 1


def possibly_live(lines: Sequence[Line]) -> list[int]:
    """Return per line of a function the set of registers, flags and vectors before it."""
    labels = {line: at for at, line in enumerate(lines) if isinstance(line, str)}
    before = [0] * (len(lines) + 1)
    jumped = _targets(lines)
    for label, at in labels.items():
        falls = at > 0 and not _ends(lines[at - 1])
        if label not in jumped and not falls and at > 0:
            before[at] = _ALL  # reached in a way that is not seen: a table, an exception
    before[0] = _ALL & ~(1 << FLAGS)
    changed = True
    while changed:
        changed = False
        for at, line in enumerate(lines):
            after = _after(before[at], line)
            ways = _ways(line, labels, at)
            for way in ways:
                if after & ~before[way]:
                    before[way] |= after
                    changed = changed or way <= at
    return before[:-1]


def _targets(lines: Sequence[Line]) -> set[str]:
    return {
        line.operands[0].text
        for line in lines
        if isinstance(line, Statement) and line.mnemonic[:1] == "j" and line.operands
    }


def _ends(line: Line) -> bool:
    return isinstance(line, Statement) and line.mnemonic.startswith(("jmp", "ret", "ud2"))


def _ways(line: Line, labels: dict[str, int], at: int) -> list[int]:
    if isinstance(line, str):
        return [at + 1]
    if line.mnemonic[:1] == "j" and line.operands:
        name = line.operands[0].text
        there = [labels[name]] if name in labels else []
        if name.startswith("*"):
            there = list(labels.values())
        return there if line.mnemonic.startswith("jmp") else [at + 1, *there]
    return [] if _ends(line) else [at + 1]


def _after(live: int, line: Line) -> int:
    if isinstance(line, str):
        return live
    if line.mnemonic.startswith("call"):
        vectors = 0 if _RETURNS_NO_FLOAT.search(line.text) else 1 << VECTORS
        return live & _AFTER_CALL | 1 << RAX | 1 << RDX | vectors
    for name in _NAMES.findall(line.text):
        if name in REGISTERS:
            live |= 1 << REGISTERS[name][0]
        elif name not in ("rip", "st"):
            live |= 1 << VECTORS
    if not _KEEP_FLAGS.match(line.mnemonic):
        live |= 1 << FLAGS
    if _IMPLICIT.match(line.mnemonic):
        live |= 1 << RAX | 1 << RDX | 1 << 1 | 1 << 6 | 1 << 7
    return live


_RETURNS_NO_FLOAT = re.compile(
    r"\b(__tsan_|__tls_get|pthread_|sched_|thrd_|mtx_|cnd_|sem_|usleep|nanosleep|sleep|malloc|"
    r"calloc|free|abort|exit|__assert|printf|puts|mem|strc|strl)"
)
_IMPLICIT = re.compile(
    r"i?mul|i?div|c[qlwd]t|cdq|rdtsc|cpuid|xgetbv|movs[bwlq]$|stos|cmpxchg|lods|scas|cmps[bwlq]$"
)
