"""One transfer under faults, and what it did, in words.

``records.py`` has both as they travel to the worker and back, some 200 bytes a case; the numbers of
the enumerations are those of ``csrc/include/heald/faults.h``, and a test compares them.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from typing import Any

MOST_STEPS = 8


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
    ZERO = 6


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
    "recvmmsg",
)

#: Names of the boolean fields of `Case`.
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
    "together",
    "after",
    "repeated",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a script: the next intercepted call is treated so."""

    action: Action
    value: int = 0

    def __str__(self) -> str:
        if self.action is Action.ERRNO:
            return errno.errorcode.get(self.value, str(self.value))
        if self.action in (Action.PASS, Action.ZERO):
            return self.action.name.lower()
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
        A negative count is a ``size_t`` that no offset can hold: -1 is ``SIZE_MAX``.
    gap, gap_bytes
        Where else bytes were never written, and how many; up to the end, if it lies behind.
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
    together
        Another transfer of the same subject runs at the same time.
    after
        The steps act in a call before, of other bytes; what comes after it is judged, too.
    repeated
        The same again and again: memory that each call leaves behind adds up.
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
    gap: int = 0
    gap_bytes: int = 0
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
    together: bool = False
    after: bool = False
    repeated: bool = False
    event_at: int = 0
    steps: tuple[Step, ...] = ()

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
            f"start {self.start}, count {self._asked}{faults}{script}"
        )

    @property
    def wanted(self) -> int:
        """How many bytes are asked for, as a ``size_t``."""
        return self.count % (1 << 64)

    @property
    def _asked(self) -> str:
        if self.count >= 0:
            return str(self.count)
        return "SIZE_MAX" + (f" - {-1 - self.count}" if self.count < -1 else "")


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One intercepted call: what was asked, what came back, which step acted, from where."""

    name: str
    asked: int
    returned: int
    step: int
    at: int = 0

    def __str__(self) -> str:
        """Give the call as a system call tracer would."""
        if self.returned >= 0:
            return f"{self.name}({self.asked}) = {self.returned}"
        return f"{self.name}({self.asked}) = -1 {errno.errorcode.get(-self.returned)}"


@dataclass(frozen=True, slots=True)
class Result:
    """What one transfer did; ``broken`` holds the bits of the clauses it broke.

    ``got`` and ``meant`` are bytes from ``shown_at`` on: what arrived, and what had to.
    """

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
    together: int = 0
    shown_at: int = -1
    got: bytes = b""
    meant: bytes = b""
    log: tuple[LoggedCall, ...] = ()
