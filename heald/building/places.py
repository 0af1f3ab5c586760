"""Source places: what file, line and function an address in a compiled program is.

The explorer names places by their distance from the program's load address. Only what is
shown is ever looked up, all of it in one call of ``addr2line`` (binutils, or LLVM's). Of
the functions that were inlined at a place, the innermost one in the user's own files is
taken: a reader wants their line, not the standard library's.
"""

from __future__ import annotations

import linecache
import os
import shutil
import subprocess
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

_TOOLS = ("addr2line", "llvm-addr2line", "llvm-addr2line-14")
#: Where files lie that no failure is shown in, and no patch changes.
SYSTEM = ("/usr/include/", "/usr/lib/", "/usr/local/include/", "/rustc/")


@dataclass(frozen=True)
class Place:
    """One place: a file as the user would name it, a line from 1, a function."""

    file: str
    line: int
    function: str


def look_up(program: Path, sites: Iterable[int]) -> dict[int, Place]:
    """Find the places of return addresses.

    Parameters
    ----------
    program
        The shared object, with debugging information.
    sites
        Return addresses relative to its load address; 0 stands for no place.

    Returns
    -------
    dict
        Only those that are known; empty if there is no ``addr2line``.
    """
    # A return address is behind the call: one byte back is within it.
    found = frames_at(program, {site - 1 for site in sites if site > 0})
    known = {
        address + 1: [f for f in frames if f.line] for address, frames in found.items()
    }
    best = {site: _best(frames) for site, frames in sorted(known.items())}
    return {
        site: replace(frame, file=shown_path(frame.file))
        for site, frame in best.items()
        if frame is not None
    }


def definition_of(program: Path, function: str) -> Place | None:
    """Find where an exported function of a shared object is defined; None if that is not known."""
    from elftools.elf.elffile import ELFFile

    with program.open("rb") as file:
        elf = ELFFile(file)
        table: Any = elf.get_section_by_name(".dynsym")
        found = (table and table.get_symbol_by_name(function)) or ()
        at = {int(symbol["st_value"]) for symbol in found} - {0}
        line = _declared_at(elf, function)
    known = [frames[-1] for frames in frames_at(program, at).values() if frames[-1].line]
    if not known:
        return None
    place = replace(known[0], file=shown_path(known[0].file))
    return replace(place, line=line) if line else place


def _declared_at(elf: Any, function: str) -> int:
    """Return the line of a function's definition; its code begins at its first statement."""
    if not elf.has_dwarf_info():
        return 0
    for unit in elf.get_dwarf_info().iter_CUs():
        for entry in unit.get_top_DIE().iter_children():
            known = entry.attributes
            if entry.tag != "DW_TAG_subprogram" or "DW_AT_low_pc" not in known:
                continue
            if "DW_AT_name" in known and known["DW_AT_name"].value == function.encode():
                return int(known["DW_AT_decl_line"].value)
    return 0


def quoted(place: Mapping[str, Any]) -> str:
    """Say a place of ``where`` in a line: ``in parse at record.c:17: sum += body[i];``."""
    said = " ".join(filter(None, (place.get("access", ""), place.get("function", ""))))
    text = linecache.getline(place["file"], place["line"]).strip()
    at = f"{said} at {place['file']}:{place['line']}"
    return f"{at}: {text}" if text else at


_STDIN = "<stdin>"


def frames_at(program: Path, addresses: Collection[int]) -> dict[int, list[Place]]:
    """Return the functions at addresses, innermost first: inlined ones stand in others.

    The one call of ``addr2line``. A function of which no line is known has an empty file and
    line 0; what is not known at all is left out.
    """
    tool = next(filter(None, map(shutil.which, _TOOLS)), None)
    if not addresses or tool is None:
        return {}
    done = subprocess.run(
        [tool, "-e", str(program), "-a", "-f", "-i", "-C"],
        input="\n".join(map(hex, sorted(addresses))),
        capture_output=True,
        text=True,
    )
    return {at: frames for at, frames in _frames(done.stdout).items() if frames}


def _frames(output: str) -> dict[int, list[Place]]:
    """Read the answer: per address a line 0x..., then two lines a frame, innermost first."""
    found: dict[int, list[Place]] = {}
    current: list[Place] = []
    function: str | None = None
    for line in output.splitlines():
        if line.startswith("0x") and function is None:
            current = found.setdefault(int(line, 16), [])
        elif function is None:
            function = line
        else:
            file, _, number = line.partition(" (")[0].rpartition(":")
            file = _STDIN if file.endswith(f"/{_STDIN}") else file  # it is in no folder
            known = file not in ("", "??") and number.isdigit() and int(number)
            if known or function != "??":
                place = (file, int(number)) if known else ("", 0)
                current.append(Place(*place, function))
            function = None
    return found


def _best(frames: list[Place]) -> Place | None:
    own = [frame for frame in frames if not frame.file.startswith(SYSTEM)]
    return (own or frames or [None])[0]  # type: ignore[list-item]


def shown_path(path: str) -> str:
    """Name a file relative to the current directory where it is below it."""
    path = os.path.normpath(path)
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
