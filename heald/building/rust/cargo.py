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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald import deadline
from heald.building.cache import cache_directory, locked, seal
from heald.building.manifest import hash_file, hash_text, inputs_file
from heald.building.rust.libtest import harness
from heald.building.rust.named import MANIFEST
from heald.building.rust.program import (
    OPTIONS,
    linker_script,
    makers,
    rustc_environment,
)
from heald.building.rust.standard import instrumented_std
from heald.building.rust.toolchain import Toolchain, find_toolchain
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.building.build import CompileError


#: A word of ours: the unit tests of what is named, as ``cargo test`` builds them.
UNIT_TESTS = "--unit-tests"

_ONE = ("--bin", "--example", "--test", "--bench")
_ALL = ("--lib", "--bins", "--examples", "--tests", "--benches", "--all-targets")
_AWAY = re.compile(
    r"failed to (download|get|query|fetch)|Could(n't| not) resolve|network failure|"
    r"HTTP request, but --offline|spurious network error|using offline mode",
)


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
    with _Build.begun(manifest, words, trusted) as build:
        said = build.run()
        return build.kept(_program(said, build.manifest, words))


def built_as_it_ships(
    manifest: str, words: Sequence[str], options: Sequence[str]
) -> Path:
    """Build a program of a package without hooks; return what cargo made.

    Parameters
    ----------
    options
        For rustc.
    """
    environment = {**_alone(), f"CARGO_TARGET_{_host()}_RUSTFLAGS": " ".join(options)}
    with _Build.begun(manifest, words, (), environment=environment) as build:
        return Path(_program(build.run(), build.manifest, words)["executable"])


@dataclass(frozen=True)
class BuiltTests:
    """A program of tests of a package.

    Attributes
    ----------
    title
        What cargo calls it: ``unittests src/lib.rs``, ``tests/full.rs``.
    words
        Which one it is, for `build_package`.
    program
        The cached shared object.
    """

    title: str
    words: tuple[str, ...]
    program: Path


def build_tests(
    manifest: str, words: Sequence[str] = (), trusted: Sequence[str] = ()
) -> list[BuiltTests]:
    """Build the tests of a package, as ``cargo test`` does; cargo tells of it as it goes.

    Parameters
    ----------
    manifest, words, trusted
        As in `build_package`; the words are those of ``cargo test``.

    Raises
    ------
    UsageError
        As there.
    """
    with _Build.begun(manifest, [UNIT_TESTS, *words], trusted, shown=True) as build:
        said = [each for each in build.run() if each.get("executable")]
        said.sort(key=_turn)  # cargo tells of them as they come
        return [_tests(each, words, build.kept(each)) for each in said]


def _turn(artifact: Mapping[str, Any]) -> tuple[str, int, str]:
    """Return what cargo sorts its tests by: the library, its programs, the other tests."""
    kind, name = artifact["target"]["kind"][0], artifact["target"]["name"]
    later = ("bin", "test", "example", "bench")
    return artifact["package_id"], later.index(kind) + 1 if kind in later else 0, name


def _tests(
    artifact: Mapping[str, Any], words: Sequence[str], program: Path
) -> BuiltTests:
    target = artifact["target"]
    root = Path(artifact["manifest_path"]).parent
    file = os.path.relpath(target["src_path"], root)
    kind = target["kind"][0]
    if kind in ("test", "example", "bench"):
        return BuiltTests(
            file, (*_kept_words(words), f"--{kind}", target["name"]), program
        )
    which = ["--bin", target["name"]] if kind == "bin" else ["--lib"]
    unit = (UNIT_TESTS, *_kept_words(words), *which)
    return BuiltTests(f"unittests {file}", unit, program)


def _kept_words(words: Sequence[str]) -> list[str]:
    """Return those of cargo's words that do not say which programs are meant."""
    found, rest = [], iter(words)
    for word in rest:
        name, _, value = word.partition("=")
        if name in _ONE:
            if not value:
                next(rest, None)
        elif word not in _ALL:
            found.append(word)
    return found


