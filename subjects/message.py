"""Length-prefixed big-endian messages: parsed in place, copied out, and the classic mistakes.

The oracle is written with ``struct``; the C is in ``csrc/subjects/message/``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from heald.parsing import Parsed, ParserSubject, ParserTarget

_HEADER = struct.Struct(">HHI")


def parse_with_struct(data: bytes, copy_limit: int | None = None) -> Parsed:
    """Say what a right parser says of `data`; `copy_limit` is ``MESSAGE_COPY_LIMIT``."""
    at, records = 0, []
    while at + _HEADER.size <= len(data):
        kind, length, sequence = _HEADER.unpack_from(data, at)
        end = at + _HEADER.size + length
        if end > len(data):
            break
        payload = data[at + _HEADER.size : end][:copy_limit]
        records.append(
            {"type": kind, "length": length, "sequence": sequence, "payload": payload}
        )
        at = end
    return Parsed(at, tuple(records))


def parse_and_cut(data: bytes) -> Parsed:
    """Say what the copying parser says: payloads end at 256 bytes."""
    return parse_with_struct(data, copy_limit=256)


_FOLDER = "../csrc/subjects/message"

in_place = ParserSubject(
    [f"{_FOLDER}/in_place.c", f"{_FOLDER}/generate.c", f"{_FOLDER}/reference.c"],
    name="message/in place",
    header=f"{_FOLDER}/message.h",
    entry="size_t message_parse(const unsigned char *buffer, size_t size, "
    "struct message *messages, size_t limit, size_t *consumed)",
    fields=["type", "length", "sequence"],
    spans={"payload": "kept"},
    oracle=parse_with_struct,
    reference="message_reference",
    generator="message_generate",
    least=_HEADER.size,
    expected="sound",
)

_copying = in_place.variant(
    "message/copy out", "MESSAGE_COPY=1", source="copy_out.c", in_place=False
)

#: Sound variants, each with the oracle that describes it.
SOUND = (in_place, replace(_copying, oracle=parse_and_cut))


@dataclass(frozen=True)
class Flaw:
    """A flawed variant and the ways in which it must show.

    ``kinds`` are those of ``heald.parsing.Status``; any of them is the flaw seen. ``checked``:
    only a sanitized build can see it on this machine.
    """

    parser: ParserSubject
    kinds: frozenset[str]
    why: str
    checked: bool = False


def _flaw(
    name: str,
    *defines: str,
    kinds: str,
    why: str,
    checked: bool = False,
    cast: bool = False,
) -> Flaw:
    source = "cast.c" if cast else None
    parser = in_place.variant(
        f"message/{name}", *defines, source=source, expected="flawed"
    )
    return Flaw(parser, frozenset(kinds.split(", ")), why, checked)


FLAWED = (
    _flaw(
        "textbook cast",
        cast=True,
        kinds="read outside, consumed outside, pointer outside",
        why="neither the header nor the length is checked",
    ),
    _flaw(
        "length trusted",
        "MESSAGE_CHECK_LENGTH=0",
        kinds="consumed outside, pointer outside, read outside",
        why="the header is checked, the length field in it is believed",
    ),
    _flaw(
        "host byte order",
        "MESSAGE_BIG_ENDIAN=0",
        kinds="wrong",
        why="right on a big-endian machine only",
    ),
    _flaw(
        "unaligned cast",
        "MESSAGE_CAST_CHECKED=1",
        cast=True,
        checked=True,
        kinds="undefined",
        why="every check is there, the cast itself is undefined behaviour",
    ),
    _flaw(
        "header read first",
        "MESSAGE_CHECK_HEADER=0",
        kinds="read outside",
        why="the length is read before there is known to be one",
    ),
    _flaw(
        "one byte too generous",
        "MESSAGE_SLACK=1",
        kinds="consumed outside, pointer outside, read outside",
        why="a message whose last byte is missing passes",
    ),
    _flaw(
        "wrapping sum",
        "MESSAGE_STEP=uint16_t",
        kinds="too many, wrong, pointer outside",
        why="8 + 65528 is 0 in 16 bits: the parser stays where it is",
    ),
    _flaw(
        "signed length",
        "MESSAGE_LENGTH=int16_t",
        kinds="too many, read outside, wild access, wrong, pointer outside",
        why="a length above 32767 goes backwards",
    ),
    _flaw(
        "asks the word",
        "MESSAGE_ASKS_WORD=1",
        kinds="depends outside",
        why="a byte after the input is read where its word, so its page, is the input's own",
    ),
)

TARGETS = [ParserTarget(parser) for parser in SOUND] + [
    ParserTarget(flaw.parser, checked=flaw.checked, kinds=flaw.kinds) for flaw in FLAWED
]
