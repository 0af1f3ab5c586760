"""The standard library with hooks in it, made once for each compiler.

Why       Rust's locks, channels and threads are code of std, not of the system: what a program
          does through them is seen only where std has hooks, too. Its libraries carry their
          bitcode, so nothing has to be compiled from source.
Quiet     What std does for itself is taken out where a program cannot tell: a table of stacks for
          a handler of overflows that is never installed here, and the rounds that a lock spins
          before it waits (``std.c``). They would only multiply the executions.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path
from typing import Any

from heald.building.build import _run
from heald.building.cache import cache_directory, make_once
from heald.building.rust.hooks import OPTIONS, put_in_hooks
from heald.building.rust.toolchain import Toolchain
from heald.verdicts import UsageError

CRATES = ("std", "core", "alloc", "panic_unwind", "hashbrown", "std_detect", "memchr")

#: Read debugging information. A program shares what they have of generic code, such as the
#: growing of a vector, with whoever uses it first. Not all are in every version.
READERS = ("gimli", "addr2line", "object", "miniz_oxide", "adler2", "rustc_demangle")

#: Functions of std that do nothing here, by the ends of their names.
_NOTHING = (
    "14stack_overflow3imp12drop_handler",
    "14stack_overflow11thread_info16set_current_info",
    "14stack_overflow11thread_info19delete_current_info",
)

#: What is done otherwise, by a macro of ``std.c``: a function, or a variable prepared before main.
_OTHERWISE = {
    "heald_lock_contended": "5mutex5futexNtB2_5Mutex14lock_contended",
    "heald_key": "5guard3key6enable5DTORS",
}

#: What is told of on the way (``std.c``): what catches a panic, where ``main`` begins. By which of
#: ``CRATES``, the macro, and the end of its name; without the first two, panics would pass unseen.
_TOLD = (
    ("std", "heald_catch", r"9panicking(?:12catch_unwind|3try)7cleanup"),
    ("panic_unwind", "heald_catch", r"(?:20)?___?rust_panic_cleanup"),
    ("panic_unwind", "heald_panic", r"(?:18)?___?rust_start_panic"),
    ("std", "heald_start", r"2rt19lang_start_internal"),
    ("std", "heald_yield", r"6thread\w*9yield_now"),
    ("std", "heald_variables", r"3env4vars"),
    ("std", "heald_variables", r"3env7vars_os"),
    ("std", "heald_thread", r"3std6thread6thread\w*6Thread3new"),
    ("std", "heald_hooks", r"6thread9spawnhook15run_spawn_hooks"),
    ("std", "heald_scope", r"6scoped\w*9ScopeData29increment_num_running_threads"),
)

_RETURN = {"EM_X86_64": b"\xc3", "EM_AARCH64": b"\xc0\x03\x5f\xd6"}

#: What std asks the system for itself, answered in ``std.c`` (``heald_std_...``).
_ASKED = (
    *("sigaction", "signal", "pthread_getattr_np", "poll", "sched_getaffinity"),
    *("open64", "getenv", "prctl", "dlsym", "gnu_get_libc_version"),
    *("getcwd", "dl_iterate_phdr"),
    *("pthread_create", "pthread_join", "pthread_detach", "exit"),
)


def quiet_source() -> Path:
    """Return the C of what takes the place of std's own."""
    from heald.building.engine import engine_sources

    return engine_sources() / "rust" / "std.c"


def instrumented_std(toolchain: Toolchain) -> Path:
    """Return the archive that takes the place of ``CRATES``, made if it is not there."""
    recipe = [
        toolchain.identity,
        str(toolchain.libraries),
        *OPTIONS,
        *CRATES,
        *READERS,
        repr((_OTHERWISE, _TOLD)),
        *_NOTHING,
    ]
    recipe += [quiet_source().read_text(), Path(__file__).read_text()]
    key = hashlib.sha256("\0".join(recipe).encode()).hexdigest()[:24]
    target = cache_directory() / "rust" / key / "libheald_std.a"
    return make_once(target, lambda made: _make(toolchain, made))


