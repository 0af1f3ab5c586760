"""A whole program for exploration: C and C++ by the compiler, Rust by rustc or cargo."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from heald.building.rust.named import is_package, is_rust
from heald.explorer.given import STDIN, is_compiled, unit_of
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.building.compilers import Compiler

_CXX_SUFFIXES = {".cc", ".cpp", ".cxx", ".c++", ".C"}
_LINK_PREFIXES = ("-l", "-L", "-Wl,")


def build_program(
    sources: Sequence[str],
    *,
    cflags: Sequence[str] = (),
    stdin: str | None = None,
    trust: Sequence[str] = (),
) -> Path:
    """Compile a program for exploration; return the cached shared object."""
    from heald.building.build import EXPLORED, compile
    from heald.building.cxx_library import cxx_library

    if is_rust(sources):
        from heald.building.rust.cargo import build_package
        from heald.building.rust.program import build_rust

        if len(sources) != 1:
            raise UsageError(
                "a Rust program is one file with fn main; it names the others"
            )
        if is_package(sources[0]):
            return build_package(sources[0], cflags, trust)
        return build_rust(sources[0], cflags, trust)
    is_cxx = is_cxx_program(sources)
    compile_flags, link_flags = _divided(cflags)
    sources, compiled = _without_compiled(sources)
    link_flags = [*compiled, *link_flags]
    _refuse_on_stdin(sources, cflags, stdin or "")
    units = [unit_of(source, stdin) for source in sources]
    compiler = compiler_of(sources)
    if is_cxx:
        library = cxx_library(cflags, compiler)
        # Part of the program: its state is restored with it.
        link_flags += library.ldflags
        compile_flags += library.cflags
        units += library.units
    compile_flags = _harness_flags(sources, stdin) + compile_flags
    return compile(
        units,
        flavour=EXPLORED,
        compiler=compiler,
        cflags=compile_flags,
        ldflags=link_flags,
        trusted=trust,
    )


def _divided(flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what is for the compiler, and what is for the linker in its order."""
    links = [f.startswith(_LINK_PREFIXES) or is_compiled(f) for f in flags]
    both = list(zip(flags, links, strict=True))
    return [f for f, link in both if not link], [f for f, link in both if link]


def _without_compiled(sources: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take objects and libraries out of what is to be compiled: they are linked."""
    compiled = [name for name in sources if is_compiled(name)]
    for name in compiled:
        unit_of(name, None)  # refuses what is not there
    return (
        [name for name in sources if name not in compiled],
        [str(Path(name).resolve()) for name in compiled],
    )


#: Headers of C have a suffix.
_OF_CXX = re.compile(r"^\s*#\s*include\s*<[a-z_]+>", re.MULTILINE)


def _refuse_on_stdin(sources: Sequence[str], cflags: Sequence[str], text: str) -> None:
    if sources.count(STDIN) > 1:
        raise UsageError("'-' is given twice, but standard input is one text")
    is_asked = any(flag.startswith("-x") for flag in cflags)
    if STDIN in sources and (is_asked or _OF_CXX.search(text)):
        raise UsageError(
            "what comes on standard input is C (-x changes nothing): give C++ as a file "
            "whose name ends in .cpp"
        )


#: Names of harnesses that the explorer must see the program's own functions by.
_SEEN_FUNCTIONS = re.compile(r"\b(reach_error|__VERIFIER_atomic_(?!begin\b|end\b)\w+)")


def _harness_flags(sources: Sequence[str], stdin: str | None) -> list[str]:
    """Let ``<heald/harness.h>`` be found, and functions with a meaning be told of."""
    from heald.building.engine import engine_include

    flags = ["-DHEALD_EXPLORED", f"-I{engine_include()}"]
    texts = [
        stdin or "" if name == STDIN else Path(name).read_text(errors="replace")
        for name in sources
    ]
    if any(map(_SEEN_FUNCTIONS.search, texts)):
        flags.append("-finstrument-functions")
    return flags


def compiler_name(sources: Sequence[str]) -> str:
    """Return what a program's compiler calls itself."""
    if not is_rust(sources):
        return compiler_of(sources).name
    from heald.building.rust.toolchain import find_toolchain

    return find_toolchain().name


def must_tell_weak_from_strong(sources: Sequence[str]) -> None:
    """Refuse to let weak compare-exchanges fail where nobody says which ones are weak.

    Raises
    ------
    UsageError
        If the program is compiled by LLVM, whose hooks leave that out.
    """
    if is_rust(sources) or compiler_of(sources).kind == "clang":
        raise UsageError(
            "--weak-failures needs gcc: the hooks of clang and of rustc do not say which "
            "compare-exchanges are weak, so none would be seen to fail"
        )


def compiler_of(sources: Sequence[str]) -> Compiler:
    """Return the compiler of a program: the one for C++ if one of its files is C++."""
    from heald.building.compilers import find_compiler

    return find_compiler(_cxx_compiler() if is_cxx_program(sources) else None)


def is_cxx_program(sources: Sequence[str]) -> bool:
    """Whether one of a program's files is C++."""
    return any(Path(source).suffix in _CXX_SUFFIXES for source in sources)


def _cxx_compiler() -> str:
    """Return ``CXX``, else the C++ side of ``CC``, else g++."""
    named = os.environ.get("CXX", "").strip()
    if named:
        return named
    return "clang++" if "clang" in os.environ.get("CC", "") else "g++"
