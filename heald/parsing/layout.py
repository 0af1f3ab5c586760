"""What Python must know of csrc/include/heald/parse.h, and how replies are read."""

from __future__ import annotations

import struct
from dataclasses import dataclass

INPUT_LIMIT = 1 << 20
"""``PARSE_SIZE_LIMIT``: bytes of one input."""

STACK_BYTES = 1 << 20
"""What a parser may use of it: many a thread has no more."""

TRANSCRIPT_LIMIT = 8 * INPUT_LIMIT

CDEF = """
struct parse_report {
    uint32_t status; uint32_t place; int32_t alignment; int32_t signal;
    int64_t offset; uint64_t size; uint64_t transcript_size;
};
int parse_open(unsigned time_limit_ms);
void parse_close(void);
void parse_case(const unsigned char *data, size_t size, uint64_t alignments,
                struct parse_report *report, unsigned char *transcript, size_t capacity);
uint64_t parse_bulk(uint64_t seed, uint64_t first, uint64_t count,
                    struct parse_report *report, unsigned char *input, size_t capacity);
"""

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
