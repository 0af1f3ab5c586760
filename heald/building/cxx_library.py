"""The C++ library, which becomes part of what is explored.

Seen      Its templates are compiled with the program, those too that it has compiled already.
          What it keeps in its archive beside them is compiled without hooks, so parts of it
          have another form here (``csrc/cxx``), linked in their place.
libc++    Those parts lie among others in the archive's objects: they are linked from a copy
          in which their names give way to ours.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from heald.building.build import Unit
from heald.building.cache import cache_directory, make_once
from heald.building.compilers import Compiler
from heald.building.engine import engine_sources
from heald.building.manifest import hash_file, hash_text
from heald.verdicts import UsageError

_LIBCXX = "-stdlib=libc++"
_LIBSTDCXX = "-stdlib=libstdc++"
_KNOWN = (14,)
"""The versions of libc++ whose archive is known."""

_OURS = (
    *("_Z*N*St3__114__shared_count*", "_Z*N*St3__119__shared_weak_count*"),
    *("_ZNSt3__112__get_sp_mut*", "_ZNSt3__18__sp_mut*"),
    *("_ZNSt3__1*__libcpp_atomic_*", "_ZNSt3__1*__cxx_atomic_notify_*"),
    *("_ZNSt3__1*_barrier_algorithm_base*", "_ZNSt3__119__thread_local_data*"),
    *("_ZNSt3__111timed_mutex*", "_ZNSt3__121recursive_timed_mutex*"),
    *("_ZNSt3__119__shared_mutex_base*", "_ZNSt3__118shared_timed_mutex*"),
    *("_ZNSt3__115__thread_struct*", "_Z*N*St3__117__assoc_sub_state*"),
    *("_ZNSt3__16futureIvE*", "_ZNSt3__113shared_futureIvE*"),
    *("_ZNSt3__17promiseIvE*", "_ZNSt13exception_ptr*", "_ZSt17current_exceptionv"),
    *("_ZN*St16nested_exception*", "_ZT*St16nested_exception"),
)
"""What is defined in ``csrc/cxx/libcxx``."""

_APART = (
    "_ZNSt3__114__shared_count12__add_sharedEv",
    "_ZNSt3__114__shared_count16__release_sharedEv",
    "_ZNSt3__119__shared_weak_count12__add_sharedEv",
    "_ZNSt3__119__shared_weak_count10__add_weakEv",
    "_ZNSt3__119__shared_weak_count16__release_sharedEv",
    "_ZNSt3__111__call_onceERVmPvPFvS2_E",
)
"""What the archive calls for itself, of its locales above all: it does so unseen."""


_OF_PARTS = ("-std=", "-m", "-O", "-f", "-g", "-D_GLIBCXX", "-w")
"""What decides how parts of libstdc++ are compiled; the program's own macros do not."""

_BEFORE_THEM = ("++98", "++03")
"""Older than what the parts are written in: then they are in what the compiler takes by itself."""

_OF_POINTER = "_ZNSt15__exception_ptr13exception_ptr"
_COUNTING = (
    "__cxa_end_catch",
    "_ZSt17current_exceptionv",
    "_ZSt17rethrow_exceptionNSt15__exception_ptr13exception_ptrE",
    f"{_OF_POINTER}9_M_addrefEv",
    f"{_OF_POINTER}10_M_releaseEv",
    f"{_OF_POINTER}C1EPv",
    "_ZNSt13__future_base12_Result_baseC2Ev",
)
_WITH_TEXT = (
    *("13runtime_error", "11range_error", "14overflow_error", "15underflow_error"),
    *("11logic_error", "12domain_error", "16invalid_argument", "12length_error"),
    "12out_of_range",
)
_DESTROYED = [f"_ZNSt{name}D{kind}Ev" for name in _WITH_TEXT for kind in (1, 2)]
"""Copies of these share a text: they are destroyed by way of ``texts.cpp``."""

_COUNTING_OF_LLVM = (
    "__cxa_end_catch",
    "__cxa_current_primary_exception",
    "__cxa_increment_exception_refcount",
    "__cxa_decrement_exception_refcount",
    "__cxa_rethrow_primary_exception",
)
"""What counts who holds an exception: its calls lead to ``csrc/cxx``."""


