"""Where compiled things are kept between runs, and how one is made exactly once.

Everything below the cache directory can be deleted at any time: names are derived from
content, so a missing file is simply made again. Files appear whole (written beside their
final name, then renamed) and each is made by one process while others wait for it. Beside
each lies a digest of it: one that was cut short or damaged since is made again.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO

from heald import deadline
from heald.verdicts import UsageError

_SAYS_NO = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.ENOTDIR, errno.EPERM}
    | {errno.EROFS, errno.ENAMETOOLONG}
)


def cache_directory() -> Path:
    """Return the cache directory: ``$HEALD_CACHE``, else the user's own one.

    That is by the XDG Base Directory Specification. No library is asked: the engine of a
    checkout is compiled here before anything is installed.
    """
    chosen = os.environ.get("HEALD_CACHE")
    if chosen:
        return Path(chosen).absolute()
    users = os.environ.get("XDG_CACHE_HOME", "")
    return Path(users if os.path.isabs(users) else "~/.cache").expanduser() / "heald"


@contextmanager
def writable(target: Path) -> Iterator[None]:
    """Say what to do where nothing can be kept.

    Raises
    ------
    UsageError
        If the folder of `target` cannot be made or written to, or its disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _SAYS_NO:
            raise
        raise UsageError(
            f"cannot keep what was compiled: {error.filename or target}: "
            f"{error.strerror}; HEALD_CACHE names another folder"
        ) from error


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Be the only process that makes `target`; its folder must be there."""
    with open(f"{target}.lock", "w") as lock:
        while not _taken(lock):
            deadline.must_be_left(f"another process had made {target.name}")
            time.sleep(0.01)
        yield


def _taken(lock: IO[str]) -> bool:
    """Take a lock; where there is an end to waiting, only if nobody has it."""
    has_end = deadline.left_s() is not None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (fcntl.LOCK_NB if has_end else 0))
    except BlockingIOError:
        return False
    return True


def seal(made: Path, target: Path) -> None:
    """Write the digest of `made`, which is about to become `target`, beside that."""
    scratch = Path(f"{target}.{os.getpid()}.sum")
    scratch.write_text(_digest(made))
    scratch.replace(f"{target}.sum")


def is_whole(target: Path) -> bool:
    """Whether a cached file is there and is what was made."""
    try:
        status = target.stat()
        expected = Path(f"{target}.sum").read_text()
        stamp = status.st_mtime_ns, status.st_size, status.st_ino
        return expected == _digest_of(target, *stamp)
    except OSError:
        return False


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=10_000)
def _digest_of(path: Path, _modified: int, _size: int, _inode: int) -> str:
    return _digest(path)


def make_once(target: Path, make: Callable[[Path], None]) -> Path:
    """Return `target`, made by ``make(temporary)`` if it is not there yet.

    Parameters
    ----------
    target
        The final name. Its content must be a function of its name.
    make
        Writes a file at the path it is given, on the same file system as `target`.
        Whatever it raises is passed on, and nothing appears under `target`.
    """
    if is_whole(target):
        return target
    with writable(target):
        return _make(target, make)


def _make(target: Path, make: Callable[[Path], None]) -> Path:
    import tempfile

    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target):
        if is_whole(target):
            return target
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as scratch:
            temporary = Path(scratch) / target.name
            make(temporary)
            seal(temporary, target)
            os.replace(temporary, target)
    return target
