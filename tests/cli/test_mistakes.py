"""Mistakes at the command line: one clear error, what to do about it, no traceback, exit code 2."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald.cli import main

FILES = {
    "race.c": "int x;\nint main(void) { return x; }\n",
    "syntax.c": "int main(void) { return 0 }\n",
    "header.c": '#include "nothere.h"\nint main(void) { return 0; }\n',
    "part.c": "int f(void) { return 1; }\n",
    "empty.c": "",
    "open.c": "int elsewhere(void);\nint main(void) { return elsewhere(); }\n",
    "many.c": "int main(void) {" + "\n".join(f" a{i};" for i in range(99)) + "}\n",
    "bad.py": "import heald\nthis is wrong\n",
    "absent.py": "import nosuchmodule\n",
    "nothing.py": "x = 1\n",
    "text.txt": "hello\n",
    "other.json": '{"a": 1}',
    "cut.json": '{"a": ',
    "macros.h": "#define push(s, v) ((s)->top = (v))\n",
}
#: What is typed, and what must be said.
MISTAKES = {
    "chekc race.c": "Did you mean 'check'",
    "check": "Missing argument 'FILE...'",
    "check nofile.c": "there is no file nofile.c",
    "check folder": "folder is a folder: name the files",
    "check race.c --modle sc": "'--model'",
    "check race.c --model arm": "'arm' is not one of 'sc', 'tso', 'rc11'",
    "check race.c --budget ten": "write it like 90s, 10m",
    "check race.c --budget 0s": "must be above zero",
    "check race.c --search fast": "is not one of 'exhaustive'",
    "check race.c --jobs 0": "0 is not in the range",
    "check race.c --max-executions 0": "0 is not in the range",
    "check race.c --order race.c:2=strong": "with one of relaxed",
    "check race.c --cluster foo": "takes local:N",
    "check race.c --compile-commands nowhere": "'nowhere' does not exist",
    "check race.c --html no/page.html": "there is no folder no; make it first",
    "check race.c --html folder": "is a directory",
    "check race.c --sarif no/x.sarif": "there is no folder no; make it first",
    "check syntax.c": "syntax.c:1:26: error: expected ';'",
    "check header.c": "words after -- go to the compiler, as in: heald check FILE -- -Iinclude",
    "check many.c": "lines more",
    "check part.c": "has no main function: name the file that has it",
    "check empty.c": "has no main function",
    "check open.c": "name the file that does as well",
    "check program.cpp": "is no source text",
    "check text.txt": "its name does not end like one",
    "check bad.py": "is for heald verify",
    "check race.c -- -fno-such-option": "words after -- go to the compiler",
    "verify": "Missing argument",
    "verify nofile.py": "there is no file nofile.py",
    "verify bad.py": "line 2: this is wrong",
    "verify absent.py": "No module named 'nosuchmodule'",
    "verify nothing.py": "a target is a heald.Subject",
    "verify race.c nothing.py": "not both",
    "stress nofile.py --budget 1s": "there is no file nofile.py",
    "stress nothing.py --budget 1s": "a target is a heald.Subject",
    "stress nothing.py --budget 1s --plan no.toml": "cannot read the plan no.toml",
    "replay": "Missing argument 'CAPSULE'",
    "replay nofile.json": "cannot read the capsule nofile.json",
    "replay other.json": "not a capsule",
    "replay cut.json": "is not JSON (line 1",
    "replay folder": "Is a directory",
    "report --db no.db": "run `heald stress` first",
    "report --html race.c": "is a file",
    "init nofile.h": "does not exist",
    "init pipe.h": "is a pipe or a device",
    "init macros.h": "write small C functions around them",
    "mend nofile.c": "there is no file nofile.c",
    "mutate syntax.c": "error: expected ';'",
    "litmus nosuch": "no folder, Python file or module 'nosuch'",
    "faults nofile.py": "PLACES go with --matrix",
    "faults -- nosuchprogram": "cannot run nosuchprogram",
    "examples race.c": "is a file",
    "schema nosuch": "there are check, doctor",
    "integration nosuch": "there are cmake",
    "list nofile.py": "there is no file nofile.py",
    "doctor extra": "unexpected extra argument",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("mistakes")
    (made / "folder").mkdir()
    os.mkfifo(made / "pipe.h")
    (made / "program.cpp").write_bytes(b"\x7fELF\0\0\0")
    for name, text in FILES.items():
        (made / name).write_text(text)
    return made


@pytest.mark.parametrize("typed", MISTAKES)
def test_a_mistake_is_one_error_with_a_remedy(
    typed: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(main, typed.split())
    said = " ".join(done.output.split())
    assert MISTAKES[typed] in said
    assert done.exit_code == 2
    assert "Traceback" not in said
    assert not re.search(r"-fsanitize|/builds/", said)
    assert len(done.output.splitlines()) <= 36


def test_a_compiler_that_is_none_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for command, told in {
        "nosuchcc": "the compiler 'nosuchcc' (from the environment's CC) is not there",
        "/bin/false": "/bin/false is no C compiler: asked --version, it ended with exit",
    }.items():
        monkeypatch.setenv("CC", command)
        done = CliRunner().invoke(main, ["check", "race.c"])
        assert done.exit_code == 2
        assert told in done.output
        assert "apt install gcc" in done.output
