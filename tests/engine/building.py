"""Compiling the engine for tests: file by file on every processor, once per content."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from heald.building.cache import cache_directory, make_once
from heald.building.engine import engine_include, engine_sources
from heald.building.engine_parts import PARTS, sources_of

EXPLORE = engine_sources() / "explore"
SEARCH = ("graph", "models", "execution", "search", "sampling", "view")
#: What makes a program of a text: scripted.h.
SCRIPT = [Path(__file__).with_name(name) for name in ("script_text.c", "scripted.c")]
#: What a whole explorer is linked with.
HOST = ("-rdynamic", "-ldl", "-lm")
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
    options = ["-std=gnu11", "-g", *flags, f"-I{engine_include()}", f"-I{EXPLORE}"]
    beside = sorted({file.parent for file in files if not file.is_relative_to(EXPLORE)})
    options += [f"-I{folder}" for folder in beside]
    headers = [*EXPLORE.rglob("*.h"), *engine_include().glob("heald/*.h")]
    headers += [header for folder in beside for header in folder.glob("*.h")]
    inputs = sorted({*files, *headers})
    parts = [compiler, *flags, *link, *map(str, inputs)]
    digest = hashlib.sha256("\0".join(parts).encode())
    for path in inputs:
        digest.update(path.read_bytes())
    target = cache_directory() / "tested" / digest.hexdigest()[:24] / name

    def make(executable: Path) -> None:
        objects = [executable.with_name(f"{file.stem}.o") for file in files]

        def one(file: Path, made: Path) -> None:
            command = [compiler, *options, "-c", str(file), "-o", str(made)]
            subprocess.run(command, check=True)

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            list(pool.map(one, files, objects))
        command = [compiler, *flags, *map(str, objects), "-o", str(executable), *link]
        subprocess.run(command, check=True)

    return make_once(target, make)


def sources(*folders: str) -> list[Path]:
    """Return the C files of some of the explorer's folders, in one order."""
    return sorted(f for folder in folders for f in (EXPLORE / folder).glob("*.c"))


def search_sources() -> list[Path]:
    """Return the half of the explorer that knows no program, with its front door."""
    return [EXPLORE / "explore.c", *sources(*SEARCH)]


def host_sources() -> list[Path]:
    """Return all files of heald-explore."""
    return sources_of(PARTS["explore"], engine_sources())
