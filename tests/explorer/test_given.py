"""What is no file of a program is refused by what it is, before a compiler sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald import UsageError
from heald.explorer.program import check


def test_folder_is_no_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is a folder: name the files of the program"):
        check([str(tmp_path)])


def test_binary_is_refused_before_a_compiler_quotes_it(tmp_path: Path) -> None:
    binary = tmp_path / "program.c"
    binary.write_bytes(b"\x7fELF\x00\xd0")
    with pytest.raises(UsageError, match=r"program\.c is no source text"):
        check([str(binary)])
