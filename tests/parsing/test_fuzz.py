from __future__ import annotations

import struct
from pathlib import Path

import pytest

from heald.parsing.fuzz import fuzz, fuzzer_missing
from heald.parsing.subject import parser_subject
from subjects.message import FLAWED, SOUND

pytestmark = pytest.mark.skipif(
    fuzzer_missing() is not None, reason=str(fuzzer_missing())
)

VALID = struct.pack(">HHI", 1, 3, 7) + b"abc"


def test_flaw_is_found_and_comes_back_as_a_finding_with_its_input() -> None:
    flaw = next(f for f in FLAWED if f.parser.name.endswith("wrapping sum"))
    result = fuzz(flaw.parser, seconds=20, seed=1, examples=[VALID])
    assert result.finding is not None
    assert result.finding.kind in flaw.kinds
    assert result.executions > 0


def test_sound_parser_gives_a_corpus_and_no_finding() -> None:
    result = fuzz(SOUND[0], seconds=1, seed=1, examples=[VALID])
    assert result.finding is None
    assert result.executions > 1000
    assert VALID in result.corpus


def test_sixteen_bit_magic_is_found_with_the_dictionary(tmp_path: Path) -> None:
    source = tmp_path / "magic.c"
    source.write_text(
        "#include <stddef.h>\nstruct rec { long value; };\n"
        "long parse(const unsigned char *d, size_t n, struct rec *r);\n"
        "long parse(const unsigned char *d, size_t n, struct rec *r) {\n"
        "    if (n < 4) return 0;\n"
        "    r->value = d[0];\n"
        "    if (d[0] == 0x13 && d[1] == 0x37) r->value = d[n];\n"
        "    return 4;\n}\n"
    )
    parser = parser_subject(
        str(source),
        entry="long parse(const unsigned char *, size_t, struct rec *)",
        fields=["value"],
        least=4,
    )
    result = fuzz(parser, seconds=20, seed=3, dictionary=[b"\x13\x37"])
    assert result.finding is not None
    assert result.finding.kind == "read outside"
    assert (
        result.finding.data.startswith(b"\x13\x37") or b"\x13\x37" in result.finding.data
    )
