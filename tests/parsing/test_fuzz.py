from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heald.capsule import load_capsule
from heald.parsing.finding import ParserFinding, Status, judged
from heald.parsing.fuzz import fuzz, fuzzer_missing
from heald.parsing.kept import keep, kept_examples, kept_inputs
from heald.parsing.subject import ParserSubject
from heald.replaying.replay import replay
from heald.verdicts import Verdict
from subjects.message import FLAWED, SOUND, TARGETS, Flaw

pytestmark = pytest.mark.skipif(
    fuzzer_missing() is not None, reason=str(fuzzer_missing())
)

VALID = struct.pack(">HHI", 1, 3, 7) + b"abc"


def test_flaw_is_found_and_comes_back_as_a_finding_with_its_input(
    tmp_path: Path,
) -> None:
    flaw = next(f for f in FLAWED if f.parser.name.endswith("wrapping sum"))
    result = fuzz(flaw.parser, seconds=20, seed=1, examples=[VALID])
    assert result.finding is not None
    assert result.finding.kind in flaw.kinds
    assert result.executions > 0
    comes_back_as_a_capsule_and_an_example(flaw, result.finding, tmp_path)


def comes_back_as_a_capsule_and_an_example(
    flaw: Flaw, finding: ParserFinding, folder: Path
) -> None:
    target = next(each for each in TARGETS if each.name == flaw.parser.name)
    path = keep(target, finding, place="subjects.message", folder=folder)
    again = replay(load_capsule(path), budget_s=60.0)
    assert (again.verdict, again.changed) == (Verdict.FAILED, {})
    assert kept_inputs(flaw.parser.name, folder) == [finding.data]
    tried = []

    @settings(max_examples=1, database=None)
    @given(data=st.just(b""))
    @kept_examples(flaw.parser.name, folder)
    def test_of_its_author(data: bytes) -> None:
        tried.append(data)

    test_of_its_author()
    assert tried[0] == finding.data


def test_only_capsules_of_the_parser_are_examples(tmp_path: Path) -> None:
    target = TARGETS[0]
    finding = judged(Status.READ_OUTSIDE, 0, 0, 11, 9, b"123456789")
    keep(target, finding, place="subjects.message", folder=tmp_path)
    keep(target, replace(finding, data=b"1"), place="subjects.message", folder=tmp_path)
    (tmp_path / "note.json").write_text("[]")
    assert sorted(kept_inputs(target.name, tmp_path)) == [b"1", b"123456789"]
    assert kept_inputs("another", tmp_path) == []


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
    parser = ParserSubject(
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
