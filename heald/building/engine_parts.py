"""The engine's compiled parts: which there are, and the one command that compiles each.

Why a file of its own: ``setup.py`` loads it to ship the parts inside a wheel, where
nothing else of heald can be imported yet. So this file needs the standard library only.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Part:
    """One compiled part: every C and assembly file below one folder, linked together.

    Attributes
    ----------
    folder
        Below ``csrc/``; its ``*.c`` and ``*.S`` are compiled, those of subfolders too. A
        subfolder ``driver/`` is not of the part: what lies there is linked with a subject.
    file
        Name of what is made.
    compile_flags, link_flags
        Given before and after the sources.
    """

    folder: str
    file: str
    compile_flags: tuple[str, ...]
    link_flags: tuple[str, ...] = ()


_LIBRARY = ("-std=gnu11", "-O2", "-g", "-fPIC", "-shared", "-pthread")
_PROGRAM = ("-std=gnu11", "-O2", "-g", "-pthread")

PARTS: Mapping[str, Part] = {
    "stress": Part("stress", "heald-stress", _PROGRAM, ("-ldl",)),
    "explore": Part("explore", "heald-explore", _PROGRAM, ("-rdynamic", "-ldl", "-lm")),
    "faults": Part("faults", "heald-faults", _PROGRAM, ("-rdynamic", "-ldl")),
    "linearize": Part("linearize", "libheald_linearize.so", _LIBRARY),
}


COVERAGE = "HEALD_ENGINE_COVERAGE"
"""Names a folder where gcov's notes and counts are kept; the engine then counts its lines."""

#: Counts are written when a process ends, which one that is confined may not.
_COUNTED = ("--coverage", "-fprofile-abs-path", "-DFILTER_NOTHING")
_WRITES_COUNTS = """
void __gcov_dump(void);
void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) { __gcov_dump(); __real__exit(status); }
"""


def not_shipped(folder: str, names: list[str]) -> set[str]:
    """Say what of ``csrc/`` stays out of a wheel, for ``shutil.copytree``.

    An installed heald needs its C as text: generated glue includes the headers, harnesses
    are compiled together with the subject. The repository's own subjects are not part of it.
    """
    return {"subjects"} & set(names) if Path(folder).name == "csrc" else set()


def compiler_command() -> list[str]:
    """Return the compiler as a command line: ``$CC``, else ``gcc``."""
    return shlex.split(os.environ.get("CC", "")) or ["gcc"]


def sources_of(part: Part, csrc: Path) -> list[Path]:
    """Return the part's C and assembly files, sorted by name; empty if there are none."""
    folder = csrc / part.folder
    found = map(Path, _files_below(folder, (".c", ".S")))
    return sorted(f for f in found if "driver" not in f.relative_to(folder).parts)


def inputs_of(part: Part, csrc: Path) -> list[str]:
    """Return every file that the compiled part may depend on, headers included."""
    return [
        *_files_below(csrc / part.folder, (".c", ".S", ".h")),
        *_files_below(csrc / "include", (".h",)),
    ]


def _files_below(folder: Path, endings: tuple[str, ...]) -> list[str]:
    return sorted(
        f"{inside}/{name}"
        for inside, _, names in os.walk(folder)
        for name in names
        if name.endswith(endings)
    )


def compile_part(
    part: Part,
    csrc: Path,
    output: Path,
    compiler: list[str],
    run: Callable[[list[str]], object] | None = None,
) -> None:
    """Compile the part into the file `output`, its files beside each other.

    Parameters
    ----------
    run
        Runs a command; by default to its end, however long that takes.

    Raises
    ------
    subprocess.CalledProcessError
        If the compiler refuses; ``stderr`` is its own text.
    FileNotFoundError
        If there is no such compiler.
    """
    import tempfile
    from concurrent.futures import ThreadPoolExecutor

    notes = os.environ.get(COVERAGE)
    run = run or _run
    sources = sources_of(part, csrc)
    folders = [f"-I{csrc / 'include'}", f"-I{csrc / part.folder}"]
    compile_flags = part.compile_flags + (_COUNTED if notes else ())
    # Beside the output: what a killed compilation leaves is removed with the output's folder.
    with tempfile.TemporaryDirectory(prefix="objects-", dir=output.parent) as scratch:
        kept = _kept(notes, part) if notes else scratch
        objects = [str(Path(kept) / f"{i}.o") for i in range(len(sources))]

        def one(source: Path, made: str) -> None:
            run([*compiler, *compile_flags, *folders, "-c", str(source), "-o", made])

        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            list(pool.map(one, sources, objects))
        made = ["-o", str(output), *part.link_flags]
        if notes:
            (Path(scratch) / "counts.c").write_text(_WRITES_COUNTS)
            made += ["-Wl,--wrap=_exit", f"{scratch}/counts.c"]
        run([*compiler, *compile_flags, *objects, *made])


def _kept(notes: str, part: Part) -> str:
    """Return a new folder for the objects of a part, in the folder for notes."""
    import tempfile

    Path(notes).mkdir(parents=True, exist_ok=True)
    return tempfile.mkdtemp(prefix=f"{part.folder}-", dir=Path(notes).absolute())


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
