"""A package of cargo for exploration: cargo builds it, each link puts in hooks.

Why       Which files, features and versions make a program is cargo's to say. It is told
          three things: to compile as for one file (``program.py``), for the host by its name,
          so that build scripts and macros are left alone, and which linker to take.
Cache     Cargo's own, in a folder for each package; what comes out is kept by its content.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from heald.building.cache import cache_directory, locked, seal
from heald.building.manifest import hash_file, hash_text, inputs_file
from heald.building.rust.program import (
    OPTIONS,
    linker_script,
    makers,
    rustc_environment,
)
from heald.building.rust.standard import instrumented_std
from heald.building.rust.toolchain import Toolchain, find_toolchain
from heald.verdicts import UsageError

MANIFEST = "Cargo.toml"

_KINDS = ("bin", "example", "test", "bench")
_AWAY = re.compile(
    r"failed to (download|get|query|fetch)|Could(n't| not) resolve|network failure|"
    r"HTTP request, but --offline|spurious network error|using offline mode",
)


def is_package(source: str) -> bool:
    """Whether a program is named by the manifest of a package."""
    return Path(source).name == MANIFEST


def package_of(path: str) -> str:
    """Return the manifest of a folder that has one; any other path as it is."""
    inside = Path(path) / MANIFEST
    return str(inside) if inside.is_file() else path


def build_package(
    manifest: str, words: Sequence[str] = (), trusted: Sequence[str] = ()
) -> Path:
    """Build a program of a package; return the cached shared object.

    Parameters
    ----------
    manifest
        Its Cargo.toml.
    words
        For cargo: ``--bin NAME``, ``--features LIST``.
    trusted
        Objects and archives without hooks that the user answers for.

    Raises
    ------
    UsageError
        In cargo's own words, or if it is not there, or if there is no one program.
    """
    cargo = shutil.which(os.environ.get("CARGO", "").strip() or "cargo")
    if cargo is None:
        raise UsageError(
            "cargo is not there; install Rust with rustup (https://rustup.rs)"
        )
    if not Path(manifest).is_file():
        raise UsageError(f"there is no file {manifest}")
    toolchain = find_toolchain()
    environment = _environment(toolchain, trusted)
    path = Path(manifest).resolve()
    keys = (str(path), str(environment), *makers(), *words)
    folder = cache_directory() / "cargo" / hash_text("\0".join(keys))[:24]
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "build"):
        said = _build(cargo, toolchain, path, words, folder, environment)
        artifact = _program(said, path, words)
        return _kept(artifact, path, folder)


def _environment(toolchain: Toolchain, trusted: Sequence[str]) -> dict[str, str]:
    flags = [*OPTIONS, f"-Clinker={linker_script()}"]
    target = toolchain.host.upper().replace("-", "_")
    environment = rustc_environment(toolchain, instrumented_std(toolchain))
    for other in ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"):
        environment.pop(other, None)
    return environment | {
        f"CARGO_TARGET_{target}_RUSTFLAGS": " ".join(flags),
        "CARGO_INCREMENTAL": "0",
        "HEALD_RUST_TRUST": "\n".join(trusted),
    }


def _build(
    cargo: str,
    toolchain: Toolchain,
    manifest: Path,
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
) -> list[dict[str, Any]]:
    command = [
        cargo,
        "build",
        f"--manifest-path={manifest}",
        f"--target={toolchain.host}",
    ]
    command += ["--message-format=json-render-diagnostics", *words]
    done = subprocess.run(
        [*command, f"--target-dir={folder}"],
        capture_output=True,
        text=True,
        env=dict(environment),
        cwd=manifest.parent,
    )
    if done.returncode:
        from heald.building.build import CompileError

        said = done.stderr.strip()
        hint = (
            "\ncargo could not reach the registry of a dependency: run `cargo fetch` once "
            "where there is a network"
            if _AWAY.search(said)
            else ""
        )
        text = f"{said}{hint}\nthe command was: {shlex.join(command)}"
        raise CompileError(text, command, said)
    return [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "{"]


def _program(
    said: Sequence[Mapping[str, Any]], manifest: Path, words: Sequence[str]
) -> Mapping[str, Any]:
    """Return the one program that was built."""
    found = [each for each in said if each.get("executable")]
    if len(found) == 1:
        return found[0]
    kinds = sorted(
        f"--{each['target']['kind'][0]} {each['target']['name']}" for each in found
    )
    shown = shlex.join(words)
    if not found:
        raise UsageError(
            f"{manifest} has no program{' under ' + shown if shown else ''}: say which with "
            "--bin, --example or --test NAME"
        )
    raise UsageError(f"{manifest} has several programs: say which, {' or '.join(kinds)}")


def _kept(artifact: Mapping[str, Any], manifest: Path, folder: Path) -> Path:
    """Keep what was built under a name that says what it is, with what it was made from."""
    made = Path(artifact["executable"])
    name = re.sub(r"\W", "_", artifact["target"]["name"])
    target = folder / f"{name}-{hash_file(made)[:24]}.so"
    read = _own_files(made, manifest, folder)
    if not target.exists():
        scratch = folder / f"{name}.{os.getpid()}.new"
        shutil.copyfile(made, scratch)
        seal(scratch, target)
        scratch.replace(target)
    inputs_file(target).write_text("".join(f"{path}\n" for path in read))
    return target


def _own_files(made: Path, manifest: Path, folder: Path) -> list[Path]:
    """Return the files of the user's own that a program was made from."""
    from heald.building.rust.program import read_by

    listed = made.with_suffix(".d")
    texts = read_by(listed) if listed.exists() else []
    registry = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")).resolve()
    own = {
        path
        for path in texts
        if not path.is_relative_to(registry) and not path.is_relative_to(folder.resolve())
    }
    for each in [*own, manifest]:
        for parent in each.parents:
            own |= {
                parent / n for n in (MANIFEST, "Cargo.lock") if (parent / n).is_file()
            }
            if (parent / "Cargo.lock").is_file():
                break
    return sorted(own)
