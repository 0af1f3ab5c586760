"""Read a file that somebody named: whatever it is, there is an end of it.

A pipe that nobody writes to, a device that has no end, an archive in place of a text: reading them
as a file of ours would wait for ever or fill the memory.
"""

from __future__ import annotations

import os
from pathlib import Path

from heald.verdicts import UsageError

MOST_BYTES = 64 << 20


def read_given(path: Path, *, otherwise: str) -> bytes:
    """Return what is in a file, or comes out of a pipe whose other end is open.

    Parameters
    ----------
    otherwise
        What is wrong if it has too much, to begin the message with: ``"not a capsule"``.

    Raises
    ------
    OSError
        If it cannot be read.
    UsageError
        If it has more than ``MOST_BYTES``.
    """
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    os.set_blocking(file, True)
    with open(file, "rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UsageError(f"{otherwise}: {path} has more than {MOST_BYTES >> 20} MiB")
    return content
