"""What a cached file was made from: digests of all that was read, and whether they still hold.

A first key covers what is known before compiling. Under it a manifest lists, per earlier build,
the files read and their digests; the build whose files are all unchanged is the answer.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from functools import lru_cache
from pathlib import Path

from heald.building.cache import is_whole
from heald.verdicts import UsageError

CLOCK_SLACK_NS = 10_000_000
"""File stamps come from a clock that ticks every 1 to 10 ms."""


def inputs_file(artifact: Path) -> Path:
    """Return where the names of what a cached file was made from are kept."""
    return artifact.with_name(f"{artifact.name}.inputs")


def look_up(manifest: Path) -> Path | None:
    """Return the cached file whose inputs are all as they were, None if there is none."""
    for name, headers in _entries(manifest).items():
        made = manifest.parent / name
        if is_whole(made) and all(_unchanged(*item) for item in headers.items()):
            return made
    return None


def _entries(manifest: Path) -> dict[str, dict[str, str]]:
    """Read a manifest: per cached file the headers it was made from, with their hashes."""
    try:
        entries: dict[str, dict[str, str]] = json.loads(manifest.read_text())
    except (OSError, ValueError):
        return {}
    return entries


def _unchanged(path: str, digest: str) -> bool:
    try:
        return hash_file(Path(path)) == digest
    except UsageError:
        return False


def remember(manifest: Path, name: str, headers: dict[str, str]) -> None:
    """Note that a cached file was made from headers with these digests."""
    others = {k: v for k, v in _entries(manifest).items() if k != name}
    entries = {name: headers, **others}
    scratch = manifest.with_suffix(f".{os.getpid()}.new")
    scratch.write_text(json.dumps(entries))
    scratch.replace(manifest)


def changed_since(path: Path, began: int) -> bool:
    """Whether a file was written while we compiled: what was read is then not known."""
    try:
        return path.stat().st_mtime_ns >= began
    except OSError:
        return True


def hash_text(text: str) -> str:
    """Return the digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_file(path: Path) -> str:
    """Return the digest of a file's content; ``UsageError`` if it cannot be read."""
    try:
        status = path.stat()
        stamp = status.st_mtime_ns
        if stamp > time.time_ns() - CLOCK_SLACK_NS:  # may change again under this stamp
            return hashlib.sha256(path.read_bytes()).hexdigest()
        return _hash_content(path, stamp, status.st_size, status.st_ino)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


@lru_cache(maxsize=10_000)
def _hash_content(path: Path, _modified: int, _size: int, _inode: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
