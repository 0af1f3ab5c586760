"""Rust behind ``extern "C"``: what is linked into a subject for a file of functions.

Native     One archive of the file and of std, as rustc ships it, optimised as asked.
Explored   The same file's bitcode with hooks, and the standard library that has them.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from heald.building.cache import cache_directory, make_once
from heald.building.manifest import hash_file, hash_text
from heald.building.rust.hooks import is_bitcode, with_hooks
from heald.building.rust.program import OPTIONS, read_by
from heald.building.rust.standard import instrumented_std
from heald.building.rust.toolchain import Toolchain, find_toolchain

_SYSTEM = ("-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl")
_BESIDE = ("compiler_builtins", "libc", "unwind")


def native_library(source: Path, flags: Sequence[str], optimise: str) -> list[str]:
    """Return what to link for real threads."""
    level = optimise.removeprefix("-O")
    options = [
        f"-Copt-level={level}",
        "-g",
        "-Ccodegen-units=1",
        "-Crelocation-model=pic",
    ]
    return [str(_archive(find_toolchain(), source, [*options, *flags])), *_SYSTEM]


def linked_beside(
    sources: Sequence[Path], cflags: Sequence[str], optimise: str
) -> list[str]:
    """Return what to link for the files of Rust among the sources of a part in C.

    Definitions for C (``-Dsmall``) are ``cfg`` for them, as for subjects.
    """
    flags = ["-Aunexpected_cfgs"]
    for word in (flag[2:] for flag in cflags if flag.startswith("-D")):
        name, _, value = word.partition("=")
        flags += ["--cfg", f'{name}="{value}"' if value else name]
    files = [source for source in sources if source.suffix == ".rs"]
    return [word for file in files for word in native_library(file, flags, optimise)]


def explored_library(source: Path, flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what to link for exploring, and the names in it that are known to be seen."""
    toolchain = find_toolchain()
    archive = _archive(toolchain, source, [*OPTIONS, *flags])
    here = Path(__file__)
    makers = [here, *(here.with_name(f"{n}.py") for n in ("hooks", "extremes")), archive]
    key = hash_text("\0".join([str(toolchain.linker), *map(hash_file, makers)]))
    target = cache_directory() / "rust" / "libraries" / f"{source.stem}-{key[:24]}.o"
    made = make_once(target, lambda scratch: _hooked(toolchain, archive, scratch))
    standard = instrumented_std(toolchain)
    beside = [str(toolchain.library(name)) for name in _BESIDE if toolchain.has(name)]
    known = [made.name, standard.name, *(Path(name).name for name in beside)]
    return [str(made), str(standard), *beside, "-lgcc_eh"], known


def library_inputs(source: Path, flags: Sequence[str]) -> list[Path]:
    """Return the files that a file of functions is made of, besides itself."""
    folder = cache_directory() / "rust"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="read-", dir=folder) as scratch:
        listed = Path(scratch) / "read.d"
        _rustc(find_toolchain(), source, [f"--emit=dep-info={listed}", *flags])
        return [path for path in read_by(listed) if path != source.resolve()]


def sizes_in(source: Path, flags: Sequence[str], types: Sequence[str]) -> list[int]:
    """Return size and alignment of each type of a file, one behind the other.

    Raises
    ------
    UsageError
        In rustc's words, if there is no such type.
    """
    asked = "".join(
        f"\n#[no_mangle] pub static heald_fact_{at}: [usize; 2] = "
        f"[size_of::<{name}>(), align_of::<{name}>()];"
        for at, name in enumerate(types)
    )
    text = (
        f"{source.read_text()}\n#[allow(non_upper_case_globals)] pub mod heald_facts {{\n"
        f"use super::*; use std::mem::{{size_of, align_of}};{asked}\n}}\n"
    )
    key = hash_text("\0".join([find_toolchain().identity, str(source), text, *flags]))
    target = cache_directory() / "rust" / "facts" / f"{key[:24]}.o"
    made = make_once(target, lambda scratch: _facts(source, text, flags, scratch))
    return _numbers(made, len(types))


def _facts(source: Path, text: str, flags: Sequence[str], made: Path) -> None:
    words = [
        "--crate-type=lib",
        f"--emit=obj={made.absolute()}",
        "-Ccodegen-units=1",
        "-Awarnings",
        *flags,
    ]
    if "include" not in text:
        # Read from a pipe, its modules are found from where rustc is.
        given = made.with_suffix(".rs")
        given.write_text(text)
        _rustc(find_toolchain(), source, words, given)
        return
    # What it includes is found from the file alone, so that one lies there for a moment.
    with tempfile.NamedTemporaryFile(
        "w", prefix=".heald-", suffix=".rs", dir=source.parent
    ) as file:
        file.write(text)
        file.flush()
        _rustc(find_toolchain(), Path(file.name), words)


def _numbers(made: Path, count: int) -> list[int]:
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    found = []
    with open(made, "rb") as file:
        elf = ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        for at in range(count):
            symbols = table.get_symbol_by_name(f"heald_fact_{at}")
            assert symbols
            symbol = symbols[0]
            content = elf.get_section(symbol["st_shndx"]).data()[symbol["st_value"] :]
            found += [int.from_bytes(content[i : i + 8], "little") for i in (0, 8)]
    return found


def _archive(toolchain: Toolchain, source: Path, options: Sequence[str]) -> Path:
    inputs = [source, *library_inputs(source, _cfg(options))]
    words = shlex.join(options)
    parts = [toolchain.identity, str(source), words, *map(hash_file, inputs)]
    target = cache_directory() / "rust" / "libraries"
    name = f"lib{re.sub(r'[^0-9A-Za-z_]', '_', source.stem)}-{hash_text(' '.join(parts))[:24]}.a"

    def make(made: Path) -> None:
        _rustc(toolchain, source, ["--crate-type=staticlib", *options, "-o", str(made)])

    return make_once(target / name, make)


def _cfg(options: Sequence[str]) -> list[str]:
    """Return those of rustc's options that say which files there are."""
    found, words = [], iter(options)
    for word in words:
        if word == "--cfg":
            found += [word, next(words)]
        elif word.startswith(("--cfg=", "--edition")):
            found.append(word)
    return found


def _rustc(
    toolchain: Toolchain,
    source: Path,
    options: Sequence[str],
    given: Path | None = None,
) -> None:
    """Compile a file; what is `given` in its place is read as if it were there."""
    from heald.building.build import _run

    edition = (
        [] if any(o.startswith("--edition") for o in options) else ["--edition=2021"]
    )
    name = "--crate-name=" + re.sub(r"\W", "_", source.stem.lstrip("."))
    if not any(option.startswith("--crate-type") for option in options):
        edition.append("--crate-type=lib")
    command = [toolchain.rustc, *edition, name, *options]
    if given is None:
        _run([*command, str(source)], None)
    else:
        _run([*command, "-"], source.absolute().parent, given)


def _hooked(toolchain: Toolchain, archive: Path, made: Path) -> None:
    """Put hooks into what is the file's own: std's members are not bitcode here."""
    with tempfile.TemporaryDirectory(dir=made.parent) as scratch:
        folder = Path(scratch)
        subprocess.run(["ar", "x", str(archive)], cwd=folder, check=True)
        objects = []
        for unit in filter(is_bitcode, sorted(folder.glob("*.o"))):
            hooked = unit.with_suffix(".hooked.o")
            with_hooks(toolchain.linker, unit, hooked)
            objects.append(str(hooked))
        subprocess.run(["ld", "-r", "-o", str(made), *objects], check=True)
