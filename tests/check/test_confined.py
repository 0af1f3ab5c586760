"""What an explored program does behind the explorer's back touches nothing.

Calls by name are refused by name. A jump into the middle of a library is not seen; the process
that explores makes no such system call for it.
"""

from __future__ import annotations

import ctypes
import platform
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heald.cli import main

pytestmark = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="no filter for this machine"
)
JUMP = """
#include <stdio.h>
#include <stdlib.h>
int main(void)
{{
    {type} = ({cast})((char *)abs + ({distance}));
    return {call} ? 0 : 0;
}}
"""
RESOLVER = """
#include <stdlib.h>
static int one(void) {{ return 1; }}
static int (*resolve(void))(void) {{ {act}; return one; }}
int number(void) __attribute__((ifunc("resolve")));
int main(void) {{ return number() - 1; }}
"""


def _distance(name: str) -> int:
    """From `abs`, which the explorer lets pass, to another function of the C library."""
    library = ctypes.CDLL(None)
    there, here = (
        ctypes.cast(getattr(library, n), ctypes.c_void_p).value for n in (name, "abs")
    )
    assert there is not None
    assert here is not None
    return there - here


def _check(folder: Path, text: str) -> Result:
    program = folder / "program.c"
    program.write_text(text)
    return CliRunner().invoke(main, ["check", str(program)])


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("system", "int (*volatile {})(const char *)", '("touch written")'),
        ("fopen", "FILE *(*volatile {})(const char *, const char *)", '("written", "w")'),
        ("remove", "int (*volatile {})(const char *)", '("kept")'),
        ("mkdir", "int (*volatile {})(const char *, unsigned)", '("written", 0700)'),
        ("fork", "int (*volatile {})(void)", "()"),
        ("socket", "int (*volatile {})(int, int, int)", "(1, 1, 0)"),
    ],
)
def test_jump_into_a_library_touches_nothing(
    name: str,
    kind: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept").write_text("")
    text = JUMP.format(
        type=kind.format("jump"),
        cast=kind.format("").replace("volatile", ""),
        distance=_distance(name),
        call=f"jump{words}",
    )
    done = _check(tmp_path, text)
    assert done.exit_code == 2, done.output
    assert "system call" in done.output
    assert "engine bug" not in done.output
    assert (tmp_path / "kept").exists()
    assert not (tmp_path / "written").exists()


def test_resolver_is_told_of_and_one_that_only_chooses_runs(tmp_path: Path) -> None:
    done = _check(tmp_path, RESOLVER.format(act='(void)!system("touch written")'))
    assert done.exit_code == 2, done.output
    assert "cannot be loaded: what it runs before it begins" in done.output
    quiet = RESOLVER.format(act="").replace(
        "static int (*resolve",
        "__attribute__((no_sanitize_thread)) static int (*resolve",
    )
    done = _check(tmp_path, quiet)
    assert done.exit_code == 0, done.output