def _make(toolchain: Toolchain, made: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with tempfile.TemporaryDirectory(prefix="std-", dir=made.parent) as scratch:
        folder = Path(scratch)
        readers = [name for name in READERS if toolchain.has(name)]
        with ThreadPoolExecutor(max_workers=2) as pool:
            objects = list(
                pool.map(
                    lambda crate: _crate(toolchain, crate, folder), [*CRATES, *readers]
                )
            )
        told = _told(dict(zip(CRATES, objects, strict=False)), toolchain)
        objects.append(_quieted(objects[0], told, folder))
        _run(["ar", "rcs", str(made), *map(str, objects)], None)


def _crate(toolchain: Toolchain, crate: str, folder: Path) -> Path:
    inside = folder / crate
    inside.mkdir()
    library = toolchain.library(crate)
    _run(["ar", "x", str(library)], inside)
    units = sorted(inside.glob("*.o"))
    made = []
    for unit in units:
        bitcode, hooked = unit.with_suffix(".bc"), unit.with_suffix(".hooked.o")
        _run(["objcopy", "--dump-section", f".llvmbc={bitcode}", str(unit)], inside)
        if not bitcode.exists():
            raise UsageError(
                f"{library.name} of {toolchain.name} carries no bitcode, as the one of a "
                "distribution often does not; install Rust with rustup (https://rustup.rs)"
            )
        put_in_hooks(toolchain.linker, bitcode, hooked)
        made.append(hooked)
    if len(made) == 1:
        return made[0].rename(folder / f"{crate}.o")
    whole = folder / f"{crate}.o"
    _run(["ld", "-r", "-o", str(whole), *map(str, made)], inside)
    return whole


def _told(objects: dict[str, Path], toolchain: Toolchain) -> list[str]:
    """Let functions be called by way of ours; return the lines of C that make those."""
    lines = []
    for crate, ours, end in _TOLD:
        name = re.compile(rf"_(?:R|ZN)\w*{end}(?:17h[0-9a-f]{{16}}E)?")
        places = [
            (symbol, section)
            for symbol, section in _functions(objects[crate])
            if name.fullmatch(symbol)
        ]
        if len(places) != 1:
            raise UsageError(
                f"the standard library of {toolchain.name} is not one that heald knows: "
                f"its {crate} has no single function {end}"
            )
        ((symbol, at),) = places
        real = f"heald_real_{symbol}"
        how = [f"--redefine-sym={symbol}={real}"]
        if crate == "std" and ours == "heald_catch":  # what std itself calls, too
            how = [f"--add-symbol={real}={at},function,global"]
            how += [f"--weaken-symbol={symbol}"]
        _run(["objcopy", *how, str(objects[crate])], None)
        lines.append(f"{ours}_AS({symbol}, {real})")
    return lines


def _functions(object_file: Path) -> list[tuple[str, str]]:
    """Return the functions of an object, each with its place as objcopy writes it."""
    from elftools.elf.elffile import ELFFile

    with open(object_file, "rb") as file:
        elf: Any = ELFFile(file)
        return [
            (
                symbol.name,
                f"{elf.get_section(symbol['st_shndx']).name}:{symbol['st_value']:#x}",
            )
            for symbol in elf.get_section_by_name(".symtab").iter_symbols()
            if symbol["st_info"]["type"] == "STT_FUNC"
            and isinstance(symbol["st_shndx"], int)
        ]


def _quieted(std: Path, told: list[str], folder: Path) -> Path:
    """Let functions of std give way to ours, and compile those."""
    _do_nothing(std)
    names = re.findall(r" [TtDd] (_R\w+)$", _run(["nm", str(std)], None), re.MULTILINE)
    aliases, changes = [], []
    for ours, end in _OTHERWISE.items():
        found = [name for name in names if name.endswith(end)]
        if len(found) == 1:  # else another version: nothing is lost but time
            aliases.append(f"{ours}_AS({found[0]})")
            how = "globalize" if ours == "heald_key" else "weaken"
            changes.append(f"--{how}-symbol={found[0]}")
    _run(["objcopy", *changes, str(std)], None)
    renamed = [f"--redefine-sym={name}=heald_std_{name}" for name in _ASKED]
    _run(["objcopy", *renamed, str(std)], None)
    source = folder / "quiet.c"
    source.write_text("\n".join([f'#include "{quiet_source()}"', *aliases, *told, ""]))
    made = folder / "quiet.o"
    options = [
        "-O1",
        "-g",
        "-fPIC",
        "-fsanitize=thread",
        "--param=tsan-instrument-func-entry-exit=0",
        # Under the name of std: what it does is told with what std does.
        f"-ffile-prefix-map={folder}=/rustc/heald",
        f"-ffile-prefix-map={quiet_source().parent}=/rustc/heald",
    ]
    _run(["gcc", "-c", str(source), "-o", str(made), *options], None)
    return made


def _do_nothing(std: Path) -> None:
    """Let functions return at once; calls of them within std are bound already."""
    from elftools.elf.elffile import ELFFile

    with open(std, "r+b") as file:
        elf: Any = ELFFile(file)
        code = _RETURN[elf["e_machine"]]
        places = [
            elf.get_section(symbol["st_shndx"])["sh_offset"] + symbol["st_value"]
            for symbol in elf.get_section_by_name(".symtab").iter_symbols()
            if symbol.name.endswith(_NOTHING) and isinstance(symbol["st_shndx"], int)
        ]
        for place in places:
            file.seek(place)
            file.write(code)
