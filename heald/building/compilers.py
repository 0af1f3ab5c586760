"""Which compiler: found by name, asked once what it is.

``CC`` is respected as make does, options included (``CC="gcc -m64"``). What the compiler
prints about itself is part of every cache key, so an upgrade compiles anew. Its answer is
kept as long as its file stays the same; of a wrapper (ccache, a script) it is asked anew, in
every process, because what it wraps may have changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from heald import deadline
from heald.building.cache import cache_directory, make_once
from heald.verdicts import UsageError

#: The file behind a compiler's name, links followed: not a wrapper around one.
_REAL_COMPILER = re.compile(r"(.*-)?(gcc|g\+\+|clang|clang\+\+)(-[0-9.]+)?")

_ANSWERS_WITHIN_S = 30.0


@dataclass(frozen=True)
class Compiler:
    """A C compiler that is there.

    Attributes
    ----------
    command
        The program's full path, and options that came with its name.
    kind
        Whose options it understands.
    identity
        What it says about itself: version and target.
    """

    command: tuple[str, ...]
    kind: Literal["gcc", "clang"]
    identity: str

    @property
    def name(self) -> str:
        """First line of its version, as in ``gcc (Debian 12.2.0-14) 12.2.0``."""
        return self.identity.splitlines()[0]

    @property
    def machine(self) -> str:
        """What it compiles for, as in ``x86_64``: the first word of its target."""
        return self.identity.splitlines()[-1].partition("-")[0]


def find_compiler(request: str | None = None) -> Compiler:
    """Find a compiler.

    Parameters
    ----------
    request
        A command such as ``"clang"``; by default ``CC`` from the environment, or gcc.

    Raises
    ------
    UsageError
        If it is not there or does not run, with what to install.
    """
    if request is not None:
        return _find(request, "")
    from_environment = os.environ.get("CC", "").strip()
    if from_environment:
        return _find(from_environment, " (from the environment's CC)")
    return _find("gcc", "")


@cache
def _find(request: str, origin: str) -> Compiler:
    words = shlex.split(request)
    path = shutil.which(words[0]) if words else None
    if path is None:
        is_cxx = bool(words) and Path(words[0]).name.startswith(("g++", "c++", "clang++"))
        debian, fedora = ("g++", "gcc-c++") if is_cxx else ("gcc", "gcc")
        raise UsageError(
            f"the compiler {request!r}{origin} is not there; install one "
            f"(Debian, Ubuntu: apt install {debian}; Fedora: dnf install {fedora}) "
            "or name another in CC"
        )
    command = (path, *words[1:])
    identity = _identity(command)
    kind: Literal["gcc", "clang"] = "clang" if "clang" in identity else "gcc"
    return Compiler(command, kind, identity)


def _identity(command: tuple[str, ...]) -> str:
    """Return what the compiler says about itself, from the cache where that is sure."""
    file = Path(command[0]).resolve()
    if not _REAL_COMPILER.fullmatch(file.name):
        return _both_answers(command)
    status = file.stat()
    facts = (*command, str(file), status.st_mtime_ns, status.st_size, status.st_ino)
    key = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
    kept = cache_directory() / "compilers" / key
    make_once(kept, lambda file: _write(file, _both_answers(command)))
    return kept.read_text()


def _write(file: Path, text: str) -> None:
    file.write_text(text)


def _both_answers(command: tuple[str, ...]) -> str:
    return _ask(command, "--version") + _ask(command, "-dumpmachine")


def _why_not(error: OSError | subprocess.SubprocessError, question: str) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"asked {question}, it ended with exit code {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"asked {question}, it did not answer in {error.timeout:.0f} s"
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def _ask(command: tuple[str, ...], question: str) -> str:
    try:
        answer = deadline.run([*command, question], most_s=_ANSWERS_WITHIN_S)
        answer.check_returncode()
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(
            f"{shlex.join(command)} is no C compiler: {_why_not(error, question)}; install one "
            "(Debian, Ubuntu: apt install gcc; Fedora: dnf install gcc) or name another in CC"
        ) from error
    return answer.stdout
