"""What can be wrong with a parser, said in one sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from heald.parsing.hexdump import hexdump


class Status(IntEnum):
    """``enum parse_status`` of csrc/include/heald/parse.h, and what only a worker can show."""

    OK = 0
    READ_OUTSIDE = 1
    WILD_ACCESS = 2
    DEPENDS_OUTSIDE = 3
    POINTER_OUTSIDE = 4
    CONSUMED_OUTSIDE = 5
    TOO_MANY = 6
    NO_END = 7
    INPUT_CHANGED = 8
    CRASHED = 9
    NOT_IN_PLACE = 10
    WRONG = 11
    UNSET = 12
    DEPENDS_ON_PIECES = 13
    STACK = 14
    FORBIDDEN_CALL = 15
    BESIDE_RECORDS = 16
    # From here on: seen from outside of the worker, or by the oracle in Python.
    UNDEFINED = 100
    WORKER_DIED = 101

    @property
    def kind(self) -> str:
        """The word for it in capsules and tables, such as ``read outside``."""
        return self.name.lower().replace("_", " ")


_PLACES = (
    "flush against an unreadable page after it",
    "flush against an unreadable page before it",
    "inside a larger buffer full of old bytes",
    "in a heap block of its own",
    "in pieces, each before an unreadable page or in a block of its own",
)

_SENTENCES = {
    Status.READ_OUTSIDE: "touched offset {offset} of an input of {size} {bytes} ({offsets})",
    Status.WILD_ACCESS: "touched memory far from the input (offset {offset})",
    Status.DEPENDS_OUTSIDE: "the result changes with the bytes around the input: "
    "something outside of its {size} bytes is read",
    Status.POINTER_OUTSIDE: "returned bytes that do not lie in the input "
    "(they begin at offset {offset} of {size})",
    Status.CONSUMED_OUTSIDE: "says it consumed {offset} bytes of {size}",
    Status.TOO_MANY: "found {offset} records in {size} bytes: there is no room for so many",
    Status.NO_END: "was still running after the time limit on an input of {size} bytes",
    Status.INPUT_CHANGED: "wrote to the input or to the bytes beside it",
    Status.CRASHED: "died of signal {signal}",
    Status.NOT_IN_PLACE: "allocated or copied {offset} bytes, though it is said to work in place",
    Status.WRONG: "the result differs from the reference",
    Status.UNSET: "the same call gave another result: a field keeps what was in the record "
    "before, or the parser keeps something from call to call",
    Status.DEPENDS_ON_PIECES: "the result changes with where the input is cut into pieces",
    Status.BESIDE_RECORDS: "wrote before its records, or behind as many as it was given",
    Status.FORBIDDEN_CALL: "made system call number {offset}, which starts a process, "
    "signals one, or hides how it crashes",
    Status.STACK: "ran out of 1 MiB of stack on an input of {size} bytes: recursion as deep as its "
    "input likes",
}


@dataclass(frozen=True)
class ParserFinding:
    """One input on which a parser went wrong.

    ``alignment`` is the address of the input modulo 8; ``data`` the whole input, so that the
    finding can be seen again by itself; ``position`` the byte of it that matters, where one does;
    ``at`` the place of a fault in the compiled parser, ``said`` what a sanitizer printed.
    """

    status: Status
    message: str
    data: bytes
    place: str
    alignment: int
    position: int | None = None
    at: int = 0
    said: str = ""

    @property
    def kind(self) -> str:
        """The word for the status."""
        return self.status.kind

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-able form; the input is in hexadecimal."""
        return {
            "kind": self.kind,
            "message": self.message,
            "data": self.data.hex(),
            "place": self.place,
            "alignment": self.alignment,
            "position": self.position,
            "shown": hexdump(self.data, self.position),
        }


_AT = frozenset({Status.READ_OUTSIDE, Status.POINTER_OUTSIDE, Status.CONSUMED_OUTSIDE})


def judged(
    status: int,
    place: int,
    alignment: int,
    signal: int,
    offset: int,
    data: bytes,
    at: int = 0,
) -> ParserFinding:
    """Turn a failed report of the harness into a finding."""
    known = Status(status)
    sentence = _SENTENCES[known].format(
        offset=offset, size=len(data), signal=signal, **_of_size(len(data))
    )
    message = (
        f"{sentence}; the input lay {_PLACES[place]}, at an address {alignment} modulo 8"
    )
    position = offset if known in _AT and abs(offset) <= 2 * len(data) + 64 else None
    return ParserFinding(known, message, data, _PLACES[place], alignment, position, at)


def _of_size(size: int) -> dict[str, str]:
    """Say which offsets an input of so many bytes has."""
    last = size - 1
    said = {0: "it has none", 1: "its only one is 0", 2: "it has 0 and 1"}
    return {
        "bytes": "byte" if size == 1 else "bytes",
        "offsets": said.get(size, f"it has 0 to {last}"),
    }
