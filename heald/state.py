"""Where heald keeps what it finds: below the directory in which it is run.

A file of their own, because everything that only writes there would otherwise load
what it writes.
"""

from __future__ import annotations

from pathlib import Path

from heald.verdicts import UsageError

#: Capsules and results of a project.
STATE = Path(".heald")
CAPSULES = STATE / "capsules"


def write_file(path: Path, text: str) -> None:
    """Write a file that a user asked for.

    Raises
    ------
    UsageError
        With its name, also where the disk is full, of which Python does not say where.
    """
    try:
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
