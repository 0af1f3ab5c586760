"""A transfer is compiled anew when anything it is made of has changed, wherever that lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.faults import TransferSubject
from heald.faults.target import TransferTarget
from heald.verdicts import UsageError

SOURCE = """
#include <sys/types.h>
#include "inc/limit.h"
int move(int out, int in, off_t *offset, size_t count, size_t *moved) {
    (void)out; (void)in; (void)offset;
    *moved = count < LIMIT ? count : LIMIT;
    return 0;
}
"""


@pytest.fixture
def subject(tmp_path: Path) -> TransferSubject:
    (tmp_path / "inc").mkdir()
    (tmp_path / "inc" / "limit.h").write_text("#define LIMIT 7\n")
    (tmp_path / "mine.c").write_text(SOURCE)
    return TransferSubject("mine", tmp_path / "mine.c", "move")


@pytest.mark.parametrize("checked", [False, True])
def test_change_of_an_included_header_compiles_anew(
    subject: TransferSubject, tmp_path: Path, checked: bool
) -> None:
    header = tmp_path / "inc" / "limit.h"
    before = subject.build(wrapped=True, checked=checked)
    assert subject.build(wrapped=True, checked=checked) == before
    header.write_text("#define LIMIT 8\n")
    assert subject.build(wrapped=True, checked=checked) != before


def test_header_that_is_not_included_compiles_nothing(
    subject: TransferSubject, tmp_path: Path
) -> None:
    before = subject.build(wrapped=False)
    (tmp_path / "other.h").write_text("#define OTHER 1\n")
    assert subject.build(wrapped=False) == before


def test_identity_names_the_headers_that_were_read(
    subject: TransferSubject, tmp_path: Path
) -> None:
    (tmp_path / "other.h").write_text("#define OTHER 1\n")
    sources = TransferTarget(subject).identity()["sources"]
    assert {Path(name).name for name in sources} == {"mine.c", "limit.h"}


def test_what_the_compiler_refuses_is_said_in_its_words(
    subject: TransferSubject, tmp_path: Path
) -> None:
    (tmp_path / "inc" / "limit.h").unlink()
    with pytest.raises(UsageError, match=r"inc/limit\.h: No such file"):
        subject.build(wrapped=True)
