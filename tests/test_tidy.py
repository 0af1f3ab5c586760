"""Files fit a sitting: a newcomer reads one from its first screen to its last."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("heald", "subjects", "properties", "stress", "benchmarks", "tests", "csrc")
SUFFIXES = {".py", ".c", ".h", ".cpp", ".rs", ".S"}
LONGEST = 400
#: Files that are longer today. May only get fewer.
LONG = {
    "tests/check/programs.py",
    "tests/check/test_cli_check.py",
}


def test_files_fit_a_sitting() -> None:
    long = {
        str(file.relative_to(ROOT))
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*")
        if file.suffix in SUFFIXES and file.read_text().count("\n") > LONGEST
    }
    assert long == LONG
