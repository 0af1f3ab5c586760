"""The sound transfers under the undefined-behaviour sanitizer, which traps in the worker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from heald.faults import Case, Clause, Host, TransferSubject
from subjects.transfer import SOUND

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
