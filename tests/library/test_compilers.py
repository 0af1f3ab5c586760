from pathlib import Path

import pytest

from heald import UsageError
from heald.compilers import find_compiler


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
    with pytest.raises(UsageError, match="is it a C compiler\\?"):
        find_compiler(str(program))
