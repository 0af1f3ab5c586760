"""Flags of a build system: what says how the text is read stays, the rest is heald's own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

import heald
from heald import UsageError
from heald.building.compile_commands import flags_of
from heald.cli import main

PROGRAM = """\
#include <pthread.h>
#include "counter.h"
int counter;
static void *count(void *unused) { ADD(counter); return unused; }
int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, count, 0);
    ADD(counter);
    pthread_join(thread, 0);
    return counter != COUNTED;
}
"""


def database(tmp_path: Path, *entries: dict[str, Any]) -> Path:
    file = tmp_path / "build" / "compile_commands.json"
    file.parent.mkdir(exist_ok=True)
    made = [{"directory": str(file.parent), **entry} for entry in entries]
    file.write_text(json.dumps(made))
    return file


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("cc -I../include -c a.c -o a.o", ["-I{base}/include"]),
        ("cc -I ../include -c a.c", ["-I{base}/include"]),
        ("cc -isystem ../deps -include ../all.h -c a.c",
         ["-isystem", "{base}/deps", "-include", "{base}/all.h"]),
        ("cc --sysroot=../root -c a.c", ["--sysroot={base}/root"]),
        ("cc -DN=3 -D M -U X -std=gnu11 -c a.c", ["-DN=3", "-DM", "-UX", "-std=gnu11"]),
        ("cc '-DNAME=\"a b\"' -c a.c", ['-DNAME="a b"']),
        ("cc -x c -fshort-enums -mcx16 -pthread -c a.c",
         ["-x", "c", "-fshort-enums", "-mcx16", "-pthread"]),
        # What heald decides, what writes files, what runs programs.
        ("cc -O3 -g -flto -fsanitize=address -Wall -Werror -c a.c -o x.o", []),
        ("cc -MD -MT x.o -MF x.d -save-temps -fplugin=./evil.so -c a.c", []),
        ("cc -Wl,-Map=x -Xclang -load -wrapper evil -fdump-tree-all -c a.c", []),
    ],
)  # fmt: skip
def test_what_says_how_the_text_is_read_is_kept(
    tmp_path: Path, command: str, kept: list[str]
) -> None:
    source = tmp_path / "a.c"
    file = database(tmp_path, {"file": "../a.c", "command": command})
    wanted = [word.format(base=tmp_path) for word in kept]
    assert flags_of(file, [source]) == wanted
    assert flags_of(file.parent, [str(source)]) == wanted


def test_a_command_may_be_a_list(tmp_path: Path) -> None:
    arguments = ["cc", "-DA=1 2", "-c", "a.c"]
    file = database(tmp_path, {"file": str(tmp_path / "a.c"), "arguments": arguments})
    assert flags_of(file, [tmp_path / "a.c"]) == ["-DA=1 2"]


def test_flags_of_several_files_are_taken_once(tmp_path: Path) -> None:
    file = database(
        tmp_path,
        {"file": "../a.c", "command": "cc -DN=1 -I. -c a.c"},
        {"file": "../b.c", "command": "cc -DN=1 -DB -c b.c"},
        {"file": "../c.c", "command": "cc -DC -c c.c"},
    )
    flags = flags_of(file, [tmp_path / "a.c", tmp_path / "b.c"])
    assert flags == ["-DN=1", f"-I{file.parent}", "-DB"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "nothing is said of"),
        ("{}", "is no compilation database"),
        ("[1]", "is no compilation database"),
        ('[{"directory": "/", "file": 3}]', "is no compilation database"),
        ("not json", "cannot be read"),
    ],
)
def test_what_is_no_database_is_a_usage_error(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "compile_commands.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=said):
        flags_of(file, [tmp_path / "a.c"])


def test_no_database_names_who_writes_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="CMAKE_EXPORT_COMPILE_COMMANDS"):
        flags_of(tmp_path, [tmp_path / "a.c"])


def test_files_that_define_a_name_differently_are_not_mixed(tmp_path: Path) -> None:
    file = database(
        tmp_path,
        {"file": "../a.c", "command": "cc -DN=1 -c a.c"},
        {"file": "../b.c", "command": "cc -DN=2 -c b.c"},
    )
    with pytest.raises(UsageError, match="N is 1 for one of the files and 2"):
        flags_of(file, [tmp_path / "a.c", tmp_path / "b.c"])


@pytest.mark.parametrize(
    ("add", "exit_code"), [("__atomic_fetch_add(&(x), 1, 5)", 0), ("(x)++", 1)]
)
def test_a_program_of_a_build_is_checked_with_its_flags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, add: str, exit_code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "counter.h").write_text(f"#define ADD(x) {add}\n")
    (tmp_path / "main.c").write_text(PROGRAM)
    database(
        tmp_path,
        {"file": "../main.c", "command": "cc -I../include -DCOUNTED=2 -O3 -c main.c"},
    )
    done = CliRunner().invoke(main, ["check", "main.c", "--compile-commands", "build"])
    assert done.exit_code == exit_code, done.output


@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_what_cmake_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int main(void) { return 0; }\n")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(a C)\nadd_executable(a a.c)\n"
        "target_compile_definitions(a PRIVATE N=3)\n"
        "target_include_directories(a PRIVATE include)\n"
    )
    subprocess.run(
        ["cmake", "-S", ".", "-B", "build", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    flags = flags_of(tmp_path / "build", [tmp_path / "a.c"])
    assert "-DN=3" in flags
    assert f"-I{tmp_path / 'include'}" in flags


def test_a_subject_takes_the_flags_of_its_build(tmp_path: Path) -> None:
    (tmp_path / "add.c").write_text("int add(int n) { return n + STEP; }\n")
    database(tmp_path, {"file": "../add.c", "command": "cc -DSTEP=4 -O0 -c add.c"})
    subject = heald.Subject.from_compile_commands(
        tmp_path / "build",
        tmp_path / "add.c",
        cflags=["-DMORE"],
        ops={"add": heald.op("int add(int n)", n=st.integers(0, 3))},
    )
    assert subject.cflags == ("-DSTEP=4", "-DMORE")
    subject.build()
