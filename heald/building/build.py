"""Compiling C on demand, into a cache keyed by content.

Why       A test run compiles the same subject hundreds of times over; almost never has
          anything changed.
Key       Texts of the sources, of every header they include (system headers too), the
          options, what the compiler says of itself, and the version of this scheme.
How       A first key covers what is known before compiling. Under it a manifest lists,
          per earlier build, the headers read and their hashes (from ``-MD``); the build
          whose headers are all unchanged is the answer.
Safe      Built in a scratch folder, moved into place by one rename, under a file lock per
          key: two processes compile once, and a killed one leaves nothing half done.
Blind     A new header that now hides an old one (earlier on the include path) is not
          noticed, as in every cache of this kind.
"""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from heald import deadline
from heald.building.cache import cache_directory, locked, seal, writable
from heald.building.compilers import Compiler, find_compiler
from heald.building.explored_unit import is_looked_at, refuse_options
from heald.building.explored_unit import version as rewriting_version
from heald.building.flavours import CHECKED, EXPLORED, FLAVOURS, NATIVE, Flavour, native
from heald.building.manifest import (
    CLOCK_SLACK_NS,
    changed_since,
    hash_file,
    hash_text,
    inputs_file,
    look_up,
    remember,
)
from heald.verdicts import UsageError

SCHEME = "3"
"""Changed when the form of the cache or the way of compiling changes."""

Kind = Literal["shared", "executable", "object"]
_SUFFIX = {"shared": ".so", "executable": "", "object": ".o"}


class CompileError(UsageError):
    """The compiler or the linker refused; the text begins with its own words.

    Attributes
    ----------
    command
        What was run.
    output
        All that it printed.
    """

    def __init__(self, message: str, command: Sequence[str], output: str) -> None:
        super().__init__(message)
        self.command = tuple(command)
        self.output = output


@dataclass(frozen=True)
class Unit:
    """One file to compile.

    Attributes
    ----------
    source
        A file; for a generated one a bare name, and ``text`` holds its content.
    instrument
        Whether the flavour's instrumentation applies; not for generated glue.
    own_cflags
        Options in place of the build's. The object is then compiled once for all that it is
        linked with: a file of the engine's for every subject, a transfer for every way to
        link it.
    """

    source: Path
    text: str | None = None
    instrument: bool = True
    own_cflags: tuple[str, ...] | None = None


def compile(
    sources: Sequence[Path | str | Unit],
    *,
    flavour: Flavour = NATIVE,
    kind: Kind = "shared",
    compiler: Compiler | str | None = None,
    cflags: Sequence[str] = (),
    ldflags: Sequence[str] = (),
    folder: Path | None = None,
    name: str | None = None,
    trusted: Sequence[str] = (),
) -> Path:
    """Compile and link, or find that it has been done before.

    Parameters
    ----------
    sources
        C files, or units where something is special about them.
    flavour
        What for; see ``heald.building.flavours``.
    kind
        A shared object, an executable, or (one source) an object file.
    compiler
        A command or a compiler; by default the environment's ``CC``, or gcc.
    cflags, ldflags
        Options after the flavour's own, so that they win.
    folder
        Where relative paths in options start. By default the current directory; options
        should have none then, since it is not part of the key.
    name
        Begins the cached file's name; by default the first source's.
    trusted
        Objects and archives that may be linked although nothing in them is seen.

    Returns
    -------
    Path
        The cached file. Never changed once it is there; do not write to it.

    Raises
    ------
    CompileError
        A ``UsageError`` that begins with the compiler's own text, file and line.
    """
    chosen = compiler if isinstance(compiler, Compiler) else find_compiler(compiler)
    if flavour.is_rewritten:
        refuse_options(cflags)
    units = tuple(u if isinstance(u, Unit) else Unit(Path(u).resolve()) for u in sources)
    options = tuple(cflags), tuple(ldflags), folder
    job = _Job(units, flavour, kind, chosen, *options, name or _stem(units))
    return replace(job, trusted=tuple(trusted)).run()


def inputs_of(artifact: Path) -> list[Path]:
    """Return the headers that were read to make a cached file, system headers included."""
    try:
        return [Path(line) for line in inputs_file(artifact).read_text().splitlines()]
    except OSError:
        return []


