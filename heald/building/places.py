"""Source places: what file, line and function an address in a compiled program is.

The explorer names places by their distance from the program's load address. Only what is
shown is ever looked up, all of it in one call of ``addr2line`` (binutils, or LLVM's). Of
the functions that were inlined at a place, the innermost one in the user's own files is
taken: a reader wants their line, not the standard library's.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

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
