"""The kill matrix: cells do not depend on how many run at a time, and nothing is hidden."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from heald.faults import TransferSubject
from heald.faults.checking import MethodReport
from heald.faults.host import Ran
from heald.faults.matrix import Matrix, compute, not_as_meant, render, summary
from heald.faults.methods import BY_NAME
from subjects.transfer import flawed, sound

#: Methods whose cases say the same every time.
REPEATABLE = [BY_NAME[name] for name in ("limit", "script", "hooks")]


@pytest.mark.slow
def test_cells_are_the_same_however_many_run_at_a_time() -> None:
    subjects = [sound("tee"), flawed("splice", "textbook"), flawed("sendfile", "spins")]

    def first_failures(jobs: int) -> dict[tuple[str, str], int | None]:
        matrix = compute(subjects, jobs=jobs, methods=REPEATABLE)
        return {cell: report.first_failure for cell, report in matrix.cells.items()}

    alone = first_failures(1)
    assert alone == first_failures(3)
    assert alone["splice/textbook", "script"] is not None
    assert alone["tee/sound", "script"] is None


def test_an_error_in_a_cell_is_raised_and_not_lost(tmp_path: Path) -> None:
    source = tmp_path / "broken.c"
    source.write_text("this is no C\n")
    with pytest.raises(Exception, match="error:"):
        compute(
            [TransferSubject("broken", source, "move")], jobs=2, methods=REPEATABLE[:1]
        )


SOUND, FLAWED = sound("sendfile"), flawed("sendfile", "textbook")
MEANT = {FLAWED.full_name: frozenset({"plain", "script"})}


def made(*caught: tuple[str, str]) -> Matrix:
    """Return a matrix of two methods on two variants, with these cells caught at case 7."""
    matrix = Matrix()
    for subject in (SOUND, FLAWED):
        for method in ("plain", "script"):
            report = MethodReport(method, ran=7)
            if (subject.full_name, method) in caught:
                report.first_failure = 7
                report.failures = [Ran.__new__(Ran)]
            matrix.cells[subject.full_name, method] = report
    return matrix


def test_a_missed_cell_and_a_failed_sound_variant_are_said() -> None:
    matrix = made(("sendfile/sound", "plain"), ("sendfile/textbook", "script"))
    assert not_as_meant(matrix, [SOUND, FLAWED], MEANT) == [
        "sendfile/sound: failed under plain",
        "sendfile/textbook: not caught by plain",
    ]
    rows = render(matrix, [SOUND, FLAWED], MEANT).splitlines()
    assert rows[1].split() == ["sendfile/sound", "FAILED", "-"]
    assert rows[2].split() == ["sendfile/textbook", "MISSED", "7"]


def test_a_method_that_does_not_work_here_is_not_missed_but_named() -> None:
    matrix = made(("sendfile/textbook", "script"))
    matrix.skipped["plain"] = "for a test"
    assert not_as_meant(matrix, [SOUND, FLAWED], MEANT) == []
    assert "not run: plain: for a test" in render(matrix, [SOUND, FLAWED], MEANT)


def test_a_flaw_that_nobody_names_must_be_caught_by_something() -> None:
    assert not_as_meant(made(), [FLAWED], {}) == [
        "sendfile/textbook: not caught by anything"
    ]


def test_the_summary_counts_variants_and_cases() -> None:
    matrix = made(("sendfile/textbook", "plain"), ("sendfile/textbook", "script"))
    assert summary(matrix, [SOUND, FLAWED]) == (
        "1 of 1 flawed variants caught; 1 others: 0 failures in 14 cases; "
        "4 cells, 28 cases"
    )


@pytest.mark.slow
def test_budget_ends_a_case_that_hangs(tmp_path: Path) -> None:
    file = tmp_path / "mine.c"
    file.write_text(
        "#include <stddef.h>\n#include <sys/types.h>\n#include <unistd.h>\n"
        "int move(int out, int in, off_t *offset, size_t count, size_t *moved)\n"
        "{ (void)out, (void)in, (void)offset, (void)count; *moved = 0; for (;;) pause(); }\n"
    )
    subject = TransferSubject("mine", file, entry="move")
    subject.build(wrapped=True)
    began = time.monotonic()
    matrix = compute([subject], methods=REPEATABLE, budget_s=1.0)
    assert time.monotonic() - began < 8.0  # and 30 for a hang that is sure
    assert not any(report.failures for report in matrix.cells.values())
    assert matrix.late == 3
