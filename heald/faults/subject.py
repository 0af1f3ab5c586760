"""A transfer to be checked: a C file, the name of its function, and its contract.

.. code-block:: python

    send = heald.faults.TransferSubject("send", "mine.c", entry="send_file")

The function has the form of ``fault_transfer`` in ``csrc/faults/case.h``::

    int send_file(int out, int in, off_t *offset, size_t count, size_t *moved)
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from heald.building.cache import cache_directory, make_once
from heald.building.engine_parts import compiler_command
from heald.building.flavours import CHECKED
from heald.building.sanitizer_runtime import checked_link
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
    "poll",
    "ppoll",
    "epoll_wait",
]


#: A first mistake ends the worker with a report; the shim stands before the sanitizer's own
#: wrappers of the same calls.
CHECKED_FLAGS = (*CHECKED.instrument, *CHECKED.link)


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
        command = self._command(wrapped, checked)
        digest = hashlib.sha256(repr(command).encode())
        for path in sorted([self.source, *self.source.parent.glob("*.h")]):
            digest.update(path.name.encode() + path.read_bytes())
        name = f"{self.source.stem}-{digest.hexdigest()[:20]}.so"
        return make_once(
            cache_directory() / "transfers" / name,
            lambda output: _compile(command, output),
        )

    def _command(self, wrapped: bool, checked: bool) -> list[str]:
        compiler = compiler_command()
        found = shutil.which(compiler[0])
        if found is None:
            raise UsageError(f"no C compiler: {compiler[0]!r} is not on PATH.")
        stamp = Path(found).resolve().stat().st_mtime_ns
        wraps = [f"-Wl,--wrap={name}" for name in WRAPPED_NAMES] if wrapped else []
        return [
            *compiler,
            *("-std=gnu11", self.optimise, "-g", "-fPIC", "-shared", "-pthread"),
            "-D_GNU_SOURCE",
            f"-DHEALD_COMPILER_STAMP={stamp}",  # an upgraded compiler compiles again
            *(f"-D{name}={value}" for name, value in self.defines.items()),
            *self.flags,
            *(CHECKED_FLAGS if checked else ()),
            str(self.source),
            *wraps,
            *(checked_link() if checked else ()),
        ]


def _compile(command: list[str], output: Path) -> None:
    done = subprocess.run(
        [*command, "-o", str(output)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise UsageError(f"does not compile:\n{' '.join(command)}\n{done.stderr}")