@dataclass(frozen=True)
class _Build:
    """One call of cargo, and its folder, which is held as long as it lasts."""

    cargo: str
    toolchain: Toolchain
    manifest: Path
    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    shown: bool

    @classmethod
    @contextmanager
    def begun(
        cls,
        manifest: str,
        words: Sequence[str],
        trusted: Sequence[str],
        shown: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[_Build]:
        cargo = shutil.which(os.environ.get("CARGO", "").strip() or "cargo")
        if cargo is None:
            raise UsageError(
                "cargo is not there; install Rust with rustup (https://rustup.rs)"
            )
        if not Path(manifest).is_file():
            raise UsageError(f"there is no file {manifest}")
        toolchain = find_toolchain()
        environment = environment or _environment(toolchain, trusted)
        path = Path(manifest).resolve()
        keys = (str(path), str(environment), *makers(), *words)
        folder = cache_directory() / "cargo" / hash_text("\0".join(keys))[:24]
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "build"):
            yield cls(cargo, toolchain, path, tuple(words), folder, environment, shown)

    def command(self) -> list[str]:
        """Return the words of the call, without the folder."""
        words = [word for word in self.words if word != UNIT_TESTS]
        verb = (
            ["test", "--no-run"] if {UNIT_TESTS, "--lib"} & {*self.words} else ["build"]
        )
        command = [self.cargo, *verb, f"--manifest-path={self.manifest}"]
        command += [f"--target={self.toolchain.host}"]
        return [*command, "--message-format=json-render-diagnostics", *words]

    def run(self) -> list[dict[str, Any]]:
        """Build; return what cargo says of each thing that it made."""
        done = deadline.run(
            [*self.command(), f"--target-dir={self.folder}"],
            is_shown=self.shown,
            environment=self.environment,
            folder=self.manifest.parent,
        )
        if done.returncode:
            raise self._refused((done.stderr or "").strip())
        return [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "{"]

    def _refused(self, said: str) -> CompileError:
        from heald.building.build import CompileError

        hint = (
            "\ncargo could not reach the registry of a dependency: run `cargo fetch` once "
            "where there is a network"
            if _AWAY.search(said)
            else ""
        )
        command = self.command()
        if self.shown:
            return CompileError("the tests do not build: cargo has said why", command, "")
        return CompileError(f"{said}{hint}", command, said)

    def kept(self, artifact: Mapping[str, Any]) -> Path:
        """Keep what was built under a name that says what it is, with what it was made from."""
        made = Path(artifact["executable"])
        name = re.sub(r"\W", "_", artifact["target"]["name"])
        target = self.folder / f"{name}-{hash_file(made)[:24]}.so"
        read = _own_files(made, self.manifest, self.folder)
        if not target.exists():
            scratch = self.folder / f"{name}.{os.getpid()}.new"
            shutil.copyfile(made, scratch)
            seal(scratch, target)
            scratch.replace(target)
        inputs_file(target).write_text("".join(f"{path}\n" for path in read))
        return target


def _environment(toolchain: Toolchain, trusted: Sequence[str]) -> dict[str, str]:
    flags = [*OPTIONS, f"-Clinker={linker_script()}"]
    standard = instrumented_std(toolchain)
    environment = rustc_environment(toolchain, standard, harness(toolchain))
    return {
        **_alone(environment),
        f"CARGO_TARGET_{_host()}_RUSTFLAGS": " ".join(flags),
        "CARGO_INCREMENTAL": "0",
        "HEALD_RUST_TRUST": "\n".join(trusted),
    }


def _host() -> str:
    """Return the host as variables of cargo's name it."""
    return find_toolchain().host.upper().replace("-", "_")


def _alone(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment in which nobody else has flags for rustc."""
    others = ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS")
    return {name: value for name, value in environment.items() if name not in others}


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


def _own_files(made: Path, manifest: Path, folder: Path) -> list[Path]:
    """Return the files of the user's own that a program was made from."""
    from heald.building.rust.program import read_by

    listed = made.with_suffix(".d")
    # Of a test, rustc's list alone is there: what it depends on has lists beside it.
    lists = sorted(made.parent.glob("*.d")) if made.parent.name == "deps" else [listed]
    texts = [
        path
        for each in lists
        if each.exists()
        for path in read_by(each, manifest.parents)
    ]
    registry = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")).resolve()
    own = {
        path
        for path in texts
        if path.is_file()
        and not path.is_relative_to(registry)
        and not path.is_relative_to(folder.resolve())
    }
    for each in [*own, manifest]:
        for parent in each.parents:
            own |= {
                parent / n for n in (MANIFEST, "Cargo.lock") if (parent / n).is_file()
            }
            if (parent / "Cargo.lock").is_file():
                break
    return sorted(own)
