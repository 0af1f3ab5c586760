"""Instructions that are more than plain accesses, and all of inline assembly: as actions.

What is locked reads and writes in one step with a full fence on both sides; a load of inline
assembly acquires, a store releases, as x86 has it. An instruction that both reads and
writes without a lock is a load and then a store. What is read comes from the explorer and
lies in scratch bytes; the instruction then runs on these, so registers and flags come out
right by themselves.
"""

from __future__ import annotations

import re
from dataclasses import replace

from heald.building.assembly.calls import (
    ACQUIRE,
    DONE,
    IMMEDIATE,
    OPERATIONS,
    RELEASE,
    SCRATCH,
    SEQ_CST,
    Call,
    What,
    moved,
)
from heald.building.assembly.meaning import Access, access, names_no_memory, strings
from heald.building.assembly.statements import (
    RSP,
    Immediate,
    Memory,
    Register,
    Statement,
    Vector,
)

_ADDRESS = 48
_FENCES = {"mfence": SEQ_CST, "lfence": ACQUIRE, "sfence": RELEASE}
_CLOCKS = ("rdtsc", "rdtscp")
_LOCKABLE = re.compile(r"(add|sub|and|or|xor|inc|dec|neg|not|xadd|xchg)[bwlq]?$")
_BITS = re.compile(r"(bts|btr|btc)[wlq]?$")
_HARMLESS = re.compile(
    r"nop|pause|endbr|ud[012]|cpuid|xgetbv|prefetch|clflush|clwb|cldemote|cl[cd]$|st[cd]$|"
    r"cmc$|j[a-z]+$|loop|push|pop|lahf|sahf|ret|leave|serialize|tpause|umonitor|vzero|emms|"
    r"rdpid$|bswap"
)
_REFUSED = re.compile(
    r"call|syscall|sysenter|int\d?$|in[bwl]?$|out[bwl]?$|hlt|x(begin|end|abort|test|save|rstor)|"
    r"rdrand|rdseed|rdpmc|rdmsr|wrmsr|iret|enter|umwait|mwait|monitor|enqcmd|movdir|maskmov|"
    r"(rd|wr)[fg]sbase|st[di]$|cli$|fx|lock|swapgs|invlpg|wbinvd|vmcall|rdsspq"
)


def is_locked(statement: Statement) -> bool:
    """Whether the processor does it in one step."""
    mnemonic = statement.mnemonic
    if mnemonic.startswith("xchg"):
        return statement.memory is not None
    return "lock" in statement.prefixes


def is_special(statement: Statement) -> bool:
    """Whether it is never a plain access, whoever wrote it."""
    mnemonic = statement.mnemonic
    return is_locked(statement) or mnemonic in _FENCES or mnemonic in _CLOCKS


def modelled(
    statement: Statement, live: int, is_wide: bool, is_own: bool
) -> list[str] | None:
    """Return what stands for the instruction; None: itself, as it is.

    Parameters
    ----------
    is_own
        Its memory is the function's own: nobody else can see it.

    Raises
    ------
    NotImplementedError
        If it cannot be modelled.
    """
    call = Call(What.FENCE, live=live, is_wide=is_wide)
    mnemonic = statement.mnemonic
    if mnemonic in _FENCES:
        return [*replace(call, immediate=_FENCES[mnemonic]).lines(None), DONE]
    if mnemonic in _CLOCKS:
        rest = ["xorl\t%ecx, %ecx"] if mnemonic == "rdtscp" else []
        return [*replace(call, what=What.CLOCK).lines(None), DONE, *rest]
    string = strings(statement)
    if string:
        if not string.is_bounded:
            raise NotImplementedError
        return [*block_lines(statement, call), statement.text]
    if statement.memory is None:
        is_refused = _REFUSED.match(mnemonic) or names_no_memory(statement)
        if is_refused or "lock" in statement.prefixes:
            raise NotImplementedError
        return None
    return _on_memory(statement, statement.memory, call, is_own)


def _on_memory(
    statement: Statement, memory: Memory, call: Call, is_own: bool
) -> list[str] | None:
    mnemonic = statement.mnemonic
    if is_locked(statement) and (is_own or _is_fence_only(statement, memory)):
        return [*replace(call, immediate=SEQ_CST).lines(None), DONE, statement.text]
    if _HARMLESS.match(mnemonic) or mnemonic.startswith("lea"):
        return _moved_stack(statement)
    if is_own or (memory.is_got and not memory.segment):
        return None
    if memory.segment or _REFUSED.match(mnemonic):
        raise NotImplementedError
    if is_locked(statement):
        return _locked(statement, memory, call)
    return _unlocked(statement, memory, call)


def _moved_stack(statement: Statement) -> list[str] | None:
    if statement.mnemonic.startswith(("push", "pop", "j", "loop")):
        raise NotImplementedError  # of memory that is not the own frame's
    return None


def _is_fence_only(statement: Statement, memory: Memory) -> bool:
    """``lock addl $0, (%rsp)``: the fence that is faster than mfence."""
    first = statement.operands[0]
    is_nothing = isinstance(first, Immediate) and first.value == 0
    return is_nothing and memory.base == RSP and statement.mnemonic[:2] in ("ad", "or")


def block_lines(statement: Statement, call: Call) -> list[str]:
    """Return the calls that announce a block move or fill."""
    string = strings(statement)
    assert string is not None
    found = []
    for names, what in ((string.reads, What.READ), (string.writes, What.WRITE)):
        for name in names:
            counted = replace(
                call, what=what, immediate=string.size, is_counted=string.is_repeated
            )
            found += [*counted.lines(f"(%{name})"), DONE]
    return found


