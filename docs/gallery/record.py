"""The description of record.c: what a right parser says of every input."""

import heald
from heald.parsing import Parsed, ParserTarget


def oracle(data):
    if len(data) < 2 or len(data) < 2 + data[1]:
        return Parsed(consumed=0, records=())
    body = data[2 : 2 + data[1]]
    record = {"kind": data[0] | (sum(body) & 0xFF) << 8, "body": body}
    return Parsed(2 + len(body), (record,))


record = heald.ParserSubject(
    "record.c",
    entry="long parse(const unsigned char *data, size_t size, struct record *out)",
    fields=["kind"],
    spans={"body": "body_size"},
    oracle=oracle,
    least=2,
)
TARGETS = [ParserTarget(record)]
