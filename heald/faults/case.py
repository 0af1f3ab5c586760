"""One transfer under faults, and what it did: the Python side of ``csrc/faults/case.h``.

Both sides hold the same fixed records, so a case costs 200 bytes on its way to the worker
and stays readable in a capsule. The layout is a contract between the two files; a test
compares them field by field.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from typing import Any

ABI = 3
MOST_STEPS = 8
LOGGED_CALLS = 12

_CASE = struct.Struct("=Q7q2Q2Q7iI4Bi16i")
_RESULT = struct.Struct("=10qI2i7I")
_CALL = struct.Struct("=2q2i")
CASE_BYTES = _CASE.size
RESULT_BYTES = _RESULT.size + LOGGED_CALLS * _CALL.size


class Source(IntEnum):
    """What is read from."""

    FILE = 0
    DISK = 1
    PIPE = 2
    UNIX = 3
    TCP = 4
    PROC = 5
    SEQ = 6
    FUSE = 7
    LIAR = 8

    @property
    def is_stream(self) -> bool:
        """Whether bytes are gone once they are read."""
        return self in (Source.PIPE, Source.UNIX, Source.TCP)

    @property
    def is_file(self) -> bool:
        """Whether it has a size that can be chosen."""
        return self in (Source.FILE, Source.DISK)


class Sink(IntEnum):
    """What is written to."""

    FILE = 0
    DISK = 1
    APPEND = 2
    PIPE = 3
    UNIX = 4
    TCP = 5
    NULL = 6
    FULL = 7
    FUSE = 8

    @property
    def is_stream(self) -> bool:
        """Whether somebody reads at the other end."""
        return self in (Sink.PIPE, Sink.UNIX, Sink.TCP)

    @property
    def is_file(self) -> bool:
        """Whether it has a position."""
        return self in (Sink.FILE, Sink.DISK, Sink.APPEND, Sink.FULL, Sink.FUSE)


class Action(IntEnum):
    """What happens at one intercepted call."""

    PASS = 0
    CAP = 1
    ERRNO = 2
    TRUNCATE = 3
    APPEND = 4
    SIGNAL = 5


class Shape(IntEnum):
    """The form of the subject's function."""

    TRANSFER = 0
    FAN_OUT = 1


CALLS = (
    "sendfile",
    "splice",
    "tee",
    "vmsplice",
    "copy_file_range",
    "read",
    "write",
    "pread",
    "pwrite",
    "send",
    "sendmsg",
    "recv",
    "readv",
    "writev",
    "preadv",
    "pwritev",
    "sendto",
    "recvfrom",
    "recvmsg",
    "sendmmsg",
)

#: Names of the boolean fields of `Case`, in the order of their bits.
FLAGS = (
    "offset",
    "nonblock_out",
    "nonblock_in",
    "reset",
    "restart",
    "overwrite",
    "cut",
    "shares",
    "tail",
    "notify",
    "peer",
    "zeros",
    "stays",
    "outside",
)

