"""A transfer to be checked: a C file, the name of its function, and its contract.

.. code-block:: python

    send = heald.faults.TransferSubject("send", "mine.c", entry="send_file")

The function has the form of ``fault_transfer`` in ``csrc/faults/case.h``::

    int send_file(int out, int in, off_t *offset, size_t count, size_t *moved)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from heald.building.build import compile, inputs_of
from heald.building.flavours import CHECKED, NATIVE, Flavour
from heald.building.sanitizer_runtime import checked_link
from heald.faults.contract import Contract
from heald.targets.target import Expected

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
    "poll",
    "ppoll",
    "epoll_wait",
]


@dataclass(frozen=True)
class TransferSubject:
    """One variant of one transfer method.

    Attributes
    ----------
    name, variant
        As in ``sendfile`` and ``one call``.
    source
        The C file; what it includes with quotes is found beside it.
    entry
        The function, of the form above.
    defines
        Macros given to the compiler: a flawed variant is one or two of them.
    expected
        What it must show, ``None`` where nobody knows.
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
            [self.source],
            flavour=self._flavour(checked),
            cflags=[
                "-std=gnu11",
                "-D_GNU_SOURCE",
                *(f"-D{name}={value}" for name, value in self.defines.items()),
                *self.flags,
            ],
            ldflags=[
                *self.flags,
                *(f"-Wl,--wrap={name}" for name in WRAPPED_NAMES if wrapped),
                *(checked_link() if checked else ()),
            ],
        )

    def inputs(self) -> list[Path]:
        """Return the source and every header of the author's own that it includes."""
        read = inputs_of(self.build(wrapped=False))
        return [self.source, *(h for h in read if not h.is_relative_to("/usr"))]

    def _flavour(self, checked: bool) -> Flavour:
        # The shim's calls are known in the host only.
        return replace(
            CHECKED if checked else NATIVE, optimise=self.optimise, closed=False
        )
