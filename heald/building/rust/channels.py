"""The waiting loops of std's channels, told to the explorer.

Why       A channel's sender or receiver that waits for the other in the middle of a step looks,
          rests and looks again, and counts its rounds to rest longer each time. The count makes
          every round differ, so that nobody can see that it only waits.
How       All that its backoff does is to rest: code of that one file of std, inlined wherever a
          channel is used. Where that code is, ``yield_now`` is told to be the end of a round of
          waiting (``std.c``), and its first rounds, which rest without a call, are left out.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any

from heald.building.frames import is_of_rust

_FILE = b"sync/mpmc/utils.rs"
_TABLE = "heald_waits"
_ENTRIES = 256
_REST = "heald_rest"
_PAUSES = re.compile(rb"\xf3\x90\x41?\xff[\xc8-\xcf]\x75[\xf0-\xff]", re.DOTALL)
"""``1: pause; dec %r; jne 1b``."""
_NEAR = 65536
_LEAST = (b"\x06", b"\x07")
"""``SPIN_LIMIT`` as instructions compare with it."""


def let_channels_wait(program: Path) -> None:
    """Put the places of channels' backoff into a linked program's table."""
    content = program.read_bytes()
    if _FILE not in content and b"mpmc" not in content:
        return
    from elftools.elf.elffile import ELFFile

    with open(program, "r+b") as file:
        elf: Any = ELFFile(file)
        spans = _spans(elf)[:_ENTRIES]
        symbols = elf.get_section_by_name(".symtab")
        table = symbols.get_symbol_by_name(_TABLE)
        if not spans or not table:
            return
        at = _offset(elf, table[0]["st_value"])
        packed = b"".join(struct.pack("<QQ", *span) for span in spans)
        for start, end in spans:
            _shorten(file, _offset(elf, start), end - start)
        file.seek(at)
        file.write(packed)
        rest = symbols.get_symbol_by_name(_REST)
        if rest:
            _call_at_rest(program, file, elf, rest[0]["st_value"], spans)


def _call_at_rest(
    program: Path, file: Any, elf: Any, rest: int, spans: list[tuple[int, int]]
) -> None:
    """Let the loops of ``pause`` that are the backoff's be calls."""
    from heald.building.frames import frames_of

    first, last = spans[0][0] - _NEAR, spans[-1][1] + _NEAR
    text = elf.get_section_by_name(".text")
    first = max(first, text["sh_addr"])
    file.seek(_offset(elf, first))
    code = file.read(min(last, text["sh_addr"] + text["sh_size"]) - first)
    loops = {first + found.start(): found for found in _PAUSES.finditer(code)}
    frames = frames_of(program, [at + 1 for at in loops])
    for at, found in loops.items():
        spots = frames.get(at + 1, ())
        if any(spot.file.endswith(_FILE.decode()) for spot in spots):
            call = b"\xe8" + struct.pack("<i", rest - at - 5)
            file.seek(_offset(elf, at))
            file.write(call.ljust(len(found[0]), b"\x90"))


def _spans(elf: Any) -> list[tuple[int, int]]:
    """Return where code of the backoff is, as addresses in the program."""
    found = []
    dwarf = elf.get_dwarf_info()
    for unit in dwarf.iter_CUs():
        if is_of_rust(unit):
            continue
        lines = dwarf.line_program_for_CU(unit)
        if lines is None:
            continue
        first = 0 if lines["version"] >= 5 else 1
        folders = lines["include_directory"]
        ours = {
            number
            for number, entry in enumerate(lines["file_entry"], first)
            if _is_backoff(entry, folders, first)
        }
        if ours:
            found += _rows(lines, ours)
    return found


def _is_backoff(entry: Any, folders: Any, first: int) -> bool:
    if not entry.name.endswith(b"utils.rs"):
        return False
    at = entry.dir_index - first
    folder = folders[at] if 0 <= at < len(folders) else b""
    return b"/".join((folder, entry.name)).endswith(_FILE)


def _rows(lines: Any, ours: set[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    before = None
    for entry in lines.get_entries():
        state = entry.state
        if state is None:
            continue
        if before is not None and before.file in ours and state.address > before.address:
            if found and found[-1][1] == before.address:
                found[-1] = (found[-1][0], state.address)
            else:
                found.append((before.address, state.address))
        before = None if state.end_sequence else state
    return found


def _offset(elf: Any, address: int) -> int:
    for segment in elf.iter_segments("PT_LOAD"):
        start = segment["p_vaddr"]
        if start <= address < start + segment["p_filesz"]:
            return int(address - start + segment["p_offset"])
    raise ValueError(f"no byte of the file is at {address:#x}")


def _shorten(file: Any, offset: int, size: int) -> None:
    """Compare the count of rounds with 0: the numbers in this code say how long to rest."""
    file.seek(offset)
    code = bytearray(file.read(size))
    for at in range(len(code) - 2):
        is_compare = code[at] == 0x83 and code[at + 1] >> 3 == 0b11111
        if is_compare and bytes(code[at + 2 : at + 3]) in _LEAST:
            code[at + 2] = 0
    file.seek(offset)
    file.write(code)
