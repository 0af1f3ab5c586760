"""Atomic maxima and minima, for which LLVM's pass has no hook, as one update each.

Why       ``fetch_max`` and ``fetch_min`` become loops of compare-and-swap where machine code is
          made: behind the pass, unseen. Let LLVM make those loops first, and they are seen; but
          a load and a compare-and-swap have other executions than the one update that was written.
How       Each such swap calls ``heald_umax32`` or its kin in place of the hook (``std.c``). The
          loop asks for what would be written in place of anything that it is told, so it tells what
          the other operand is, and is then told what the update has read.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SWAP = re.compile(r"__tsan_atomic(8|16|32|64)_compare_exchange_val")
_EXTREME = re.compile(r"6atomic1[01]atomic_(u?m(?:ax|in))")
_NAMES = [
    f"heald_{name}{bits}"
    for name in ("max", "min", "umax", "umin")
    for bits in (8, 16, 32, 64)
]
_LOOPS = (
    "--lto-newpm-passes=function(atomic-expand,tsan)",
    *("-mllvm", "-tsan-instrument-memory-accesses=0"),
    *("-mllvm", "-tsan-instrument-memintrinsics=0"),
)


def put_in_extremes(
    linker: Path, options: tuple[str, ...], bitcode: Path, made: Path
) -> None:
    """Make an object of bitcode with hooks, maxima and minima among them.

    Parameters
    ----------
    linker, options
        LLD, and what puts in the other hooks.
    """
    with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
        hooked, looped = Path(scratch) / "hooked.bc", Path(scratch) / "looped.o"
        rest = [word for word in options if not word.startswith("--lto-newpm-passes")]
        _run(linker, *options, "--lto-emit-llvm", "-o", hooked, bitcode)
        _run(linker, *rest, *_LOOPS, "-o", looped, hooked)
        # Named, so that they are among the symbols.
        _run("ld", "-r", *(f"--undefined={name}" for name in _NAMES), "-o", made, looped)
    _redirect(made)


def _run(*words: object) -> str:
    command = list(map(str, words))
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _redirect(made: Path) -> None:
    from elftools.elf.elffile import ELFFile

    with open(made, "r+b") as file:
        elf: Any = ELFFile(file)
        symbols = elf.get_section_by_name(".symtab")
        numbers = {symbol.name: at for at, symbol in enumerate(symbols.iter_symbols())}
        places = [
            (place, numbers[f"heald_{name}{bits}"])
            for place, name, bits in _extremes(elf, symbols, made)
        ]
        for place, number in places:
            file.seek(place + 12)  # the upper half of r_info
            file.write(number.to_bytes(4, "little"))


def _extremes(elf: Any, symbols: Any, made: Path) -> Iterator[tuple[int, str, str]]:
    """Yield where in the file a swap's relocation is, which extreme that is, and its bits."""
    for section in elf.iter_sections():
        if section["sh_type"] != "SHT_RELA":
            continue
        swaps = [
            (
                section["sh_offset"] + at * section["sh_entsize"],
                entry["r_offset"],
                found[1],
            )
            for at, entry in enumerate(section.iter_relocations())
            if (found := _SWAP.fullmatch(symbols.get_symbol(entry["r_info_sym"]).name))
        ]
        if not swaps:
            continue
        code = elf.get_section(section["sh_info"]).name
        asked = [hex(offset) for _, offset, _ in swaps]
        said = _run("addr2line", "-f", "-j", code, "-e", made, *asked).splitlines()[::2]
        for (place, _, bits), function in zip(swaps, said, strict=True):
            if name := _EXTREME.search(function):
                yield place, name[1], bits
