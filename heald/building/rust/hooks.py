"""Bitcode into an object whose every access is a call: LLVM's own pass, run by LLD.

The pass is the one behind ``-fsanitize=thread``, told as clang is told for C
(``flavours.py``). A linker that may optimise at link time runs passes by name: it needs no
option of rustc that only nightly has.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from heald import deadline
from heald.building.rust.extremes import put_in_extremes
from heald.verdicts import UsageError

_BITCODE = b"BC\xc0\xde"
STOP = b"\x0f\x0bhe"
"""Put over what has no hook: an instruction that stops the program, and how to know it."""

_LOCKED = re.compile(r"^\s*([0-9a-f]+):\s+lock\b", re.MULTILINE)
_INLINE = re.compile(r"^\s*#APP\n(.*?)^\s*#NO_APP", re.DOTALL | re.MULTILINE)

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
    done = deadline.run(command)
    if done.returncode:
        raise UsageError(
            f"{linker} cannot instrument {bitcode.name}: {done.stderr.strip()}"
        )


def with_hooks(linker: Path, bitcode: Path, made: Path) -> None:
    """Make an object of bitcode of a program; what no hook sees is refused, or stops it.

    LLVM's pass has no hook for an atomic maximum or minimum (``extremes.py``). Crates have
    functions that nobody calls, so what else has none is refused where it is executed.

    Raises
    ------
    UsageError
        As for ``put_in_hooks``, and for inline assembly.
    """
    text = _refuse_assembly(linker, bitcode)
    if re.search(r"^\s*lock\b", text, re.MULTILINE):
        put_in_extremes(linker, OPTIONS, bitcode, made)
        _stop_at_locked(made)
    else:
        put_in_hooks(linker, bitcode, made)


def _stop_at_locked(made: Path) -> None:
    from elftools.elf.elffile import ELFFile

    words = ["objdump", "-d", "--no-show-raw-insn", str(made)]
    listing = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    with open(made, "r+b") as file:
        elf: Any = ELFFile(file)
        for part in listing.split("Disassembly of section ")[1:]:
            offset = elf.get_section_by_name(part.partition(":\n")[0])["sh_offset"]
            for place in _LOCKED.findall(part):
                file.seek(offset + int(place, 16))
                file.write(STOP)


def _refuse_assembly(linker: Path, bitcode: Path) -> str:
    """Name inline assembly that is more than a barrier for the compiler; return the listing.

    Raises
    ------
    UsageError
        With the instructions.
    """
    with tempfile.TemporaryDirectory(dir=bitcode.parent) as scratch:
        # LLD writes the listing beside the bitcode, under a longer name.
        unit, listing = Path(scratch) / "unit.o", Path(scratch) / "listing"
        unit.symlink_to(bitcode.absolute())
        command = [str(linker), *OPTIONS, "--lto-emit-asm", "-o", str(listing), str(unit)]
        deadline.run(command).check_returncode()
        (text,) = (
            made.read_text(errors="replace") for made in Path(scratch).glob("listing*.s")
        )
    for written in _INLINE.findall(text):
        instructions = [
            " ".join(line.split("#")[0].split()) for line in written.splitlines()
        ]
        shown = "; ".join(line for line in instructions if line and line[0] != ".")
        if shown:
            raise UsageError(
                f"inline assembly ({shown}) in a Rust program: what it does to memory would "
                "not be seen. Leave it out where the program is checked (a cfg)"
            )
    return text
