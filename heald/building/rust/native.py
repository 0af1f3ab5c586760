"""A Rust program as it ships, for real threads: rustc's own optimiser, std and linker, no hooks.

A package is built by cargo in its release profile, unless its words name another one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from heald import deadline
from heald.building.cache import cache_directory, make_once
from heald.building.manifest import hash_file, hash_text
from heald.building.rust.cargo import UNIT_TESTS, built_as_it_ships
from heald.building.rust.library import library_inputs
from heald.building.rust.named import is_package
from heald.building.rust.toolchain import find_toolchain

_OPTIONS = ("-Copt-level=3", "-Cdebuginfo=1")
_PROFILES = ("--release", "-r", "--profile")


def native_program(source: str, words: Sequence[str], links: Sequence[str]) -> Path:
    """Build a file or a package for real threads; return the executable.

    Parameters
    ----------
    source
        The file with ``fn main``, or a Cargo.toml.
    words
        For rustc, or for cargo.
    links
        For the linker.

    Raises
    ------
    UsageError
        In rustc's or cargo's own words.
    """
    options = [*_OPTIONS, *(f"-Clink-arg={word}" for word in links)]
    if is_package(source):
        is_said = any(word.startswith(_PROFILES) for word in words)
        of_tests = UNIT_TESTS in words or "--lib" in words
        made = built_as_it_ships(
            source, [*words, *([] if is_said or of_tests else ["--release"])], options
        )
        content = hash_file(made)
    else:
        made = None
        inputs = [Path(source), *library_inputs(Path(source), words)]
        parts = [find_toolchain().identity, str(Path(source).resolve()), *options, *words]
        content = hash_text("\0".join([*parts, *map(hash_file, inputs)]))
    name = re.sub(r"\W", "_", Path(source).stem)

    def make(scratch: Path) -> None:
        if made is None:
            _compile(source, [*options, *words], scratch)
        else:
            shutil.copy(made, scratch)

    target = cache_directory() / "rust" / "native" / f"{name}-{content[:24]}"
    return make_once(target, make)


def _compile(source: str, options: Sequence[str], made: Path) -> None:
    from heald.building.build import CompileError

    name = re.sub(r"\W", "_", Path(source).stem)
    edition = (
        [] if any(o.startswith("--edition") for o in options) else ["--edition=2021"]
    )
    command = [find_toolchain().rustc, *edition, "--crate-type=bin", "--crate-name", name]
    command += [*options, "-o", str(made), source]
    done = deadline.run(command, environment=dict(os.environ))
    if done.returncode:
        said = done.stderr.strip()
        raise CompileError(said, command, said)
