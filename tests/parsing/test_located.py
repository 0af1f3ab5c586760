"""A parser's failure names the line of C that was at it, or the function that returned it."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.parsing.session import ParserSession
from heald.parsing.subject import ParserSubject
from heald.parsing.target import ParserTarget

HEAD = """#include <stddef.h>
#include <string.h>
struct note { long sum; };
long parse(const unsigned char *data, size_t size, struct note *out) {
    out->sum = 0;
    if (size < 2)
        return 0;
"""
#: What follows from line 8 on, what its failure is, and the line that is named.
FLAWS = {
    "reads one byte too many": (
        "    for (size_t i = 0; i <= size; i++)\n        out->sum += data[i];",
        ("read outside", 9, "parse"),
    ),
    "copies one byte too many": (
        "    unsigned char own[300];\n"
        "    memcpy(own, data + 1, size < 255 ? size : 255);\n"
        "    out->sum = own[size - 2];",
        ("read outside", 9, "parse"),
    ),
    "compares behind the end": (
        '    out->sum = memcmp(data, "ab" "cdefghijklmnopqrstuvwxyz", data[1] % 8 + size);',
        ("read outside", 8, "parse"),
    ),
    "claims one byte too many": (
        "    return (long)size + 1;",
        ("consumed outside", 4, "parse"),
    ),
    "divides by what it read": (
        "    out->sum = 8 / (data[1] - data[1]);",
        ("crashed", 8, "parse"),
    ),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_failing_parser_is_located(flaw: str, tmp_path: Path) -> None:
    body, (kind, line, function) = FLAWS[flaw]
    source = tmp_path / "note.c"
    source.write_text(f"{HEAD}{body}\n    return (long)size;\n}}\n")
    entry = "long parse(const unsigned char *data, size_t size, struct note *out)"
    parser = ParserSubject(source, entry=entry, fields=["sum"], in_place=False)
    with ParserSession(parser) as session:
        found = session.case(b"abcdefghijklmnopqrs").finding
    assert found is not None
    finding = ParserTarget(parser).as_finding(found)
    (place,) = finding.detail["where"]
    said = (finding.kind, place["line"], place["function"])
    assert (Path(place["file"]).name, *said) == ("note.c", kind, line, function)
    assert finding.detail["shown"][0].startswith(f"in parse at {place['file']}:{line}: ")
