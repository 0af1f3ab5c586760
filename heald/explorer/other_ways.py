"""Which command is for a program that the explorer says little about."""

from __future__ import annotations

import re
from pathlib import Path

_ZERO_COPY = ("sendfile", "sendfile64", "splice", "vmsplice", "tee", "copy_file_range")
_IN_BYTES = re.compile(rb"\0(?:" + "|".join(_ZERO_COPY).encode() + rb")\0")
_OF_RUST = b"\0heald_panic_caught\0"  # its standard library calls all of them


def other_ways(program: Path) -> list[str]:
    """Return notes on what else to run, from the functions that the program calls."""
    called = _zero_copy_calls(program)
    if not called:
        return []
    return [
        f"it moves bytes with {', '.join(called)}: what short counts, full pipes and "
        "interruptions do to them is what `heald faults -- ./PROGRAM` tries, and a "
        "heald.TransferSubject for a function (docs/zero-copy.md)"
    ]


def _zero_copy_calls(program: Path) -> list[str]:
    content = program.read_bytes()
    if _OF_RUST in content or not _IN_BYTES.search(content):
        return []
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    with program.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".dynsym")
        if not isinstance(symbols, SymbolTableSection):
            return []
        undefined = {
            str(s.name) for s in symbols.iter_symbols() if s["st_shndx"] == "SHN_UNDEF"
        }
    return [name for name in _ZERO_COPY if name in undefined]
