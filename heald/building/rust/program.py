"""A Rust program for exploration: compiled by rustc, linked with hooks, kept in the cache.

Key       Texts of all its files (rustc lists them), the options, what rustc says of itself, and
          all that makes hooks. Debugging information names files as they were named.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from heald import deadline
from heald.building.cache import cache_directory, locked, make_once, seal
from heald.building.manifest import (
    changed_since,
    hash_file,
    hash_text,
    inputs_file,
    look_up,
    remember,
)
from heald.building.rust.standard import instrumented_std
from heald.building.rust.toolchain import Toolchain, find_toolchain
from heald.verdicts import UsageError

SCHEME = "2"

OPTIONS = (
    "-Copt-level=1",
    "-Cdebuginfo=2",
    "-Cdebug-assertions=on",
    "-Clinker-plugin-lto",
    "-Ccodegen-units=1",
    # Static: else thread-local variables of a program are at fixed distances from fs.
    "-Crelocation-model=static",
)
"""What rustc is told: objects of bitcode, as many accesses left as at ``-O1`` of C."""


def build_rust(
    source: str, flags: Sequence[str] = (), trusted: Sequence[str] = ()
) -> Path:
    """Compile a program; return the cached shared object.

    Parameters
    ----------
    source
        The file with ``fn main``.
    flags
        For rustc; edition 2021 unless they say another.
    trusted
        Objects and archives without hooks that the user answers for.

    Raises
    ------
    UsageError
        In rustc's own words, or if a part of it is missing.
    """
    if not Path(source).is_file():
        raise UsageError(f"there is no file {source}")
    toolchain = find_toolchain()
    standard = instrumented_std(toolchain)
    began = time.time_ns()
    key = _key(toolchain, standard, source, [*flags, *trusted])
    environment = rustc_environment(toolchain, standard)
    environment["HEALD_RUST_TRUST"] = "\n".join(trusted)
    folder = cache_directory() / "builds" / key[:2]
    manifest = folder / f"{key}.json"
    found = look_up(manifest)
    if found is not None:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / key), tempfile.TemporaryDirectory(dir=folder) as scratch:
        found = look_up(manifest)
        if found is not None:
            return found
        made = Path(scratch) / "made"
        read = _compile(toolchain, environment, source, flags, made)
        entry = {str(path): hash_file(path) for path in read}
        name = re.sub(r"\W", "_", Path(source).stem)
        content = hash_text(key + shlex.join(f"{p} {h}" for p, h in entry.items()))
        target = folder / f"{name}-{content[:24]}.so"
        inputs_file(target).write_text("".join(f"{path}\n" for path in entry))
        seal(made, target)
        made.replace(target)
    if not any(changed_since(path, began) for path in read):
        remember(manifest, target.name, entry)
    return target


def rustc_environment(
    toolchain: Toolchain, standard: Path, tests: Path | None = None
) -> dict[str, str]:
    """Return the environment in which rustc finds what the linker needs to know."""
    root = str(Path(__file__).resolve().parents[3])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return {
        **os.environ,
        "PYTHONPATH": path,
        "HEALD_RUST_STD": str(standard),
        "HEALD_RUST_LINKER": str(toolchain.linker),
        "HEALD_RUST_TESTS": str(tests or ""),
    }


def linker_script() -> Path:
    """Return a program that links; rustc takes one word."""
    text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m heald.building.rust.link "$@"\n'
    key = hashlib.sha256(text.encode()).hexdigest()[:16]

    def make(file: Path) -> None:
        file.write_text(text)
        file.chmod(0o755)

    return make_once(cache_directory() / "rust" / f"link-{key}", make)


def makers() -> list[str]:
    """Return the digests of what makes a program of what rustc wrote."""
    here = Path(__file__)
    return [
        hash_file(here.with_name(f"{n}.py"))
        for n in ("link", "hooks", "extremes", "channels", "libtest")
    ]


def _key(toolchain: Toolchain, standard: Path, source: str, flags: Sequence[str]) -> str:
    path = Path(source)
    parts = [
        SCHEME,
        toolchain.identity,
        str(standard),
        str(path.resolve()),
        str(Path.cwd()),
    ]
    parts += [hash_file(path), shlex.join([*OPTIONS, *flags]), *makers()]
    return hash_text("\0".join(parts))


def _compile(
    toolchain: Toolchain,
    environment: dict[str, str],
    source: str,
    flags: Sequence[str],
    made: Path,
) -> list[Path]:
    """Compile; return the files that were read besides the source."""
    listed = made.with_suffix(".d")
    edition = [] if any(f.startswith("--edition") for f in flags) else ["--edition=2021"]
    crate = ["--crate-type=bin", "--crate-name", re.sub(r"\W", "_", Path(source).stem)]
    command = [toolchain.rustc, *edition, *crate, *OPTIONS]
    command += [f"-Clinker={linker_script()}", f"--emit=link={made},dep-info={listed}"]
    command += [*flags, source]
    done = deadline.run(command, environment=environment)
    if done.returncode:
        from heald.building.build import CompileError

        said = done.stderr.strip()
        raise CompileError(said, command, said)
    return sorted(set(read_by(listed)) - {Path(source).resolve()})


def read_by(listed: Path, folders: Sequence[Path] = ()) -> list[Path]:
    """Return the files that rustc read, from its own list in the form of make.

    Parameters
    ----------
    folders
        Where rustc may have stood, of which the first that has a file is taken: cargo stands
        in the folder of a whole workspace.
    """
    first = listed.read_text().split("\n\n", 1)[0].split("\n", 1)[0]
    names = first.partition(": ")[2].replace("\\ ", "\0").split()
    found = set()
    for name in (each.replace("\0", " ") for each in names):
        places = [folder / name for folder in folders if (folder / name).exists()]
        found.add((places[0] if places else Path(name)).resolve())
    return sorted(found)