def _operand(statement: Statement) -> tuple[int, int]:
    """Return the operand's code and its constant."""
    first = statement.operands[0]
    if isinstance(first, Memory) and len(statement.operands) == 2:
        first = statement.operands[1]  # xchg is written either way round
    if isinstance(first, Immediate) and first.value is not None:
        if -(1 << 31) <= first.value < 1 << 31:
            return IMMEDIATE, first.value
        if 1 << 31 <= first.value < 1 << 32:
            return IMMEDIATE, first.value - (1 << 32)
    if isinstance(first, Register) and first.number != RSP:
        return first.number + (IMMEDIATE + 1 if first.is_high else 0), 0
    raise NotImplementedError


def _size(statement: Statement) -> int:
    found = access(statement)
    size = max(found.reads, found.writes) if found else 0
    if size not in (1, 2, 4, 8, 16):
        raise NotImplementedError
    return size


def _address(memory: Memory) -> str:
    return moved(memory, _ADDRESS)


def _on_scratch(statement: Statement, memory: Memory) -> list[str]:
    """Return the instruction, on the scratch bytes, without a lock or the prefixes of one."""
    for operand in statement.operands:
        if isinstance(operand, Register) and operand.number == RSP:
            raise NotImplementedError
    operands = ", ".join(
        SCRATCH if operand is memory else _text(operand) for operand in statement.operands
    )
    return [f"{statement.mnemonic}\t{operands}"]


def _text(operand: object) -> str:
    if isinstance(operand, Register | Immediate):
        return operand.text
    if isinstance(operand, Vector):
        return "%" + operand.name
    raise NotImplementedError


def _locked(statement: Statement, memory: Memory, call: Call) -> list[str]:
    mnemonic = statement.mnemonic
    size = _size(statement)
    call = replace(call, size=size)
    address = _address(memory)
    if mnemonic in ("cmpxchg16b", "cmpxchg8b"):
        return [*replace(call, what=What.CAS_PAIR).lines(address), DONE]
    if mnemonic.startswith("cmpxchg"):
        operand, _ = _operand(statement)
        call = replace(call, what=What.CAS, operand=operand)
        return [*call.lines(address), *_on_scratch(statement, memory), DONE]
    bits = _BITS.match(mnemonic)
    if bits:
        operand, constant = _operand(statement)
        call = replace(call, what=What.BIT, operand=operand, immediate=constant)
        return [*replace(call, operation=OPERATIONS[bits[1]]).lines(address), DONE]
    found = _LOCKABLE.match(mnemonic)
    if not found:
        raise NotImplementedError
    operand, constant = _one_operand(found[1], statement)
    call = replace(call, what=What.RMW, operation=OPERATIONS[found[1]])
    call = replace(call, operand=operand, immediate=constant)
    return [*call.lines(address), *_on_scratch(statement, memory), DONE]


def _one_operand(name: str, statement: Statement) -> tuple[int, int]:
    constants = {"inc": 1, "dec": -1, "not": -1, "neg": 0}
    if name in constants:
        return IMMEDIATE, constants[name]
    return _operand(statement)


def _unlocked(statement: Statement, memory: Memory, call: Call) -> list[str]:
    found: Access | None = access(statement)
    if found is None or statement.mnemonic.startswith(("bt", "cmpxchg16", "cmpxchg8")):
        return _bit_test(statement, memory, call)
    if any(isinstance(operand, Vector) for operand in statement.operands):
        return _vector(statement, memory, call, found)
    if not found.reads and not found.writes:
        return []
    call = replace(call, size=_size(statement))
    if not found.reads and _is_move(statement):
        operand, constant = _operand(statement)
        store = replace(call, what=What.STORE, operand=operand, immediate=constant)
        return [*store.lines(_address(memory)), DONE]
    load = replace(call, what=What.LOAD)
    lines = [*load.lines(_address(memory)), *_on_scratch(statement, memory)]
    if found.writes:
        lines += replace(call, what=What.STORE_BACK, live=~0).lines_again()
    return [*lines, DONE]


def _is_move(statement: Statement) -> bool:
    return re.match(r"mov(nti)?[bwlq]?$", statement.mnemonic) is not None


def _bit_test(statement: Statement, memory: Memory, call: Call) -> list[str]:
    """``bt`` with a constant below 32: of the bytes that it names."""
    if not re.match(r"bt[src]?[lq]$", statement.mnemonic):
        raise NotImplementedError
    first = statement.operands[0]
    if not isinstance(first, Immediate):
        raise NotImplementedError
    call = replace(call, size=8 if statement.mnemonic.endswith("q") else 4)
    load = replace(call, what=What.LOAD)
    lines = [*load.lines(_address(memory)), *_on_scratch(statement, memory)]
    if not re.match(r"bt[lq]$", statement.mnemonic):
        lines += replace(call, what=What.STORE_BACK, live=~0).lines_again()
    return [*lines, DONE]


def _vector(statement: Statement, memory: Memory, call: Call, found: Access) -> list[str]:
    """Announce a vector's move as plain: nothing promises that it is one access."""
    lines: list[str] = []
    for size, what in ((found.reads, What.READ), (found.writes, What.WRITE)):
        if size:
            plain = replace(call, what=what, immediate=size, live=~0)
            lines += [*plain.lines(_address(memory)), DONE]
    return [*lines, statement.text]
