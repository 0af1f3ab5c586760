"""Compiling the engine for tests: file by file on every processor, once per content.

Why once  A build of all files costs ten seconds of processor time, with sanitizers twenty: an
          object is kept for all builds that would have the same one, of whatever checkout.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import pytest

from heald.building.cache import cache_directory, make_once
from heald.building.engine import engine_include, engine_sources
from heald.building.engine_parts import PARTS, sources_of
from tests.texts import written

EXPLORE = (engine_sources() / "explore").resolve()
ROOT = Path(__file__).resolve().parents[2]
SEARCH = ("graph", "models", "execution", "search", "sampling", "lean", "view")
#: What makes a program of a text: scripted.h.
SCRIPT = [Path(__file__).with_name(name) for name in ("script_text.c", "scripted.c")]
#: What a whole explorer is linked with.
HOST = ("-rdynamic", "-ldl", "-lm")
#: A loop is followed by itself for a hundredth of the steps: there these builds are slow.
SHORT = "-DALONE_MOST_STEPS=100000"
#: An emulator walks through every page that is reserved.
EMULATED = (
    SHORT,
    "-DLAYOUT_STACK_BYTES=((uintptr_t)1<<20)",
    "-DLAYOUT_ARENA_BYTES=((uintptr_t)1<<26)",
)
#: Bound functions are called through other types, as every loader does (alignment). Not optimised:
#: in half the time the compiler leaves more for the sanitizers to look at.
SANITIZED = (
    "-O0",
    SHORT,
    "-fsanitize=address,undefined",
    "-fno-sanitize=alignment",
    "-fno-sanitize-recover=all",
    "-DEXPLORE_POISON",
)
#: What is given back is overwritten, so whoever still points there is sure to be noticed.
POISONED = ("-O1", "-w", "-DEXPLORE_POISON", SHORT)
_INCLUDED = re.compile(r'^ *# *include *[<"]([^">]+)[">]', re.MULTILINE)


def built(
    name: str,
    files: Sequence[Path],
    *flags: str,
    compiler: str = "gcc",
    link: Sequence[str] = HOST,
) -> Path:
    """Return an executable made of C files and these flags.

    Parameters
    ----------
    name
        Of the file.
    files
        C files; headers are found in the engine's folders and beside each file.
    flags
        For compiling and linking.
    link
        For linking only.
    """

    def make(executable: Path) -> None:
        objects = compiled_objects(files, flags, compiler)
        command = [compiler, *flags, *objects, "-o", str(executable), *link]
        subprocess.run(command, check=True)

    return make_once(_place(name, files, (compiler, *flags, *link)), make)


def archive(name: str, files: Sequence[Path], *flags: str) -> Path:
    """Return an archive of these C files, compiled with these flags by gcc."""

    def make(made: Path) -> None:
        objects = compiled_objects(files, flags, "gcc")
        subprocess.run(["ar", "rcs", str(made), *objects], check=True)

    return make_once(_place(name, files, flags), make)


def hasty(compiler: str, *flags: str) -> str:
    """Return a compiler for ``CC`` that takes half the time for the explorer: not optimised."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    more = shlex.join(("-O0", *flags))
    engine = f'case "$*" in */csrc/explore*) set -- "$@" {more} ;; esac'
    script = written(f'#!/bin/sh\n{engine}\nexec {compiler} "$@"\n', compiler)
    script.chmod(0o755)
    return str(script)


def compiled_objects(
    files: Sequence[Path], flags: Sequence[str], compiler: str
) -> list[str]:
    """Return an object of each file; lines are all that is told of a place (``-g1``)."""
    options = ["-std=gnu11", "-g1", f"-I{engine_include()}", f"-I{EXPLORE}"]
    options += [f"-I{beside}" for beside in _beside(files)]

    def one(file: Path) -> str:
        meant = [flag for flag in flags if _means_something(flag, file)]

        def make(made: Path) -> None:
            command = [compiler, *options, *meant, "-c", str(file), "-o", str(made)]
            subprocess.run(command, check=True)

        return str(make_once(_place(f"{file.stem}.o", [file], (compiler, *meant)), make))

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(one, files))


def _means_something(flag: str, file: Path) -> bool:
    """Whether a file is another one with this flag: macros that it does not name are left out.

    So builds that differ by a macro of two files have all the others in common.
    """
    if not flag.startswith("-D"):
        return True
    macro = flag.removeprefix("-D").partition("=")[0].encode()
    return any(macro in path.read_bytes() for path in _read_with(file))


@lru_cache(maxsize=1000)
def _read_with(file: Path) -> frozenset[Path]:
    """Return a C file and all of ours that it includes."""
    found, waiting = set(), [file]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        folders = (path.parent, EXPLORE, engine_include(), file.parent)
        for name in _INCLUDED.findall(path.read_text()):
            there = [folder / name for folder in folders if (folder / name).exists()]
            waiting += [place.resolve() for place in there[:1]]
    return frozenset(found)


def _beside(files: Sequence[Path]) -> list[Path]:
    """Return the folders of those files that are no part of the explorer."""
    return sorted({file.parent for file in files if not file.is_relative_to(EXPLORE)})


def _place(name: str, files: Sequence[Path], parts: Sequence[str]) -> Path:
    """Name the file by all that decides what it is, wherever the checkout lies."""
    inputs = {path for file in files for path in _read_with(file)}
    digest = hashlib.sha256("\0".join(parts).encode())
    for path in sorted(inputs):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return cache_directory() / "tested" / digest.hexdigest()[:24] / name


def sources(*folders: str) -> list[Path]:
    """Return the C files of some of the explorer's folders, in one order."""
    return sorted(f for folder in folders for f in (EXPLORE / folder).glob("*.c"))


def search_sources() -> list[Path]:
    """Return the half of the explorer that knows no program, with its front door."""
    return [EXPLORE / "explore.c", *sources(*SEARCH)]


def host_sources() -> list[Path]:
    """Return all files of heald-explore."""
    return sources_of(PARTS["explore"], engine_sources())
