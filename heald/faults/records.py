"""Cases on their way to the worker, and what comes back, as the records that C takes.

They are those of ``csrc/include/heald/faults.h``, read from there: nothing can drift apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from heald.building.interfaces import constants, interface
from heald.faults.case import (
    CALLS,
    FLAGS,
    MOST_STEPS,
    Action,
    Case,
    LoggedCall,
    Result,
    Shape,
    Sink,
    Source,
    Step,
)
from heald.faults.contract import Contract

_DRAWN_SOURCES = frozenset({Source.FILE, Source.PIPE, Source.UNIX})
_DRAWN_SINKS = frozenset({Sink.FILE, Sink.APPEND, Sink.PIPE, Sink.UNIX, Sink.NULL})

#: Fields of a case that are numbers in it and in its record, under one name.
_NUMBERS = (
    *("content", "size", "hole", "start", "count", "sink_position", "limit"),
    *(
        "vanish_after",
        "gap",
        "gap_bytes",
        "send_buffer",
        "receive_buffer",
        "pipe_bytes",
        "stall_ms",
    ),
    *("chunk", "pause_us", "storm_us", "source", "sink", "shape", "event_at"),
)
_RESULTS = tuple(
    name for name in Result.__dataclass_fields__ if name not in ("log", "got", "meant")
)


def size_of(tag: str) -> int:
    """Return the bytes of ``struct TAG``."""
    return interface("faults").sizeof(f"struct {tag}")


def read(tag: str, data: bytes) -> Any:
    """Return `data` as a ``struct TAG``, for cffi."""
    return interface("faults").from_buffer(f"struct {tag} *", data)


def pack_case(case: Case) -> bytes:
    """Return a case as its record."""
    fields: dict[str, Any] = {name: getattr(case, name) for name in _NUMBERS}
    fields |= {
        "natural": words_of(case.natural),
        "recovered": words_of(case.recovered),
        "flags": _flags({name: getattr(case, name) for name in FLAGS}),
        "step_count": len(case.steps),
        "steps": [(step.action, step.value) for step in case.steps],
    }
    return _pack("fault_case", fields)


def case_of(record: Any) -> Case:
    """Return a case from its record, as it comes from a generator or a recorder."""
    numbers: dict[str, Any] = {name: getattr(record, name) for name in _NUMBERS}
    bits = constants("faults")
    flags = {name: bool(record.flags & bits[f"FLAG_{name.upper()}"]) for name in FLAGS}
    steps = [record.steps[i] for i in range(record.step_count)]
    return Case(
        **{
            **numbers,
            **flags,
            "source": Source(record.source),
            "sink": Sink(record.sink),
            "shape": Shape(record.shape),
            "natural": errnos_of(record.natural),
            "recovered": errnos_of(record.recovered),
            "steps": tuple(Step(Action(step.action), step.value) for step in steps),
        }
    )


def result_of(record: Any) -> Result:
    """Return a result from its record."""
    log = tuple(
        LoggedCall(CALLS[call.which], call.asked, call.returned, call.step, call.at)
        for call in (record.log[i] for i in range(record.log_count))
    )
    values: dict[str, Any] = {name: getattr(record, name) for name in _RESULTS}
    got = bytes(record.got[0 : record.got_count])
    meant = bytes(record.meant[0 : record.meant_count])
    return Result(log=log, got=got, meant=meant, **values)


def can_draw(contract: Contract) -> bool:
    """Whether there is a pair that the C generator can draw, and a script can act on it."""
    pair = contract.sources & _DRAWN_SOURCES and contract.sinks & _DRAWN_SINKS
    return contract.scripted and contract.is_plain and bool(pair)


def pack_request(
    command: str,
    contract: Contract,
    *,
    seed: int = 0,
    count: int,
    most_steps: int = MOST_STEPS,
) -> bytes:
    """Return what the worker is asked, with what the C generator may draw.

    Parameters
    ----------
    command
        ``"RUN"`` for cases that follow, ``"BULK"`` for cases that C draws.
    """
    numbers = constants("faults")
    fatal = contract.fatal[: numbers["FAULT_ERRNOS"]]
    flags = {
        "offset": contract.offset,
        "nonblock_out": contract.nonblocking,
        "nonblock_in": contract.nonblocking,
        "shares": contract.shares,
        "zeros": contract.zeros,
    }
    plan = {
        "recovered": words_of(contract.recovers),
        "sources": sum(1 << kind for kind in contract.sources & _DRAWN_SOURCES),
        "sinks": sum(1 << kind for kind in contract.sinks & _DRAWN_SINKS),
        "flags": _flags(flags),
        "shape": contract.shape,
        "errno_count": len(fatal),
        "most_steps": most_steps,
        "again": contract.hears_again,
        "errnos": fatal,
    }
    fields = {
        "abi": numbers["FAULT_ABI"],
        "command": numbers[f"FAULT_{command}"],
        "seed": seed,
        "count": count,
        "plan": plan,
    }
    return _pack("fault_request", fields)


def words_of(numbers: frozenset[int]) -> tuple[int, int]:
    """Pack a set of errnos, each 0..127, into two 64-bit words."""
    word = sum(1 << number for number in numbers)
    return word & (1 << 64) - 1, word >> 64


def errnos_of(words: Sequence[int]) -> frozenset[int]:
    """Unpack what `words_of` packed."""
    word = words[0] | words[1] << 64
    return frozenset(number for number in range(128) if word >> number & 1)


def _flags(flags: dict[str, bool]) -> int:
    bits = constants("faults")
    return sum(bits[f"FLAG_{name.upper()}"] for name, is_set in flags.items() if is_set)


def _pack(tag: str, fields: dict[str, Any]) -> bytes:
    ffi = interface("faults")
    return bytes(ffi.buffer(ffi.new(f"struct {tag} *", fields)))
