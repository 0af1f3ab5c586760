"""Calls that no file given defines, in a program that was linked with shared libraries.

Shared libraries are never loaded: what they do to memory could not be seen. The engine knows a
call into one only as something that nobody defines; here the message says which it may mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from heald.kinds import UNSUPPORTED

_UNDEFINED = "which no file given defines: name the file that does as well"
_SYSTEM = re.compile(
    r"(lib(c|m|pthread|dl|rt|gcc_s|stdc\+\+|c\+\+|c\+\+abi|atomic)|ld-linux[\w-]*)\.so[.\d]*"
)


def tell_not_loaded(program: Path, failures: Iterable[dict[str, Any]]) -> None:
    """Name the shared libraries that were given, where a call is defined nowhere else."""
    for failure in failures:
        if failure["kind"] == UNSUPPORTED and _UNDEFINED in failure["message"]:
            libraries = _libraries_of(program)
            if libraries:
                failure["message"] = failure["message"].replace(
                    _UNDEFINED,
                    f"which no source given defines, and shared libraries "
                    f"({', '.join(libraries)}) are not loaded, since what they do would not "
                    f"be seen: name the sources of the library",
                )


def _libraries_of(program: Path) -> list[str]:
    from elftools.elf.elffile import ELFFile

    with program.open("rb") as file:
        dynamic: Any = ELFFile(file).get_section_by_name(".dynamic")
        needed = [tag.needed for tag in dynamic.iter_tags("DT_NEEDED")] if dynamic else []
    names = [Path(name).name for name in needed]
    return [name for name in names if not _SYSTEM.fullmatch(name)]
