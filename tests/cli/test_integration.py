"""Files for builds, servers and editors: each does what it is for, where its program is there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from heald.cli import main
from tests.cli.test_outputs import RACE

BIN = str(Path(sys.executable).parent)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["integration", *arguments])


def command(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    (tmp_path / "race_test.c").write_text(RACE)
    (tmp_path / "good_test.c").write_text(
        '#include "limit.h"\n_Static_assert(LIMIT == WANTED, "");\n'
        "int main(void) { return 0; }\n"
    )
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "limit.h").write_text("#define LIMIT 3\n")
    return tmp_path


def test_every_file_is_listed_and_printed() -> None:
    names = [line.split()[0] for line in run().stdout.splitlines()]
    assert names[-1] == "man"
    for name in names[:-1]:
        assert len(run(name).stdout) > 200
    assert (
        run("none").exit_code == run("cmake", "x").exit_code == run("man").exit_code == 2
    )


LISTS = """cmake_minimum_required(VERSION 3.16)
project(demo C)
enable_testing()
include(Heald.cmake)
add_library(limits INTERFACE)
add_library(own STATIC good_test.c)
target_include_directories(own PUBLIC include)
target_compile_definitions(own PUBLIC WANTED=3)
heald_add_test(NAME good SOURCES good_test.c TARGET own BUDGET 20s)
heald_add_test(NAME race SOURCES race_test.c BUDGET 20s)
heald_add_test(NAME skips SOURCES race_test.c UNDECIDED_SKIPS)
"""


def test_cmake_adds_tests_with_the_flags_of_a_target(programs: Path) -> None:
    if shutil.which("cmake") is None or shutil.which("make") is None:
        pytest.skip("cmake is not installed")
    (programs / "Heald.cmake").write_text(run("cmake").stdout)
    (programs / "CMakeLists.txt").write_text(LISTS)
    made = command("cmake", "-S", ".", "-B", "build", folder=programs)
    assert made.returncode == 0, made.stderr
    words = ("ctest", "--output-on-failure", "-E", "skips")
    told = command(*words, folder=programs / "build").stdout
    assert re.search(r"good \.+ +Passed", told), told
    assert re.search(r"race \.+\*+Failed", told), told
    tests = (programs / "build" / "CTestTestfile.cmake").read_text()
    assert re.findall(r"set_tests_properties\((\w+) .*SKIP_RETURN_CODE", tests) == [
        "skips"
    ]
    assert "data race: thread 1 writes shared" in told
    assert (programs / "build" / "race.html").is_file()


def test_hooks_of_pre_commit_fail_for_what_fails(programs: Path) -> None:
    # As `pre-commit sample-config` begins, and as a file begins that is made of it.
    other = "repos:\n-   repo: https://example.org/hooks\n    rev: v1\n    hooks: []\n"
    assert len(yaml.safe_load(other + run("pre-commit").stdout)["repos"]) == 2
    [repo] = yaml.safe_load("repos:\n" + run("pre-commit").stdout)["repos"]
    hook = next(each for each in repo["hooks"] if each["id"] == "heald-check")
    assert re.search(hook["files"], "src/race_test.c")
    words = shlex.split(hook["entry"])
    (programs / "fine_test.c").write_text("int main(void) { return 0; }\n")
    done = command(*words, "fine_test.c", "race_test.c", folder=programs)
    assert done.returncode == 1
    assert "fine_test.c: passed" in done.stdout
    assert "race_test.c: failed: data race" in done.stdout


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_the_commands_of_a_ci_job_have_options_that_there_are(name: str) -> None:
    text = run(name).stdout
    assert yaml.safe_load(text)
    options = set(re.findall(r"(?<= )--[a-z-]+", text.partition("heald check")[2]))
    known = CliRunner().invoke(main, ["check", "--help"]).stdout
    theirs = {"--heald-github", "--heald-html"}  # pytest's, tested with the plugin
    assert {each for each in options - theirs if each not in known} == set()


FAILURE = """race.c: failed: data race, in the first execution under rc11 (0.0 s)

data race: two unordered accesses, at least one of them a write and at least one not atomic
  read   thread 2  src/race.c:7  r
  write  main  /tmp/race.c:6  w

data: 1 (#1)
"""
PLACES = [("src/race.c", "7"), ("/tmp/race.c", "6")]


def test_vs_code_finds_the_places() -> None:
    [task] = json.loads(run("vscode").stdout)["tasks"]
    first, second = task["problemMatcher"]["pattern"]
    lines = FAILURE.splitlines()
    begun = [i for i, line in enumerate(lines) if re.search(first["regexp"], line)]
    assert 2 in begun
    found = [re.search(second["regexp"], line) for line in lines]
    assert [(m[1], m[2]) for m in found if m] == PLACES


def test_emacs_finds_the_places(tmp_path: Path) -> None:
    [regexp] = re.findall(r'\(heald "(.*)" 1 2\)', run("emacs").stdout)
    python = regexp.replace("\\\\(", "(").replace("\\\\)", ")").replace("\\\\|", "|")
    assert re.findall(python, FAILURE, re.MULTILINE) == PLACES


def test_vim_finds_the_places(tmp_path: Path) -> None:
    if shutil.which("vim") is None:
        pytest.skip("vim is not installed")
    (tmp_path / "heald.vim").write_text(run("vim").stdout)
    (tmp_path / "out").write_text(FAILURE)
    commands = ["source heald.vim", "cgetfile out", "call writefile(map(getqflist(), "]
    commands[-1] += "{_, e -> bufname(e.bufnr) . ' ' . e.lnum}), 'found')"
    words = [part for each in commands for part in ("-c", each)]
    command("vim", "-u", "NONE", "-es", *words, "-c", "qa!", folder=tmp_path)
    found = [
        tuple(line.split()) for line in (tmp_path / "found").read_text().splitlines()
    ]
    assert found == PLACES


def test_each_command_has_a_man_page_without_a_warning(tmp_path: Path) -> None:
    assert run("man", str(tmp_path)).exit_code == 0
    assert {f"heald-{name}.1" for name in ("check", "verify", "stress")} <= {
        file.name for file in tmp_path.iterdir()
    }
    text = (tmp_path / "heald-check.1").read_text()
    assert "Explore every execution of the C or C++ program FILE... that the" in text
    assert ".B \\-\\-html FILE" in text
    if shutil.which("groff") is not None:
        files = [str(file) for file in sorted(tmp_path.iterdir())]
        done = command("groff", "-man", "-ww", "-Tutf8", *files, folder=tmp_path)
        assert done.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(shell: str) -> None:
    result = CliRunner().invoke(
        main, prog_name="heald", env={"_HEALD_COMPLETE": f"{shell}_source"}
    )
    assert "_HEALD_COMPLETE" in result.output
