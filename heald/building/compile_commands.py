"""Flags from a build system: what ``compile_commands.json`` says of a file.

CMake (``-DCMAKE_EXPORT_COMPILE_COMMANDS=ON``), Meson and Bazel's extractors write one entry a
file: its directory and its command. Of the command only what says how the text is to be read
is kept (include paths, definitions, language, machine options); how it was optimised, where
its object goes and which dependencies are written is heald's own to decide.

Source: JSON Compilation Database Format Specification, clang's documentation.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from heald.given import read_given
from heald.verdicts import UsageError

#: With a path behind them or attached, relative to the entry's directory.
_PATHS = (
    *("-I", "-isystem", "-iquote", "-idirafter", "-include", "-imacros"),
    *("-iprefix", "-isysroot", "--sysroot"),
)
_KEPT = ("-D", "-U", "-std=", "-f", "-m", "-ansi", "-pthread", "-nostdinc", "-x")
#: What heald decides by itself, or what writes files.
_DROPPED = (
    *("-flto", "-fsanitize", "-fprofile", "-fcoverage", "-ftest-coverage", "-fdump"),
    *("-fno-sanitize", "-fplugin", "-Werror", "-Wp,", "-Wa,", "-Wl,", "-fdiagnostics"),
    *("-fmodules", "-fmodule", "-fdeps", "-MD", "-MF", "-fuse-ld", "-save-temps"),
)
_TWO_WORDS = ("-D", "-U", "-x", "-Xclang", "-MF", "-MT", "-MQ", "-o", "-arch", "--param")


def flags_of(database: Path, sources: Iterable[Path | str]) -> list[str]:
    """Return the flags of `sources`, each once, in the order of their commands.

    Parameters
    ----------
    database
        A ``compile_commands.json``, or the directory where it is.
    sources
        Files that are to be compiled; a header is no entry, and none has to be.

    Raises
    ------
    UsageError
        If there is no such file, it is not one, none of the sources is in it, or two of
        them define the same name differently.
    """
    file = database / "compile_commands.json" if database.is_dir() else database
    entries = _entries(file)
    wanted = {Path(source).resolve(): str(source) for source in sources}
    groups: list[str] = []
    found = []
    for entry in entries:
        path = Path(entry["directory"], entry["file"]).resolve()
        if path not in wanted:
            continue
        found.append(path)
        for group in _kept(_command(entry, file), Path(entry["directory"])):
            if group not in groups:
                groups.append(group)
    if not found:
        some = ", ".join(sorted({Path(e["file"]).name for e in entries})[:5])
        raise UsageError(
            f"{file}: nothing is said of {', '.join(wanted.values())}; it knows {some}"
        )
    _refuse_contradictions(file, groups)
    return [word for group in groups for word in group.split("\0")]


def _entries(file: Path) -> list[dict[str, Any]]:
    try:
        entries: Any = json.loads(read_given(file, otherwise="no compilation database"))
    except FileNotFoundError:
        raise UsageError(
            f"{file} is not there; CMake writes it with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON, "
            "Meson always"
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    is_database = isinstance(entries, list) and all(
        isinstance(e, dict)
        and isinstance(e.get("directory"), str)
        and isinstance(e.get("file"), str)
        for e in entries
    )
    if not is_database:
        raise UsageError(
            f"{file} is no compilation database: a list of entries is needed"
        )
    known: list[dict[str, Any]] = entries
    return known


def _command(entry: dict[str, Any], file: Path) -> list[str]:
    arguments, command = entry.get("arguments"), entry.get("command")
    if isinstance(arguments, list) and all(isinstance(a, str) for a in arguments):
        return arguments[1:]
    if isinstance(command, str):
        return shlex.split(command)[1:]
    raise UsageError(f"{file}: the entry of {entry['file']} has no command")


def _kept(words: Sequence[str], directory: Path) -> Iterator[str]:
    """Yield what stays, an option and the word that belongs to it joined by a NUL."""
    rest = iter(words)
    for word in rest:
        path = next((p for p in _PATHS if word.startswith(p)), None)
        if path is not None:
            attached = word.removeprefix(path)
            value = attached.removeprefix("=") or next(rest, "")
            absolute = os.path.normpath(directory / value)
            joint = "=" if attached.startswith("=") else "\0"
            yield f"{path}{absolute}" if path == "-I" else f"{path}{joint}{absolute}"
        elif word in _TWO_WORDS:
            value = next(rest, "")
            if word in ("-D", "-U"):
                yield f"{word}{value}"
            elif word in ("-x", "--param"):
                yield f"{word}\0{value}"
        elif word.startswith(_KEPT) and not word.startswith(_DROPPED):
            yield word


def _refuse_contradictions(file: Path, groups: Iterable[str]) -> None:
    """Refuse a name that two files define differently: they are compiled with the same flags."""
    values: dict[str, str] = {}
    for group in groups:
        if group.startswith("-D"):
            name, _, value = group[2:].partition("=")
            if values.setdefault(name, value) != value:
                raise UsageError(
                    f"{file}: {name} is {values[name] or 1} for one of the files and "
                    f"{value or 1} for another; check them apart, or say -- -D{name}=..."
                )
