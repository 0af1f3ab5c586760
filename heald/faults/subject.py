"""A transfer to be checked: a C file, the name of its function, and its contract.

.. code-block:: python

    send = heald.faults.TransferSubject("send", "mine.c", entry="send_file")

The function has the form of ``fault_transfer`` in ``csrc/faults/run.h``::

    int send_file(int out, int in, off_t *offset, size_t count, size_t *moved)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from heald.building.build import Unit, compile, inputs_of
from heald.building.flavours import CHECKED, NATIVE, Flavour
from heald.building.sanitizer_runtime import checked_link
from heald.caller import callers_folder
from heald.faults.case import Shape
from heald.faults.contract import Contract
from heald.targets.target import Expected
from heald.verdicts import UsageError

#: Every name that the compiler may use for a call the shim stands for: with
#: _FILE_OFFSET_BITS=64 it is the 64 one.
WRAPPED_NAMES = [
    "sendfile",
    "sendfile64",
    "splice",
    "tee",
    "vmsplice",
    "copy_file_range",
    "read",
    "write",
    "pread",
    "pread64",
    "pwrite",
    "pwrite64",
    "send",
    "recv",
    "sendmsg",
    "readv",
    "writev",
    "preadv",
    "preadv64",
    "preadv2",
    "preadv64v2",
    "pwritev",
    "pwritev64",
    "pwritev2",
    "pwritev64v2",
    "sendto",
    "recvfrom",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    "poll",
    "ppoll",
    "select",
    "pselect",
    "epoll_wait",
    "epoll_pwait",
]


_PARAMETERS = {
    Shape.TRANSFER: "int out, int in, off_t *offset, size_t count, size_t *moved",
    Shape.FAN_OUT: "int out, int copy, int in, size_t count, size_t *moved",
}


@dataclass(frozen=True)
class TransferSubject:
    """One variant of one transfer method.

    Attributes
    ----------
    name, variant
        As in ``sendfile`` and ``one call``.
    source
        The C file, relative to the Python file that makes the subject.
    entry
        The function, of the form above.
    defines
        Macros given to the compiler: a flawed variant is one or two of them.
    expected
        What it must show, ``None`` where nobody knows.
    sources
        More C files that are part of it.
    link
        Options for the linker: libraries that it needs.
    """

    name: str
    source: Path
    entry: str
    contract: Contract = field(default_factory=Contract)
    variant: str = "plain"
    defines: Mapping[str, str] = field(default_factory=dict)
    expected: Expected = None
    flags: tuple[str, ...] = ()
    optimise: str = "-O2"
    sources: tuple[Path, ...] = ()
    link: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Find the sources."""
        folder = callers_folder()
        object.__setattr__(self, "source", _existing(folder, self.source))
        sources = tuple(_existing(folder, each) for each in self.sources)
        object.__setattr__(self, "sources", sources)

    @property
    def full_name(self) -> str:
        """The subject and its variant, as in ``sendfile/one call``."""
        return f"{self.name}/{self.variant}"

    def build(self, *, wrapped: bool, checked: bool = False) -> Path:
        """Compile to a shared library, with the shim's calls in place of the kernel's.

        Parameters
        ----------
        wrapped
            False leaves the calls alone, for faults that the real kernel makes.
        checked
            With the address and undefined-behaviour sanitizers; the worker needs their
            run-time library.

        Raises
        ------
        UsageError
            With the compiler's own words.
        """
        return compile(
            self._units(),
            flavour=self._flavour(checked),
            ldflags=[
                *self.flags,
                *self._linked(),
                *(f"-Wl,--wrap={name}" for name in WRAPPED_NAMES if wrapped),
                *self.link,
                *(checked_link() if checked else ()),
            ],
            name=self.source.stem,
        )

    def inputs(self) -> list[Path]:
        """Return the sources and the headers of the user's own that compiling them read."""
        objects = [
            compile([unit], flavour=self._flavour(checked=False), kind="object")
            for unit in self._units()
        ]
        read = [path for made in objects for path in inputs_of(made)]
        own = [path for path in read if not path.is_relative_to("/usr")]
        return sorted({self.source.resolve(), *map(Path.resolve, self.sources), *own})

    def _units(self) -> list[Unit]:
        """Return what is compiled, once for every way to link it."""
        cflags = (
            *("-std=gnu11", "-D_GNU_SOURCE"),
            *(f"-D{name}={value}" for name, value in self.defines.items()),
            *self.flags,
        )
        others = (source for source in self.sources if source.suffix != ".rs")
        return [
            Unit(Path("entry.c"), self._unit(), own_cflags=cflags),
            *(Unit(source.resolve(), own_cflags=cflags) for source in others),
        ]

    def _flavour(self, checked: bool) -> Flavour:
        # The shim's calls are known in the host only.
        flavour = CHECKED if checked else NATIVE
        return replace(flavour, optimise=self.optimise, closed=False)

    def _linked(self) -> list[str]:
        from heald.building.rust.library import linked_beside

        definitions = [
            f"-D{name}={value}" if value else f"-D{name}"
            for name, value in self.defines.items()
        ]
        return linked_beside([self.source, *self.sources], definitions, self.optimise)

    def _unit(self) -> str:
        """Return C that includes the source and holds the form of its entry.

        It is the compiler that says no to another form: called, it would read what is not
        there.
        """
        parameters = _PARAMETERS[self.contract.shape]
        types = re.sub(r"\w+(?=[,)])", "", f"{parameters})")[:-1]
        form = f"int {self.entry}({parameters})"
        if self.source.suffix == ".rs":
            return f"#include <sys/types.h>\n{form};\n" + _KEPT.format(entry=self.entry)
        return (
            f'#include "{self.source.resolve()}"\n'
            "#include <stddef.h>\n#include <sys/types.h>\n"
            f"_Static_assert(__builtin_types_compatible_p(__typeof__({self.entry}), "
            f'int({types})),\n    "the entry must be: {form}");\n'
        )


#: What nobody calls here would stay in its archive.
_KEPT = """
__attribute__((used)) static void *const heald_kept = (void *){entry};
"""


def _existing(folder: Path, source: Path | str) -> Path:
    found = folder / source
    if not found.is_file():
        raise UsageError(f"{source}: no such file; looked for {found}")
    return found
