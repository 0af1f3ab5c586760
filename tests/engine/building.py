"""Compiling the engine for tests: file by file on every processor, once per content.

Why once  A build of all files costs ten seconds of processor time, with sanitizers twenty: what
          several tests can link with (``archive``) is compiled once for all of them.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from heald.building.cache import cache_directory, make_once
from heald.building.engine import engine_include, engine_sources
from heald.building.engine_parts import PARTS, sources_of
from tests.texts import written

EXPLORE = engine_sources() / "explore"
SEARCH = ("graph", "models", "execution", "search", "sampling", "view")
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
SANITIZED = (
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-DEXPLORE_POISON",
)


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
        objects = _objects(executable.parent, files, flags, compiler)
        command = [compiler, *flags, *objects, "-o", str(executable), *link]
        subprocess.run(command, check=True)

    return make_once(_place(name, files, (compiler, *flags, *link)), make)


def archive(name: str, files: Sequence[Path], *flags: str) -> Path:
    """Return an archive of these C files, compiled with these flags by gcc."""

    def make(made: Path) -> None:
        objects = _objects(made.parent, files, flags, "gcc")
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


def _objects(
    folder: Path, files: Sequence[Path], flags: Sequence[str], compiler: str
) -> list[str]:
    """Compile file by file into a folder; lines are all that is told of a place (``-g1``)."""
    options = ["-std=gnu11", "-g1", *flags, f"-I{engine_include()}", f"-I{EXPLORE}"]
    options += [f"-I{beside}" for beside in _beside(files)]
    objects = [str(folder / f"{file.stem}.o") for file in files]

    def one(file: Path, made: str) -> None:
        subprocess.run([compiler, *options, "-c", str(file), "-o", made], check=True)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        list(pool.map(one, files, objects))
    return objects


def _beside(files: Sequence[Path]) -> list[Path]:
    """Return the folders of those files that are no part of the explorer."""
    return sorted({file.parent for file in files if not file.is_relative_to(EXPLORE)})


def _place(name: str, files: Sequence[Path], parts: Sequence[str]) -> Path:
    """Name the file by all that decides what it is."""
    headers = [*EXPLORE.rglob("*.h"), *engine_include().glob("heald/*.h")]
    headers += [header for beside in _beside(files) for header in beside.glob("*.h")]
    inputs = sorted({*files, *headers})
    digest = hashlib.sha256("\0".join([*parts, *map(str, inputs)]).encode())
    for path in inputs:
        digest.update(path.read_bytes())
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
