"""What Python must know of csrc/include/heald/parse.h, and how replies are read."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass, fields

from heald.building.interfaces import structure
from heald.verdicts import EngineError

INPUT_LIMIT = 1 << 20
"""``PARSE_SIZE_LIMIT``: bytes of one input."""

STACK_BYTES = 1 << 20
"""What a parser may use of it: many a thread has no more."""

TRANSCRIPT_LIMIT = 8 * INPUT_LIMIT

_REPORT = structure("parse", "parse_report")
_HEAD = structure("parse", "parse_transcript")
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


def number_of(raw: bytes) -> int:
    """Return a number as this machine has it in memory."""
    return int.from_bytes(raw, sys.byteorder, signed=True)


class Transcript:
    """What a parser said, read from its beginning on.

    Attributes
    ----------
    result, count, consumed
        ``struct parse_transcript``, which begins it.
    """

    def __init__(self, said: bytes) -> None:
        self._said = said
        self._at = 0
        head = _HEAD.from_buffer_copy(self.take(ctypes.sizeof(_HEAD)))
        self.result: int = head.result
        self.count: int = head.count
        self.consumed: int = head.consumed

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        end = self._at + size
        if not self._at <= end <= len(self._said):
            raise EngineError(
                f"a transcript of {len(self._said)} bytes, read up to {end}"
            )
        taken, self._at = self._said[self._at : end], end
        return taken

    def number(self) -> int:
        """Return the next number."""
        return number_of(self.take(8))

    def end(self) -> None:
        """Be sure that all was read."""
        if self._at != len(self._said):
            raise EngineError(
                f"a transcript of {len(self._said)} bytes, read up to {self._at}"
            )
