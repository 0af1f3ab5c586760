"""What is quoted of a file is code, and only that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from heald.showing.quoted import LONGEST, quoted


def test_source_is_quoted_line_by_line_as_a_compiler_counts(tmp_path: Path) -> None:
    file = tmp_path / "gruesse.c"
    file.write_bytes(b"int a;\r\n// gr\xfc\xdfe\x0c\xe2\x80\xa8\nint b;\n")
    assert quoted(str(file)) == ("int a;", "// gr\ufffd\ufffde\x0c\u2028", "int b;")


def test_source_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.c"
    for number, text in enumerate(("int a;", "int b;")):
        file.write_text(text)
        os.utime(file, ns=(number, number))
        assert quoted(str(file)) == (text,)


@pytest.mark.parametrize(
    "name", ["/dev/zero", "/etc/passwd", "/proc/self/environ", ".", "", "a\0.c", "no.c"]
)
def test_what_is_no_source_is_not_quoted(name: str) -> None:
    assert quoted(name) == ()


def test_name_of_a_source_does_not_make_one(tmp_path: Path) -> None:
    (tmp_path / "zero.c").symlink_to("/dev/zero")
    (tmp_path / "passwd.c").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.c")
    (tmp_path / "long.c").write_text("x" * (LONGEST + 1))
    for name in ("zero.c", "passwd.c", "pipe.c", "long.c"):
        assert quoted(str(tmp_path / name)) == ()
