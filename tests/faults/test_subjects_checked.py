"""The sound transfers under the sanitizers: those that trap, and those that report."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from heald.building import sanitizer_runtime
from heald.faults import Case, Clause, Host, TransferSubject, checking
from heald.faults.methods import BY_NAME
from heald.faults.target import TransferTarget, findings_of
from subjects.transfer import SOUND, flawed

TRAPS = ("-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")


SCRIPTED = [subject for subject in SOUND if subject.contract.scripted]


@pytest.mark.parametrize("subject", SCRIPTED, ids=lambda subject: subject.name)
def test_no_undefined_behaviour_in_thousands_of_scripts(subject: TransferSubject) -> None:
    with Host(replace(subject, flags=TRAPS)) as host:
        report = host.bulk(7, 3000)
    assert report.failed == 0, report.failures[0].explain()


def test_the_sanitizer_rings(tmp_path: Path) -> None:
    source = tmp_path / "shifts.c"
    source.write_text(
        "#include <sys/types.h>\n"
        "int move(int out, int in, off_t *offset, size_t count, size_t *moved);\n"
        "int move(int out, int in, off_t *offset, size_t count, size_t *moved)\n"
        "{\n"
        "    (void)out; (void)in; (void)offset;\n"
        "    *moved = (size_t)(1 << (int)count);\n"
        "    return 0;\n"
        "}\n"
    )
    subject = TransferSubject("shifts", source, "move", flags=TRAPS)
    with Host(subject) as host:
        assert host.run_one(Case(size=100, count=100)).broken == Clause.CRASH


with_runtime = pytest.mark.skipif(
    sanitizer_runtime.missing() is not None, reason=str(sanitizer_runtime.missing())
)
REPORTED = [
    pytest.param("char b[8]; *moved = (size_t)read(in, b, 9);", "overflow", id="read"),
    pytest.param(
        "char *b = malloc(8); free(b); *moved = (size_t)read(in, b, 8);",
        "heap-use-after-free",
        id="freed",
    ),
    pytest.param("*moved = (size_t)(1 << (int)count);", "runtime error", id="shift"),
]


@with_runtime
@pytest.mark.parametrize(("body", "words"), REPORTED)
def test_a_report_says_what_and_where(tmp_path: Path, body: str, words: str) -> None:
    source = tmp_path / "mine.c"
    source.write_text(
        "#include <stdlib.h>\n#include <unistd.h>\n"
        "int move(int out, int in, off_t *offset, size_t count, size_t *moved);\n"
        "int move(int out, int in, off_t *offset, size_t count, size_t *moved)\n"
        "{\n    (void)out; (void)in; (void)offset; (void)count;\n"
        f"    {body}\n    return 0;\n}}\n"
    )
    with Host(TransferSubject("mine", source, "move"), checked=True) as host:
        ran = host.run_one(Case(size=100, count=100))
    assert ran.broken == Clause.CRASH
    assert words in ran.detail
    assert "mine.c" in ran.detail


@with_runtime
def test_what_only_the_sanitizer_sees_comes_back_from_its_capsule() -> None:
    subject = flawed("read_write", "asks too much")
    report = checking.check(
        subject, BY_NAME["sanitized"], seed=1, count=200, stop_at_failure=True
    )
    (finding,) = findings_of(report.failures, 1)
    stored = replace(finding, detail=json.loads(json.dumps(finding.detail)))
    result = TransferTarget(subject).replay_slice(
        stored, seconds=5, seed=1, stop=threading.Event()
    )
    assert [each.kind for each in result.findings] == ["crash"]