@dataclass(frozen=True)
class CxxLibrary:
    """What a program or a subject needs for its C++ library to be seen.

    Attributes
    ----------
    cflags
        For the author's files.
    ldflags
        With them its archive is linked, not found where the program runs.
    units
        What is linked in place of parts of the archive.
    """

    cflags: tuple[str, ...]
    ldflags: tuple[str, ...]
    units: tuple[Unit, ...]


def is_libcxx(cflags: Sequence[str]) -> bool:
    """Whether options choose LLVM's library."""
    chosen = [flag for flag in cflags if flag in (_LIBCXX, _LIBSTDCXX)]
    return chosen[-1:] == [_LIBCXX]


def cxx_library(cflags: Sequence[str], compiler: Compiler) -> CxxLibrary:
    """Return what the library needs that these options choose.

    Raises
    ------
    UsageError
        If it is another one than those that are known.
    """
    folder = engine_sources() / "cxx"
    seen = ("-include", str(folder / "seen.hpp"))
    if not is_libcxx(cflags):
        own = tuple(
            flag
            for flag in cflags
            if flag.startswith(_OF_PARTS) and not flag.endswith(_BEFORE_THEM)
        )
        return CxxLibrary(
            seen,
            ("-static-libstdc++", "-static-libgcc", *_led([*_COUNTING, *_DESTROYED])),
            tuple(
                Unit(part, own_cflags=own + seen) for part in sorted(folder.glob("*.cpp"))
            ),
        )
    if compiler.kind != "clang":
        raise UsageError(
            f"{_LIBCXX} is an option of clang, and {compiler.name} is another compiler: "
            "set CXX=clang++"
        )
    _refuse_unknown(compiler)
    texts = folder / "texts.cpp"
    folder /= "libcxx"
    archives = [_giving_way(_archive(compiler, "libc++.a"))]
    archives.append(_archive(compiler, "libc++abi.a"))
    options = ("-std=c++20", _LIBCXX)
    return CxxLibrary(
        (*seen, f"-I{folder / 'include'}"),
        (
            "-nostdlib++",
            *_led([*_COUNTING_OF_LLVM, *_DESTROYED]),
            *map(str, archives),
            "-static-libgcc",
        ),
        tuple(
            Unit(path, own_cflags=options)
            for path in (*sorted(folder.glob("*.cpp")), texts)
        ),
    )


def _led(names: Sequence[str]) -> list[str]:
    return [f"-Wl,--wrap={name}" for name in names]


def _refuse_unknown(compiler: Compiler) -> None:
    command = [*compiler.command, _LIBCXX, "-x", "c++", "-E", "-dM", "-"]
    text = "#include <version>\n"
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    words = [line.split() for line in done.stdout.splitlines()]
    number = next((w[2] for w in words if w[1:2] == ["_LIBCPP_VERSION"]), None)
    if number is None:
        raise UsageError(
            f"{_LIBCXX}: {compiler.name} has no headers of libc++ (Debian: libc++-dev)"
        )
    # 14000 is 14; later on 190107 is 19.1.7
    major = int(number) // (1000 if int(number) < 100_000 else 10_000)
    if major not in _KNOWN:
        raise UsageError(
            f"{_LIBCXX}: of libc++ {major} it is not known what it keeps in its archive, only of "
            f"{', '.join(map(str, _KNOWN))}; leave the option out where the program is checked"
        )


def _archive(compiler: Compiler, name: str) -> Path:
    command = [*compiler.command, _LIBCXX, f"-print-file-name={name}"]
    said = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    if not Path(said).is_absolute():
        raise UsageError(
            f"{_LIBCXX}: {compiler.name} has no {name} (Debian: libc++-dev, libc++abi-dev)"
        )
    return Path(said).resolve()


def _giving_way(archive: Path) -> Path:
    """Return a copy in which what we define ourselves gives way to it."""
    key = hash_text("\0".join([hash_file(archive), *_OURS, *_APART]))[:24]
    copy = cache_directory() / "cxx" / key / archive.name
    return make_once(copy, lambda made: _weaken(archive, made))


def _weaken(archive: Path, made: Path) -> None:
    names = [f"--weaken-symbol={name}" for name in _OURS]
    names += [f"--redefine-sym={name}=heald_unseen{name}" for name in _APART]
    command = ["objcopy", "--wildcard", *names, str(archive), str(made)]
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise UsageError(
            f"{_LIBCXX}: objcopy of binutils cannot be run: {error}"
        ) from None
    if done.returncode:
        raise UsageError(f"objcopy cannot copy {archive}: {done.stderr.strip()}")
