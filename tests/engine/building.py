"""Compiling the engine for tests: file by file on every processor, once per content."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from heald.cache import cache_directory, make_once
from heald.engine import engine_include, engine_sources

EXPLORE = engine_sources() / "explore"
#: What a whole explorer is linked with.
HOST = ("-rdynamic", "-ldl", "-lm")
SANITIZED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


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
        C files; headers are found in the engine's folders and beside the first file.
    flags
        For compiling and linking.
    link
        For linking only.
    """
    options = ["-std=gnu11", "-g", *flags, f"-I{engine_include()}", f"-I{EXPLORE}"]
    options.append(f"-I{files[-1].parent}")
    headers = [*EXPLORE.glob("*.h"), *engine_include().glob("heald/*.h")]
    headers += files[-1].parent.glob("*.h")
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


def host_sources() -> list[Path]:
    """Return all files of heald-explore."""
    return sorted(EXPLORE.glob("*.c"))