@dataclass(frozen=True)
class _Job:
    units: tuple[Unit, ...]
    flavour: Flavour
    kind: Kind
    compiler: Compiler
    cflags: tuple[str, ...]
    ldflags: tuple[str, ...]
    folder: Path | None
    name: str
    trusted: tuple[str, ...] = ()

    def run(self) -> Path:
        began = time.time_ns() - CLOCK_SLACK_NS
        key = self.first_key()
        folder = cache_directory() / "builds" / key[:2]
        manifest = folder / f"{key}.json"
        found = look_up(manifest)
        if found is not None:
            return found
        with writable(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with writable(folder), locked(folder / key):
            found = look_up(manifest)
            return found or self.build(folder, key, manifest, began)

    def first_key(self) -> str:
        """Hash all that is known before compiling."""
        parts = [SCHEME, self.compiler.identity, *self.compiler.command, self.kind]
        parts.append(str(self.folder or ""))
        parts += [rewriting_version()] if self.flavour.is_rewritten else []
        for unit in self.units:
            parts += [str(unit.source), shlex.join(self.compile_options(unit))]
            parts.append(
                hash_file(unit.source) if unit.text is None else hash_text(unit.text)
            )
        parts += [shlex.join(self.link_options()), shlex.join(self.trusted)]
        return hash_text("\0".join(parts))

    def compile_options(self, unit: Unit) -> list[str]:
        instrumentation = self.flavour.instrumentation(self.compiler)
        return [
            *(self.flavour.optimise, "-gdwarf-4", "-fPIC", "-pthread"),
            *(instrumentation if unit.instrument else ()),
            *(self.cflags if unit.own_cflags is None else unit.own_cflags),
        ]

    def link_options(self) -> list[str]:
        shared = ["-shared"] if self.kind == "shared" else []
        closed = ["-Wl,--no-undefined"] if shared and self.flavour.closed else []
        return [*shared, "-pthread", *closed, *self.flavour.link, *self.ldflags]

    def build(self, folder: Path, key: str, manifest: Path, began: int) -> Path:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="build-", dir=folder) as scratch:
            objects, headers = self.compile_units(Path(scratch))
            made, taken = objects[0], set[Path]()
            if self.kind != "object":
                made = Path(scratch) / "made"
                command = [*self.compiler.command, *map(str, objects), "-o", str(made)]
                taken = self.link([*command, *self.link_options()], objects)
            entry = {str(path): hash_file(path) for path in sorted(headers | taken)}
            content = hash_text(key + json.dumps(entry))
            target = folder / f"{self.name}-{content[:24]}{_SUFFIX[self.kind]}"
            listed = Path(scratch) / "inputs"
            listed.write_text("".join(f"{path}\n" for path in sorted(headers)))
            listed.replace(inputs_file(target))
            seal(made, target)
            made.replace(target)
        read = (*headers, *taken, *self.files())
        if not any(changed_since(path, began) for path in read):
            remember(manifest, target.name, entry)
        return target

    def link(self, command: list[str], objects: Sequence[Path]) -> set[Path]:
        """Link, and look at all that was taken where what it does must be seen.

        Returns
        -------
        set
            Objects and libraries of the author's own that were taken: when one of them has
            changed, what was made of it is made anew.
        """
        from heald.building.linked import TRACE, own_files, refuse_unseen

        listing = _run([*command, TRACE], self.folder)
        if self.flavour.is_rewritten:
            refuse_unseen(listing, objects, self.trusted, self.folder)
        return own_files(listing, objects, self.folder)

    def files(self) -> list[Path]:
        return [unit.source for unit in self.units if unit.text is None]

    def compile_units(self, scratch: Path) -> tuple[list[Path], set[Path]]:
        """Compile every unit; return the objects and all headers that were read."""
        from concurrent.futures import ThreadPoolExecutor

        numbered = list(enumerate(self.units))
        with ThreadPoolExecutor(max_workers=min(4, len(numbered))) as pool:
            made = list(
                pool.map(lambda pair: self.compile_unit(scratch, *pair), numbered)
            )
        own = {path.resolve() for path in self.files()}
        headers = {path for _, read in made for path in read} - own
        return [path for path, _ in made], headers

    def compile_unit(
        self, scratch: Path, number: int, unit: Unit
    ) -> tuple[Path, set[Path]]:
        if unit.own_cflags is not None and self.kind != "object":
            return self.compile_once(unit)
        folder = scratch / str(number)
        folder.mkdir()
        source = unit.source
        if unit.text is not None:
            source = folder / unit.source.name
            source.write_text(unit.text)
        made, read = folder / "unit.o", folder / "unit.d"
        self.compile_file(source, made, unit, ["-MD", "-MF", str(read)])
        here = self.folder or Path.cwd()
        inputs = {(here / name).resolve() for name in _dependencies(read.read_text())}
        return made, {path for path in inputs if not path.is_relative_to(folder)}

    def compile_once(self, unit: Unit) -> tuple[Path, set[Path]]:
        """Take the object that was made of the unit for another build, or make it for all."""
        job = _Job(
            (unit,), self.flavour, "object", self.compiler, (), (), None, unit.source.stem
        )
        made = job.run()
        return made, {*job.files(), *inputs_of(made)}

    def compile_file(
        self, source: Path, made: Path, unit: Unit, dependencies: list[str]
    ) -> None:
        options = self.compile_options(unit)
        if self.is_rewritten(unit):
            from heald.building.explored_unit import compile_explored

            compile_explored(
                self.compiler,
                source,
                made,
                options,
                self.flavour.instrumentation(self.compiler),
                dependencies,
                lambda command: _run(command, self.folder),
            )
            return
        command = [*self.compiler.command, "-c", str(source), "-o", str(made)]
        _run([*command, *options, *dependencies], self.folder)

    def is_rewritten(self, unit: Unit) -> bool:
        """Whether the unit's assembly is rewritten, so that no access is unseen."""
        known = is_looked_at(self.compiler)
        return self.flavour.is_rewritten and unit.instrument and known


