"""What Python must know of csrc/include/heald/parse.h, and how replies are read."""

from __future__ import annotations

import struct
from dataclasses import dataclass

INPUT_LIMIT = 1 << 20
"""``PARSE_SIZE_LIMIT``: bytes of one input."""

STACK_BYTES = 1 << 20
"""What a parser may use of it: many a thread has no more."""

TRANSCRIPT_LIMIT = 8 * INPUT_LIMIT

_REPORT = struct.Struct("=IIiiqQQ")
REPORT_BYTES = _REPORT.size


@dataclass(frozen=True)
class Report:
    """``struct parse_report``."""

    status: int
    place: int
    alignment: int
    signal: int
    offset: int
    size: int
    transcript_size: int

    @classmethod
    def unpack(cls, reply: bytes, at: int = 0) -> Report:
        """Read a report from `reply`."""
        return cls(*_REPORT.unpack_from(reply, at))
