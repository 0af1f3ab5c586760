"""The description of message.c: what a right parser says of every input."""

import struct

import heald
from heald.parsing import Parsed, ParserTarget


def oracle(data):
    if len(data) < 8 or len(data) < 8 + int.from_bytes(data[2:4], "big"):
        return Parsed(consumed=0, records=())
    kind, length, sequence = struct.unpack_from(">HHI", data)
    record = {"type": kind, "sequence": sequence, "payload": data[8 : 8 + length]}
    return Parsed(8 + length, (record,))


message = heald.ParserSubject(
    "message.c",
    entry="long parse(const unsigned char *data, size_t size, struct message *out)",
    fields=["type", "sequence"],
    spans={"payload": "payload_size"},
    oracle=oracle,
    least=8,
)
TARGETS = [ParserTarget(message)]
