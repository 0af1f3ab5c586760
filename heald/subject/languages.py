"""Subjects in C++ and Rust: functions behind ``extern "C"``, declared in C as any others.

C++       Files are compiled by the same compiler, which knows them by their names; its library
          becomes part of what is explored, as that of a program does. Functions of a header
          (``.hpp``) are called by wrappers and need no linkage of C: inline ones, or instances
          of templates.
Rust      ``#[no_mangle] pub extern "C" fn``. The state is bytes of the size of its type: what
          ``struct Stack`` is in a declaration is ``Stack`` in the file. Definitions
          (``defines=``) are for ``cfg``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heald.building.build import Unit
    from heald.building.compilers import Compiler
    from heald.building.flavours import Flavour

CXX_SUFFIXES = frozenset({".cc", ".cpp", ".cxx", ".c++", ".C"})
CXX_HEADERS = frozenset({".hpp", ".hh", ".hxx"})
SUFFIXES = frozenset({".c", ".h", ".rs", *CXX_SUFFIXES, *CXX_HEADERS})


def is_cxx(path: Path) -> bool:
    """Whether a source is C++."""
    return path.suffix in CXX_SUFFIXES or is_cxx_header(path)


def is_cxx_header(path: Path) -> bool:
    """Whether a source is a header of C++."""
    return path.suffix in CXX_HEADERS


def is_rust(path: Path) -> bool:
    """Whether a source is Rust."""
    return path.suffix == ".rs"


@dataclass
class Beside:
    """What a subject needs besides its C.

    Attributes
    ----------
    cflags, ldflags
        Options.
    units
        Further C++ files: what the library keeps in its archive.
    known
        Objects that are linked and seen.
    """

    cflags: list[str] = field(default_factory=list)
    ldflags: list[str] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    known: list[str] = field(default_factory=list)


def beside(
    sources: Sequence[Path],
    defines: Mapping[str, object],
    flavour: Flavour,
    compiler: Compiler,
    cflags: Sequence[str],
) -> Beside:
    """Return what the sources that are not C need."""
    made = Beside()
    if any(map(is_cxx, sources)):
        _add_cxx(made, flavour, compiler, cflags)
    for source in filter(is_rust, sources):
        _add_rust(made, source, rust_flags(defines), flavour)
    return made


def rust_flags(defines: Mapping[str, object]) -> list[str]:
    """Return definitions as rustc takes them."""
    words = ["-Aunexpected_cfgs"]
    for name, value in defines.items():
        words += ["--cfg", name if value is None else f'{name}="{value}"']
    return words


def _add_cxx(
    made: Beside, flavour: Flavour, compiler: Compiler, cflags: Sequence[str]
) -> None:
    from heald.building.cxx_library import cxx_library, is_libcxx

    if not flavour.is_rewritten:
        made.ldflags += ["-lc++", "-lc++abi"] if is_libcxx(cflags) else ["-lstdc++"]
        return
    library = cxx_library(cflags, compiler)
    made.cflags += library.cflags
    made.units += library.units
    if is_libcxx(cflags):
        made.ldflags += library.ldflags
    else:  # linked as C is
        made.ldflags += ["-Wl,-Bstatic", "-lstdc++", "-Wl,-Bdynamic", "-static-libgcc"]


def _add_rust(made: Beside, source: Path, flags: list[str], flavour: Flavour) -> None:
    from heald.building.rust.library import explored_library, native_library

    if flavour.is_rewritten:
        linked, known = explored_library(source, flags)
        made.ldflags += linked
        made.known += known
    else:
        made.ldflags += native_library(source, flags, flavour.optimise)
