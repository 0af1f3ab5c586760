"""All C of this repository is clean under the strict flags, with gcc and with clang."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CSRC = Path(__file__).resolve().parents[1] / "csrc"

STRICT = [
    "-std=gnu11",
    "-O1",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wvla",
    "-Werror",
]

FOLDERS = sorted(
    {str(file.parent.relative_to(CSRC)) for file in CSRC.rglob("*.c")},
)


def complaints(compiler: str, files: list[Path], include: Path) -> str:
    """Return what the compiler says of `files`; gcc generates code to see some of it."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    parts = [CSRC / "explore", *{file.parent.parent for file in files}]
    folders = [f"-I{folder}" for folder in (include, *parts)]
    command = [compiler, *STRICT, *folders]
    if compiler == "clang":  # says all before it generates code
        return _said([*command, "-fsyntax-only", *map(str, files)])
    return "".join(_said([*command, "-S", "-o", "/dev/null", str(f)]) for f in files)


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True).stderr


@pytest.mark.slow
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("folder", FOLDERS)
def test_c_is_clean(folder: str, compiler: str) -> None:
    files = sorted((CSRC / folder).glob("*.c"))
    assert complaints(compiler, files, CSRC / "include") == ""


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_strict_flags_ring(tmp_path: Path, compiler: str) -> None:
    file = tmp_path / "flawed.c"
    file.write_text("short narrow(long wide) { return wide; }\n")
    said = complaints(compiler, [file], CSRC / "include")
    assert "conversion" in said
    assert "prototype" in said


def test_every_file_names_its_license_first() -> None:
    wrong = [
        str(file.relative_to(CSRC))
        for file in sorted(CSRC.rglob("*.[ch]"))
        if not file.read_text().startswith("/* SPDX-License-Identifier: MIT */\n")
    ]
    assert wrong == []
