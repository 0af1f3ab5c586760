"""What Python must know of csrc/include/heald/parse.h, and how replies are read."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, fields

from heald.building.interfaces import structure

INPUT_LIMIT = 1 << 20
"""``PARSE_SIZE_LIMIT``: bytes of one input."""

STACK_BYTES = 1 << 20
"""What a parser may use of it: many a thread has no more."""

TRANSCRIPT_LIMIT = 8 * INPUT_LIMIT

_REPORT = structure("parse", "parse_report")
REPORT_BYTES = ctypes.sizeof(_REPORT)


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
    at: int

    @classmethod
    def unpack(cls, reply: bytes, at: int = 0) -> Report:
        """Read a report from `reply`."""
        raw = _REPORT.from_buffer_copy(reply, at)
        return cls(*(getattr(raw, field.name) for field in fields(cls)))
