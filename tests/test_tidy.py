"""Files fit a sitting: a newcomer reads one from its first screen to its last."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("heald", "subjects", "properties", "stress", "benchmarks", "tests", "csrc")
SUFFIXES = {".py", ".c", ".h", ".cpp", ".rs", ".S"}
LONGEST = 400


def long_files(root: Path) -> set[str]:
    return {
        str(file.relative_to(root))
        for folder in FOLDERS
        for file in (root / folder).rglob("*")
        if file.suffix in SUFFIXES and file.read_text().count("\n") > LONGEST
    }


def test_files_fit_a_sitting() -> None:
    assert long_files(ROOT) == set()


def test_a_file_that_does_not_is_seen(tmp_path: Path) -> None:
    for name, lines in {"heald/long.py": 401, "csrc/short.c": 400}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x\n" * lines)
    assert long_files(tmp_path) == {"heald/long.py"}


#: What stands at the top level: what a program was tried with, or a build left, does not.
TOP = {
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"),
    *("heald", "csrc", "subjects", "properties", "stress", "tests", "benchmarks", "docs"),
    *("pyproject.toml", "setup.py", "MANIFEST.in", "Makefile", "Containerfile"),
    *("conftest.py", "mkdocs.yml", "newsfragments", ".ci", ".clang-format", ".gitignore"),
}


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no clone")
def test_nothing_stray_is_kept_at_the_top_level() -> None:
    words = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(words, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip(f"git does not list it: {listed.stderr}")
    kept = {name.partition("/")[0] for name in listed.stdout.split("\0") if name}
    assert kept == TOP
