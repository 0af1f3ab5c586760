"""Whoever brings a file or a program that another command is for is told which."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main
from heald.explorer.program import check


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("page.md", "save the listing as a file of its own"),
        ("test_it.py", "is for heald verify, pytest and heald stress"),
        ("ring.json", "a capsule is for heald replay"),
        ("notes.txt", "(.c, .cc, .cpp, .rs)"),
    ],
)
def test_a_file_of_another_kind_names_its_command(
    tmp_path: Path, name: str, said: str
) -> None:
    file = tmp_path / name
    file.write_text("# A page\n")
    done = CliRunner().invoke(main, ["check", str(file)])
    assert done.exit_code == 2
    assert said in done.output


def test_a_program_that_moves_bytes_is_told_of_faults(tmp_path: Path) -> None:
    source = tmp_path / "copy.c"
    source.write_text(
        "#include <sys/sendfile.h>\n"
        "int main(int argc, char **argv)\n"
        "{ (void)argv; return argc > 1 ? sendfile(1, 0, 0, 9) != 9 : 0; }\n"
    )
    (note,) = check([source]).notes
    assert "it moves bytes with sendfile" in note
    assert "heald faults -- ./PROGRAM" in note


def test_a_program_with_such_a_word_in_a_text_is_not(tmp_path: Path) -> None:
    source = tmp_path / "words.c"
    source.write_text(
        "#include <string.h>\n"
        'static const char words[] = "\\0sendfile\\0tee\\0";\n'
        "int main(void) { return strlen(words) != 0; }\n"
    )
    assert check([source]).notes == []
