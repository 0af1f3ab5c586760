"""Where the engine's compiled parts come from.

A wheel ships them compiled, beside the headers that generated glue includes
(``heald/_engine/``). A checkout has them in ``build/engine/``, where ``make setup`` puts
them; when something has changed since, they are compiled from ``csrc/`` when they are first
asked for, into the cache. Both under a name that changes with every source, header, flag and
compiler. So nobody ever runs a stale engine, and nobody has to remember to build one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Hashable, Iterator
from functools import lru_cache, partial
from pathlib import Path

from heald import deadline
from heald.building.cache import cache_directory, is_whole, make_once
from heald.building.engine_parts import (
    COVERAGE,
    PARTS,
    Part,
    compile_part,
    compiler_command,
    inputs_of,
    sources_of,
)
from heald.building.manifest import CLOCK_SLACK_NS
from heald.verdicts import EngineError, UsageError

_PACKAGE = Path(__file__).resolve().parents[1]
_SHIPPED = _PACKAGE / "_engine"


def engine_sources() -> Path:
    """Return the engine's ``csrc`` folder: the wheel's copy or the checkout's own.

    Raises
    ------
    EngineError
        If this installation has neither.
    """
    for csrc in (_SHIPPED / "csrc", _PACKAGE.parent / "csrc"):
        if (csrc / "include" / "heald").is_dir():
            return csrc
    raise EngineError(f"no C sources beside {_PACKAGE}: install heald again")


def engine_include() -> Path:
    """Return the folder to give to ``-I`` so that ``<heald/subject.h>`` is found."""
    return engine_sources() / "include"


def engine_path(name: str) -> Path:
    """Return the compiled part `name`, compiled now if this is a checkout.

    Parameters
    ----------
    name
        ``"stress"``, ``"explore"``, ...: a key of ``engine_parts.PARTS``.

    Returns
    -------
    Path
        An existing shared library or executable. It may be executed and loaded by
        several processes at once; it is never written to again.

    Raises
    ------
    UsageError
        If a compiler is needed and there is none.
    EngineError
        If there is no such part, or it does not compile.
    """
    if name not in PARTS:
        raise EngineError(f"no engine part {name!r}; there are {', '.join(PARTS)}")
    part = PARTS[name]
    shipped = _SHIPPED / part.file
    return shipped if shipped.exists() else _compiled_on_demand(part)


def is_compiled(name: str) -> bool:
    """Whether `name` is there already, so that asking for its path takes no compiler."""
    part = PARTS[name]
    if (_SHIPPED / part.file).exists():
        return True
    executable = shutil.which(compiler_command()[0])
    if executable is None:
        return False
    key = _key(part, engine_sources(), [executable, *compiler_command()[1:]])
    return any(is_whole(path) for path in (_built(key, part), _cached(key, part)))


def _compiled_on_demand(part: Part) -> Path:
    csrc, compiler = engine_sources(), compiler_command()
    executable = shutil.which(compiler[0])
    if executable is None:
        raise UsageError(
            f"no C compiler: {compiler[0]!r} is not on PATH.\n"
            "Install one (Debian, Ubuntu: apt install gcc libc6-dev), or name yours in CC."
        )
    key = _key(part, csrc, [executable, *compiler[1:]])
    built = _built(key, part)
    if is_whole(built):
        return built
    target = _cached(key, part)
    return make_once(target, lambda temporary: _compile(part, csrc, temporary, compiler))


def build_in_checkout() -> None:
    """Compile every part beside its sources: later nobody waits for it, whatever his cache.

    Raises
    ------
    UsageError
        If there is no compiler.
    EngineError
        If a part does not compile.
    """
    for part in PARTS.values():
        have = _compiled_on_demand(part)
        built = _built(have.parent.name, part)
        if have != built:
            make_once(built, partial(_copy, have))


def _copy(have: Path, made: Path) -> None:
    shutil.copy2(have, made)


def _built(key: str, part: Part) -> Path:
    return _PACKAGE.parent / "build" / "engine" / key / part.file


def _cached(key: str, part: Part) -> Path:
    return cache_directory() / "engine" / key / part.file


def _key(part: Part, csrc: Path, compiler: list[str]) -> str:
    """Digest everything that decides what the compiled part is; read it where it changed."""
    stamps = tuple(_stamps(csrc / part.folder)), tuple(_stamps(csrc / "include"))
    newest = max((stamp[1] for folder in stamps for stamp in folder), default=0)
    if newest > time.time_ns() - CLOCK_SLACK_NS:  # may change again under this stamp
        return _digest(part, csrc, tuple(compiler))
    stat = os.stat(compiler[0])
    known = stamps, stat.st_mtime_ns, stat.st_size, os.environ.get(COVERAGE)
    return _digest_of(part, csrc, tuple(compiler), known)


def _stamps(folder: Path) -> Iterator[tuple[str, int, int, int]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir():
                yield from _stamps(Path(entry.path))
            else:
                stat = entry.stat()
                yield entry.path, stat.st_mtime_ns, stat.st_size, stat.st_ino


@lru_cache(maxsize=16)
def _digest_of(
    part: Part, csrc: Path, compiler: tuple[str, ...], _stamps: Hashable
) -> str:
    return _digest(part, csrc, compiler)


def _digest(part: Part, csrc: Path, compiler: tuple[str, ...]) -> str:
    # The compiler's identity is its file: cheaper than asking it for its version, and it
    # changes with every upgrade.
    real = Path(compiler[0]).resolve()
    stat = real.stat()
    digest = hashlib.sha256()
    facts = (
        str(real),
        stat.st_mtime_ns,
        stat.st_size,
        list(compiler[1:]),
        part,
        os.uname().machine,
        os.environ.get(COVERAGE, ""),
    )
    digest.update(repr(facts).encode())
    for path in inputs_of(part, csrc):
        with open(path, "rb", buffering=0) as file:
            content = file.read()
        digest.update(f"{path.removeprefix(str(csrc))} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:20]


def _run(command: list[str]) -> None:
    deadline.run(command).check_returncode()


def _compile(part: Part, csrc: Path, output: Path, compiler: list[str]) -> None:
    if not sources_of(part, csrc):
        raise EngineError(f"csrc/{part.folder} has no C files")
    try:
        compile_part(part, csrc, output, compiler, _run)
    except subprocess.CalledProcessError as error:
        raise EngineError(
            f"csrc/{part.folder} does not compile with {' '.join(compiler)}:\n{error.stderr}"
        ) from error
