"""Which Rust compiler: the one on the path, with the parts of it that are needed here.

rustc leaves LLVM's bitcode in its objects and in its libraries, and brings a linker of the
same LLVM. That linker puts in the hooks (``hooks.py``), so stable Rust is enough.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from heald.verdicts import UsageError

_GET_RUST = "install Rust with rustup (https://rustup.rs)"


@dataclass(frozen=True)
class Toolchain:
    """A Rust compiler that is there.

    Attributes
    ----------
    rustc
        Its path.
    identity
        What ``rustc -vV`` prints.
    libraries
        The folder of its standard library's files.
    linker
        The LLD that came with it.
    """

    rustc: str
    identity: str
    libraries: Path
    linker: Path

    @property
    def name(self) -> str:
        """First line of its version, as in ``rustc 1.95.0 (59807616e 2026-04-14)``."""
        return self.identity.splitlines()[0]

    @property
    def host(self) -> str:
        """What it compiles for, as in ``x86_64-unknown-linux-gnu``."""
        lines = dict(line.partition(": ")[::2] for line in self.identity.splitlines())
        return lines.get("host", "")

    def has(self, crate: str) -> bool:
        """Whether there is such a crate beside the standard library."""
        return any(self.libraries.glob(f"lib{crate}-*.rlib"))

    def library(self, crate: str) -> Path:
        """Return the file of a crate of the standard library.

        Raises
        ------
        UsageError
            If it is not there.
        """
        found = sorted(self.libraries.glob(f"lib{crate}-*.rlib"))
        if not found:
            raise UsageError(f"{self.name} has no lib{crate} for its host; {_GET_RUST}")
        return found[0]


def find_toolchain() -> Toolchain:
    """Find ``RUSTC``, else rustc on the path.

    Raises
    ------
    UsageError
        If it or its linker is not there, with what to install.
    """
    return _find(os.environ.get("RUSTC", "").strip() or "rustc")


@cache
def _find(request: str) -> Toolchain:
    path = shutil.which(request)
    if path is None:
        raise UsageError(f"the Rust compiler {request!r} is not there; {_GET_RUST}")
    identity = _ask(path, "-vV")
    sysroot = Path(_ask(path, "--print", "sysroot").strip())
    host = Toolchain(path, identity, sysroot, sysroot).host
    target = sysroot / "lib" / "rustlib" / host
    linker = target / "bin" / "gcc-ld" / "ld.lld"
    if not linker.exists():
        raise UsageError(
            f"{identity.splitlines()[0]} at {path} has no LLD of its own "
            f"({linker} is not there), as rustc of a distribution often has not; {_GET_RUST}"
        )
    return Toolchain(path, identity, target / "lib", linker)


def _ask(path: str, *question: str) -> str:
    try:
        done = subprocess.run(
            [path, *question], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise UsageError(f"{path} {' '.join(question)} failed: {said.strip()}") from error
    return done.stdout
