"""Files fit a sitting: a newcomer reads one from its first screen to its last."""

from __future__ import annotations

from pathlib import Path

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
