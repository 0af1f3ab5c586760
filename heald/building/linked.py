"""What goes into a program when it is linked, looked at: code without hooks is refused.

Why       Code that was compiled elsewhere writes memory behind the explorer's back. A race
          there would pass in silence, so it is refused by name, unless the user trusts it.
How       The linker lists the files that it takes, members of archives included. Each
          that has code but calls no hook is named; where one has hooks, its instructions are
          looked at, and what the hooks leave out is named, with its line.
Not       The compiler's own start-up files and libraries; shared libraries, which the
          explorer never loads: what is called in one is served or refused when it is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from heald.verdicts import UsageError

TRACE = "-Wl,-t,-t"
"""Makes the linker list its inputs; given twice, the members of archives too."""

_RUNTIME = re.compile(
    r"(S?crt[\w.]*\.o|lib(gcc|gcc_eh|stdc\+\+|stdc\+\+fs|supc\+\+|c_nonshared|c\+\+|c\+\+abi|"
    r"unwind|clang_rt[\w.-]*|pthread|pthread_nonshared)\.a)$"
)
_SYSTEM = ("/usr/", "/lib/", "/lib64/", "/opt/rh/")
_SHOWN = 3
"""So many instructions are told; the object is refused as a whole."""
_MEMBER = re.compile(r"\(?(?P<archive>[^()]+\.(?:a|rlib))\)?\(?(?P<member>[^()]+)\)?$")


def refuse_unseen(
    listing: str, own: Sequence[Path], trusted: Sequence[str], folder: Path | None
) -> None:
    """Refuse what the linker took although it has code without hooks.

    Parameters
    ----------
    listing
        What the linker printed.
    own
        Objects that were compiled here.
    trusted
        Names (or patterns) of objects and archives that the user answers for.

    Raises
    ------
    UsageError
        With the name, and what to do.
    """
    known = {str(path) for path in own}
    for name in dict.fromkeys(listing.splitlines()):
        if name in known or not re.search(r"\.(o|obj|a\)?|a\([^()]*\))$|\.a\)", name):
            continue
        archive, member = _parts(name)
        shown = f"{Path(archive).name}({member})" if member else Path(archive).name
        if _RUNTIME.match(Path(archive).name) or _is_trusted(archive, member, trusted):
            continue
        problem = _problem(_bytes_of((folder or Path.cwd()) / archive, member))
        if problem:
            raise UsageError(
                f"{shown} {problem}: what it does to memory would not be seen. Check its "
                f"source together with the program, or say that it is to be trusted "
                f"(--trust {Path(archive).name}; of a subject, trust=[...]): then what it does is "
                "not checked, and the result says so"
            )


def own_files(listing: str, made: Sequence[Path], folder: Path | None) -> set[Path]:
    """Return the objects, archives and shared libraries taken that are not the system's."""
    here = folder or Path.cwd()
    names = {_parts(line)[0] for line in listing.splitlines()} - {str(p) for p in made}
    paths = {(here / name).resolve() for name in names}
    return {path for path in paths if path.is_file() and not _is_of_system(path)}


def _is_of_system(path: Path) -> bool:
    return str(path).startswith(_SYSTEM) and not str(path).startswith("/usr/local/")


def _parts(name: str) -> tuple[str, str]:
    found = _MEMBER.match(name)
    if found and not name.endswith(".a"):
        return found["archive"], found["member"]
    return name, ""


def _is_trusted(archive: str, member: str, trusted: Sequence[str]) -> bool:
    names = [archive, Path(archive).name, member]
    return any(fnmatch(name, pattern) for name in names if name for pattern in trusted)


def _bytes_of(path: Path, member: str) -> bytes:
    if not member:
        return path.read_bytes() if path.suffix != ".a" else b""
    for name, content in _members(path.read_bytes()):
        if name == member:
            return content
    return b""


def _members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Read an archive of the GNU kind."""
    at, long_names = 8, b""
    while at + 60 <= len(archive):
        header = archive[at : at + 60]
        name, size = header[:16].decode().rstrip(), int(header[48:58])
        content = archive[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
        if name == "//":
            long_names = content
        elif name.startswith("/") and name[1:].isdigit():
            name = long_names[int(name[1:]) :].split(b"\n", 1)[0].decode()
            yield name.rstrip("/"), content
        else:
            yield name.rstrip("/"), content


def _problem(content: bytes) -> str:
    """Say what is wrong with an object; empty for nothing."""
    if not content.startswith(b"\x7fELF"):
        return ""
    from elftools.elf.elffile import ELFFile

    elf = ELFFile(io.BytesIO(content))
    sections: list[Any] = list(elf.iter_sections())
    if any(section.name.startswith(".gnu.lto_") for section in sections):
        return "was compiled with -flto"
    executable = 4
    has_code = any(s["sh_flags"] & executable and s["sh_size"] for s in sections)
    if not has_code:
        return ""
    if not _has_hooks(elf):
        return "was compiled without the explorer's hooks"
    if elf["e_machine"] != "EM_X86_64":
        return "was compiled elsewhere, and on this machine its code cannot be looked at"
    return _left_out(content)


def _left_out(content: bytes) -> str:
    """Say what the hooks of an object do not announce."""
    from heald.building.assembly.unannounced import unannounced

    try:
        found = list(dict.fromkeys(map(str, unannounced(content))))
    except UsageError as error:
        return f"was compiled elsewhere, and {error}"
    if not found:
        return ""
    shown = "; ".join(found[:_SHOWN])
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"was compiled with hooks that leave out what it does ({shown}{more})"


def _has_hooks(elf: Any) -> bool:
    table = elf.get_section_by_name(".symtab")
    return table is not None and any(
        symbol.name.startswith("__tsan_") for symbol in table.iter_symbols()
    )