#: Names of the numeric fields of `Case`, in the order of the record.
_NUMBERS = (
    "content",
    "size",
    "hole",
    "start",
    "count",
    "sink_position",
    "limit",
    "vanish_after",
    "send_buffer",
    "receive_buffer",
    "pipe_bytes",
    "stall_ms",
    "chunk",
    "pause_us",
    "storm_us",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a script: the next intercepted call is treated so."""

    action: Action
    value: int = 0

    def __str__(self) -> str:
        if self.action is Action.ERRNO:
            return errno.errorcode.get(self.value, str(self.value))
        if self.action is Action.PASS:
            return "pass"
        return f"{self.action.name.lower()} {self.value}"


@dataclass(frozen=True, slots=True)
class Case:
    """One transfer: descriptors, what is asked for, and what goes wrong meanwhile.

    Attributes
    ----------
    size, hole
        Bytes in the source; of these, leading ones that were never written (zeros).
    start, count
        Where the transfer begins and how many bytes are asked for; both may lie past the end.
    limit
        Bytes that the sink takes before it refuses, ``-1`` for no limit.
    vanish_after
        The peer goes away after so many bytes, ``-1`` for never.
    natural
        Errnos that the kernel may give for this pair of descriptors.
    recovered
        Errnos that the subject promises to answer with another method.
    stall_ms, chunk, pause_us
        How the peer behaves: a sleep before anything else, bytes per call, sleep between.
    stays
        The writer of a stream source keeps its end open: no end of file after the bytes.
    outside, event_at
        The steps act in the file system, or in the peer when it has got `event_at` bytes; not
        in the shim.
    """

    content: int = 0
    size: int = 0
    hole: int = 0
    start: int = 0
    count: int = 0
    sink_position: int = 0
    limit: int = -1
    vanish_after: int = -1
    natural: frozenset[int] = frozenset()
    recovered: frozenset[int] = frozenset()
    send_buffer: int = 0
    receive_buffer: int = 0
    pipe_bytes: int = 0
    stall_ms: int = 0
    chunk: int = 0
    pause_us: int = 0
    storm_us: int = 0
    source: Source = Source.FILE
    sink: Sink = Sink.FILE
    shape: Shape = Shape.TRANSFER
    offset: bool = False
    nonblock_out: bool = False
    nonblock_in: bool = False
    reset: bool = False
    restart: bool = False
    overwrite: bool = False
    cut: bool = False
    shares: bool = False
    tail: bool = False
    notify: bool = False
    peer: bool = False
    zeros: bool = False
    stays: bool = False
    outside: bool = False
    event_at: int = 0
    steps: tuple[Step, ...] = ()

    def pack(self) -> bytes:
        """Return the 200 bytes of ``struct fault_case``."""
        numbers = [getattr(self, name) for name in _NUMBERS]
        flags = sum(getattr(self, name) << bit for bit, name in enumerate(FLAGS))
        steps = [number for step in self.steps for number in (step.action, step.value)]
        steps += [0] * (2 * MOST_STEPS - len(steps))
        return _CASE.pack(
            *numbers[:8],
            *bits_of(self.natural),
            *bits_of(self.recovered),
            *numbers[8:],
            flags,
            self.source,
            self.sink,
            self.shape,
            len(self.steps),
            self.event_at,
            *steps,
        )

    @classmethod
    def unpack(cls, record: bytes) -> Case:
        """Read ``struct fault_case`` back, as it comes from a generator or a recorder."""
        read = _CASE.unpack(record)
        flags, source, sink, shape, step_count, event_at = read[19:25]
        pairs = list(zip(read[25::2], read[26::2], strict=True))[:step_count]
        values: dict[str, Any] = dict(zip(_NUMBERS, read[:8] + read[12:19], strict=True))
        values |= {name: bool(flags >> bit & 1) for bit, name in enumerate(FLAGS)}
        return cls(
            natural=set_of(read[8:10]),
            recovered=set_of(read[10:12]),
            source=Source(source),
            sink=Sink(sink),
            shape=Shape(shape),
            event_at=event_at,
            steps=tuple(Step(Action(action), value) for action, value in pairs),
            **values,
        )

    def with_(self, **changes: Any) -> Case:
        """Return a copy with some fields changed."""
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Return what a capsule stores: the fields that are not at their default."""
        empty = asdict(Case())
        found = {key: value for key, value in asdict(self).items() if value != empty[key]}
        for key in ("natural", "recovered"):
            if key in found:
                found[key] = sorted(errno.errorcode[number] for number in found[key])
        for key in ("source", "sink", "shape"):
            if key in found:
                found[key] = found[key].name
        if self.steps:
            found["steps"] = [[step.action.name, step.value] for step in self.steps]
        return found

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Case:
        """Read what `to_json` gave."""
        fields: dict[str, Any] = dict(stored)
        for key in ("natural", "recovered"):
            fields[key] = frozenset(getattr(errno, name) for name in fields.get(key, ()))
        enums = {"source": Source, "sink": Sink, "shape": Shape}
        fields |= {key: kind[fields[key]] for key, kind in enums.items() if key in fields}
        steps = fields.get("steps", ())
        fields["steps"] = tuple(Step(Action[name], value) for name, value in steps)
        return cls(**fields)

    def __str__(self) -> str:
        """Give the case in one line: the pair, the window, and what differs from usual."""
        shown = self.to_json()
        for key in ("source", "sink", "size", "start", "count", "content", "steps"):
            shown.pop(key, None)
        for key in ("natural", "recovered", "shares", "zeros", "shape"):
            shown.pop(key, None)
        faults = "".join(
            f", {key}" if value is True else f", {key} {value}"
            for key, value in shown.items()
        )
        script = f", script [{', '.join(map(str, self.steps))}]" if self.steps else ""
        return (
            f"{self.source.name.lower()} of {self.size} bytes -> {self.sink.name.lower()}, "
            f"start {self.start}, count {self.count}{faults}{script}"
        )


def bits_of(numbers: frozenset[int]) -> tuple[int, int]:
    """Pack a set of errnos, each 0..127, into two 64-bit words."""
    word = sum(1 << number for number in numbers)
    return word & (1 << 64) - 1, word >> 64


def set_of(words: tuple[int, ...]) -> frozenset[int]:
    """Unpack what `bits_of` packed."""
    word = words[0] | words[1] << 64
    return frozenset(number for number in range(128) if word >> number & 1)


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One intercepted call: what was asked, what came back, which step acted."""

    name: str
    asked: int
    returned: int
    step: int

    def __str__(self) -> str:
        """Give the call as a system call tracer would."""
        if self.returned >= 0:
            return f"{self.name}({self.asked}) = {self.returned}"
        return f"{self.name}({self.asked}) = -1 {errno.errorcode.get(-self.returned)}"


@dataclass(frozen=True, slots=True)
class Result:
    """What one transfer did; ``broken`` holds the bits of the clauses it broke."""

    moved: int
    arrived: int
    expected: int
    wrong_at: int
    offset: int
    source_after: int
    sink_after: int
    tail_us: int
    cpu_us: int
    wall_us: int
    broken: int
    result: int
    error: int
    calls: int
    waits: int
    spins: int
    steps_used: int
    leaked: int
    log: tuple[LoggedCall, ...] = ()

    @classmethod
    def unpack(cls, record: bytes) -> Result:
        """Read ``struct fault_result``."""
        *fields, log_count, _reserved = _RESULT.unpack_from(record)
        calls = [
            _CALL.unpack_from(record, _RESULT.size + i * _CALL.size)
            for i in range(log_count)
        ]
        log = tuple(
            LoggedCall(CALLS[which], asked, returned, step)
            for asked, returned, which, step in calls
        )
        values: dict[str, Any] = dict(zip(_RESULTS, fields, strict=True))
        return cls(log=log, **values)


#: Names of the numeric fields of `Result`, in the order of the record.
_RESULTS = tuple(name for name in Result.__dataclass_fields__ if name != "log")
