from pathlib import Path

import pytest

from heald import UsageError
from heald.building.compilers import _identity, find_compiler


def test_each_kind_is_recognised(compiler: str) -> None:
    found = find_compiler(compiler)
    assert found.kind == compiler
    assert compiler in found.name


def test_gcc_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CC", raising=False)
    assert find_compiler().kind == "gcc"


def test_cc_from_the_environment_may_have_options(
    monkeypatch: pytest.MonkeyPatch, compiler: str
) -> None:
    monkeypatch.setenv("CC", f"{compiler} -std=c11")
    found = find_compiler()
    assert found.kind == compiler
    assert found.command[1:] == ("-std=c11",)


def test_missing_compiler_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(UsageError) as caught:
        find_compiler()
    text = str(caught.value)
    assert text.startswith("the compiler 'no-such-compiler' (from the environment's CC)")
    assert "apt install gcc" in text


def test_program_that_is_no_compiler_is_refused(tmp_path: Path) -> None:
    program = tmp_path / "cc"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    with pytest.raises(UsageError, match="is no C compiler"):
        find_compiler(str(program))


def counting_compiler(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a compiler that notes each question in a file."""
    asked = folder / "asked"
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "$1" >> {asked}\necho "{name} 1.0"\n')
    program.chmod(0o755)
    return program, asked


@pytest.mark.parametrize(
    ("name", "times"), [("gcc", 1), ("x86_64-linux-gnu-gcc-12", 1), ("ccache", 3)]
)
def test_a_compiler_is_asked_once_a_wrapper_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, times: int
) -> None:
    monkeypatch.setenv("HEALD_CACHE", str(tmp_path / "cache"))
    program, asked = counting_compiler(tmp_path, name)
    answers = {_identity((str(program),)) for _ in range(3)}
    assert answers == {f"{name} 1.0\n" * 2}
    assert asked.read_text().count("--version") == times


def test_a_changed_compiler_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALD_CACHE", str(tmp_path / "cache"))
    program, _ = counting_compiler(tmp_path, "gcc")
    before = _identity((str(program),))
    program.write_text('#!/bin/sh\necho "gcc 2.0.0"\n')
    assert _identity((str(program),)) == "gcc 2.0.0\n" * 2 != before