def _stem(units: Sequence[Unit]) -> str:
    if not units:
        raise UsageError("nothing to compile: no source was given")
    return units[0].source.stem


def _run(command: list[str], folder: Path | None, given: Path | None = None) -> str:
    """Run a command, no longer than there is time for; return what it printed."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = deadline.run(command, folder=folder, environment=environment, given=given)
    except OSError as error:  # options of megabytes, a folder that is gone meanwhile
        said = f"{command[0]} cannot be run: {error.strerror}"
        raise CompileError(said, command, said) from error
    if done.returncode != 0:
        output = (done.stderr + done.stdout).strip()
        raise CompileError(_told(output, command, done.returncode), command, output)
    return done.stdout


#: Of what a compiler says, so many lines are told: the first error is the one to mend.
_TOLD_LINES = 30


def _told(output: str, command: Sequence[str], code: int) -> str:
    """Return the compiler's words by the user's own names, and a remedy where one is known."""
    here = f"{Path.cwd()}{os.sep}"
    lines = output.replace(here, "").splitlines()
    more = len(lines) - _TOLD_LINES
    if more > 1:
        lines = [*lines[:_TOLD_LINES], f"... and {more:,} lines more"]
    if not lines:
        lines = [f"{command[0]} ended with exit code {code} and said nothing"]
    hint = next((hint for said, hint in _HINTS if said in output), None)
    return "\n".join([*lines, *filter(None, [hint])])


_TO_COMPILER = "words after -- go to the compiler, as in: heald check FILE"
_HINTS = (
    ("No such file or directory", f"({_TO_COMPILER} -- -Iinclude)"),
    ("unrecognized command-line option", f"({_TO_COMPILER} -- -DN=3)"),
    ("unknown argument", f"({_TO_COMPILER} -- -DN=3)"),
    ("file not found", f"({_TO_COMPILER} -- -Iinclude)"),
    ("cannot find -l", f"({_TO_COMPILER} -- -Ldirectory -lname)"),
)


def _dependencies(makefile: str) -> list[str]:
    """Read the names that ``-MD`` wrote: make's syntax, white space and $ escaped."""
    _, _, names = makefile.replace("\\\n", " ").partition(": ")
    placeholder = "\0"
    words = names.replace("\\ ", placeholder).split()
    return [
        w.replace(placeholder, " ").replace("$$", "$").replace("\\#", "#") for w in words
    ]


__all__ = [
    "CHECKED",
    "EXPLORED",
    "FLAVOURS",
    "NATIVE",
    "CompileError",
    "Compiler",
    "Flavour",
    "Unit",
    "compile",
    "inputs_of",
    "native",
]
