"""Bitcode into an object whose every access is a call: LLVM's own pass, run by LLD.

The pass is the one behind ``-fsanitize=thread``, told as clang is told for C
(``flavours.py``). A linker that may optimise at link time runs passes by name: it needs no
option of rustc that only nightly has.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from heald.verdicts import UsageError

_BITCODE = b"BC\xc0\xde"

OPTIONS = (
    "-r",
    "--lto-newpm-passes=forceattrs,tsan-module,function(tsan)",
    "--lto-O1",
    *("-mllvm", "-relocation-model=pic"),
    *("-mllvm", "-force-attribute=sanitize_thread"),
    *("-mllvm", "-tsan-instrument-func-entry-exit=0"),
    *("-mllvm", "-tsan-instrument-read-before-write=1"),
    *("-mllvm", "-tsan-distinguish-volatile=1"),
)


def is_bitcode(path: Path) -> bool:
    """Whether a file is bitcode by itself, as objects under ``-Clinker-plugin-lto`` are."""
    with open(path, "rb") as file:
        return file.read(4) == _BITCODE


def put_in_hooks(linker: Path, bitcode: Path, made: Path) -> None:
    """Make an object of bitcode.

    Raises
    ------
    UsageError
        With the linker's own words.
    """
    command = [str(linker), *OPTIONS, "-o", str(made), str(bitcode)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise UsageError(
            f"{linker} cannot instrument {bitcode.name}: {done.stderr.strip()}"
        )
