"""Every alarm of the harness rings: each parser here has one planted flaw."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald import UsageError
from heald.parsing import Parsed, ParserSession, ParserSubject

RECORD = "#include <stddef.h>\n#include <stdlib.h>\n#include <string.h>\n" + (
    "struct rec { long value; const unsigned char *span; size_t length; };\n"
    "long parse(const unsigned char *data, size_t size, struct rec *r);\n"
    "long parse(const unsigned char *data, size_t size, struct rec *r) {\n"
    "    r->value = data[0]; r->span = data; r->length = 1;\n"
)

FLAWS = {
    "read outside": "r->value = data[size];",
    "wild access": "r->value = *(volatile char *)16;",
    # Aligned words never cross into the next page, so no guard page sees this read.
    "depends outside": "const unsigned char *end = data + size;\n"
    "const unsigned char *next = (const void *)(((size_t)end + 7) & ~(size_t)7);\n"
    "for (; end < next; end++) r->value += *(volatile const unsigned char *)end;",
    "pointer outside": "r->span = data + size; r->length = 2;",
    "consumed outside": "return (long)size + 1;",
    "no end": "for (volatile int i = 1; i;) ;",
    "input changed": "((unsigned char *)(size_t)data)[0] ^= 1;",
    "crashed": "abort();",
    "not in place": "static void *volatile kept; kept = malloc(size); free(kept);",
    "worker died": "exit(3);",
}


def subject(folder: Path, flaw: str, **options: object) -> ParserSubject:
    source = folder / "parser.c"
    source.write_text(f"{RECORD}    {flaw}\n    return 1;\n}}\n")
    return ParserSubject(
        str(source),
        entry="long parse(const unsigned char *, size_t, struct rec *)",
        fields=["value"],
        spans={"span": "length"},
        **options,  # type: ignore[arg-type]
    )


def oracle(data: bytes) -> Parsed:
    records = tuple({"value": byte, "span": bytes([byte])} for byte in data)
    return Parsed(len(data), records)


@pytest.mark.parametrize(("kind", "flaw"), FLAWS.items(), ids=FLAWS.keys())
def test_planted_flaw_is_reported_as_what_it_is(
    tmp_path: Path, kind: str, flaw: str
) -> None:
    with ParserSession(subject(tmp_path, flaw), time_limit_s=0.1) as session:
        finding = session.case(b"abc").finding
        assert finding is not None
        assert finding.kind == kind
        # The next input is answered as if nothing had happened.
        again = session.case(b"abc").finding
        assert again is not None
        assert again.kind == kind


def test_fault_reports_the_exact_offset(tmp_path: Path) -> None:
    flawed = subject(tmp_path, "r->value = data[size + 5];")
    with ParserSession(flawed) as session:
        finding = session.case(b"0123456789").finding
    assert finding is not None
    assert "touched offset 15 of an input of 10 bytes (it has 0 to 9)" in finding.message


def test_read_before_the_input_is_caught_by_the_page_before_it(tmp_path: Path) -> None:
    flawed = subject(
        tmp_path, "r->value += *(volatile const unsigned char *)(data - 1) * 0;"
    )
    with ParserSession(flawed) as session:
        finding = session.case(b"a").finding
    assert finding is not None
    assert (
        "touched offset -1 of an input of 1 byte (its only one is 0)" in finding.message
    )


def test_right_parser_passes_and_says_what_it_parsed(tmp_path: Path) -> None:
    with ParserSession(subject(tmp_path, "", oracle=oracle)) as session:
        result = session.case(b"ab")
    assert result.finding is None
    assert result.parsed == oracle(b"ab")


def test_wrong_value_is_told_by_the_oracle(tmp_path: Path) -> None:
    wrong = subject(tmp_path, "if (size == 2) r->value++;", oracle=oracle)
    with ParserSession(wrong) as session:
        assert session.case(b"c").finding is None
        finding = session.case(b"ac").finding
    assert finding is not None
    assert finding.kind == "wrong"
    assert "the parser says [{value=98, span=61}" in finding.message


def test_undefined_behaviour_is_seen_by_the_checked_build(tmp_path: Path) -> None:
    flawed = subject(tmp_path, "int big = 0x7fffffff; big += data[0]; r->value = big;")
    with ParserSession(flawed, checked=True) as session:
        finding = session.case(b"a").finding
    assert finding is not None
    assert finding.kind == "undefined"
    assert "signed integer overflow" in finding.message


def test_parser_that_does_not_compile_shows_the_compilers_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"parser\.c:8:\d+: error: .*nonsense"):
        ParserSession(subject(tmp_path, "nonsense;"))


def test_bulk_without_a_generator_is_refused(tmp_path: Path) -> None:
    with (
        ParserSession(subject(tmp_path, "")) as session,
        pytest.raises(UsageError, match="has no generator"),
    ):
        session.bulk(seed=1, first=0, count=1)
