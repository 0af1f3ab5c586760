"""Mutants of a subject that compile: copies of its files in which one order is weaker.

Why copies   The mutated word may stand in a header that is reached in any way, through
             ``-I``, through ``../``, from several sources. So all files of the subject are
             copied to places that lie to each other as the originals do, and options that
             name their folders are made to name the copies first.
Where        In the cache, under a name made from the contents: the same mutant has the
             same path tomorrow, and what was compiled from it is found again.
Three sorts  A candidate is a mutant; or *rejected*, where the compiler does not accept the
             order there; or *absent*, where the text after preprocessing is the same
             (another branch of an ``#if``, a macro that is not used or defined otherwise).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from heald.building.build import CompileError, inputs_of
from heald.building.cache import cache_directory
from heald.building.compilers import Compiler, find_compiler
from heald.building.engine import engine_sources
from heald.building.flavours import EXPLORED
from heald.explorer.exploration import program_of
from heald.orders.weakening import Place, Weakened, places_of, weakened
from heald.subject.probe import preprocessor
from heald.subject.subject import Subject
from heald.verdicts import UsageError

Sort = Literal["mutant", "rejected", "absent"]

_SYSTEM = ("/usr/", "/lib/", "/opt/")
_INVALID = {
    "gcc": "-Werror=invalid-memory-model",
    "clang": "-Werror=atomic-memory-ordering",
}
_INCLUDE = re.compile(r"(-I|-iquote|-isystem)(.*)", re.DOTALL)


@dataclass(frozen=True)
class Candidate:
    """One weaker order at one place.

    Attributes
    ----------
    subject
        The mutant, compiled once; only where it is one.
    why
        The compiler's words where it is rejected.
    """

    change: Weakened
    sort: Sort
    subject: Subject | None = None
    why: str = ""


def local_files(subject: Subject) -> list[Path]:
    """Return a subject's sources and all headers they read that are not the system's.

    Raises
    ------
    UsageError
        If the subject does not compile.
    """
    read = inputs_of(program_of(subject))
    ours = engine_sources()
    own = {*subject.sources, *subject.headers, *read}
    return sorted(
        file
        for file in own
        if not str(file).startswith(_SYSTEM)
        and (not file.is_relative_to(ours / "include"))
        and (not file.is_relative_to(ours / "explore"))
    )


def candidates(subject: Subject) -> Iterator[Candidate]:
    """Yield every order of a subject one step weaker, compiled.

    Raises
    ------
    UsageError
        If the subject itself does not compile.
    """
    files = local_files(subject)
    compiler = find_compiler()
    original = _preprocessed(_copied(subject, files, None, compiler), compiler)
    for place in places_of(files, subject.defines):
        yield from _at(subject, files, place, original, compiler)


def mutant_of(subject: Subject, change: str) -> Subject:
    """Return one mutant.

    Parameters
    ----------
    change
        As ``str`` writes it: place, order, weaker order.

    Raises
    ------
    UsageError
        If the source has no such order there (any more).
    """
    files = local_files(subject)
    for place in places_of(files, subject.defines):
        for each in weakened(place):
            if str(each) == change:
                return _copied(subject, files, each, find_compiler())
    raise UsageError(
        f"{subject.name}: no order to change as in {change!r}; was the source changed?"
    )


def _at(
    subject: Subject,
    files: Sequence[Path],
    place: Place,
    original: str,
    compiler: Compiler,
) -> Iterator[Candidate]:
    accepted: set[str] = set()
    for change in weakened(place):
        if "acq_rel" in accepted and change.order in ("acquire", "release"):
            continue  # two steps
        candidate = _compiled(subject, files, change, original, compiler)
        if candidate.sort == "mutant":
            accepted.add(change.order)
        yield candidate
        if candidate.sort == "absent":
            return


def _compiled(
    subject: Subject,
    files: Sequence[Path],
    change: Weakened,
    original: str,
    compiler: Compiler,
) -> Candidate:
    mutant = _copied(subject, files, change, compiler)
    if _preprocessed(mutant, compiler) == original:
        return Candidate(change, "absent", why="no code of this variant has this order")
    try:
        program_of(mutant)
    except CompileError as error:
        return Candidate(change, "rejected", why=_reason(error))
    return Candidate(change, "mutant", mutant)


def _reason(error: CompileError) -> str:
    """Return the compiler's own first complaint, without the path of the copy."""
    lines = [line for line in error.output.splitlines() if "error:" in line]
    first = lines[0] if lines else error.output.strip().splitlines()[0]
    return first.rpartition("error: ")[2]


def _copied(
    subject: Subject, files: Sequence[Path], change: Weakened | None, compiler: Compiler
) -> Subject:
    """Return the subject on copies of its files, with `change` made in one of them."""
    root = Path(os.path.commonpath([file.parent for file in files]))
    texts = {file.relative_to(root): file.read_bytes() for file in files}
    defines = dict(subject.defines)
    if change is not None:
        if change.place.file is None:
            assert change.place.macro is not None
            defined = str(defines[change.place.macro])
            defines[change.place.macro] = change.applied_to(defined)
        else:
            name = change.place.file.relative_to(root)
            text = texts[name].decode(errors="surrogateescape")
            texts[name] = change.applied_to(text).encode(errors="surrogateescape")
    folder = _written(texts, str(root))
    made = subject.with_changes(
        f"{subject.variant or 'as-written'}+{_slug(change)}",
        expected=subject.expected,
        sources=[folder / source.relative_to(root) for source in subject.sources],
        defines=defines,
        cflags=[_INVALID.get(compiler.kind, _INVALID["gcc"])],
    )
    made.headers = tuple(folder / header.relative_to(root) for header in subject.headers)
    made.cflags = (*_includes(subject, root, folder), *made.cflags)
    made.__dict__.pop("machine", None)  # it remembers, and threads would share it
    return made


def _slug(change: Weakened | None) -> str:
    words = "copy" if change is None else f"{change.place} {change.order}"
    return re.sub(r"[^\w.]+", "-", words).strip("-")


def _written(texts: dict[Path, bytes], root: str) -> Path:
    """Write the files into a folder of the cache that is named by what is in it."""
    digest = hashlib.sha256(root.encode())
    for name, text in sorted(texts.items()):
        digest.update(b"\0" + str(name).encode() + b"\0" + text)
    folder = cache_directory() / "mutants" / digest.hexdigest()[:24]
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    for name, text in texts.items():
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).write_bytes(text)
    try:
        scratch.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(scratch)
    return folder


def _includes(subject: Subject, root: Path, folder: Path) -> list[str]:
    """Return an ``-I`` of the copies for each of the subject's that names originals."""
    words, found = iter(subject.cflags), []
    for word in words:
        match = _INCLUDE.fullmatch(word)
        if match is None:
            continue
        named = (subject.folder / (match[2] or next(words, "."))).resolve()
        if named.is_relative_to(root):
            found.append(f"-I{folder / named.relative_to(root)}")
    return found


def _preprocessed(subject: Subject, compiler: Compiler) -> str:
    """Return what the compiler proper would see of all sources, without their paths."""
    texts = []
    for source in subject.sources:
        command = [*compiler.command, "-E", "-P", *EXPLORED.instrumentation(compiler)]
        command += [*preprocessor(subject), "-x", _language(source), str(source)]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=subject.folder, errors="replace"
        )
        if done.returncode != 0:
            raise CompileError(done.stderr.strip(), command, done.stderr)
        texts.append(done.stdout.replace(str(source.parent), ""))
    return "\0".join(texts)


def _language(source: Path) -> str:
    return "c" if source.suffix in (".c", ".h") else "c++"
