"""Where compiled things are kept between runs, and how one is made exactly once.

Everything below the cache directory can be deleted at any time: names are derived from
content, so a missing file is simply made again. Files appear whole (written beside their
final name, then renamed) and each is made by one process while others wait for it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_directory() -> Path:
    """Return the cache directory: ``$HEALD_CACHE``, else the user's own one."""
    chosen = os.environ.get("HEALD_CACHE")
    if chosen:
        return Path(chosen).absolute()
    import platformdirs

    return platformdirs.user_cache_path("heald")


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Be the only process that makes `target`; its folder must be there."""
    with open(f"{target}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


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
    if target.exists():
        return target
    import tempfile

    target.parent.mkdir(parents=True, exist_ok=True)
    with locked(target):
        if target.exists():
            return target
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as scratch:
            temporary = Path(scratch) / target.name
            make(temporary)
            os.replace(temporary, target)
    return target
