"""Bytes by their content: how sources and programs travel to an agent, once each.

They lie in the cache under their SHA-256. An agent is asked what it has not, and sent that;
what arrives is digested again, so a name never stands for other bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from heald.building.cache import cache_directory, is_whole, make_once
from heald.verdicts import UsageError


def digest_of_bytes(content: bytes) -> str:
    """Return the name of some bytes."""
    return hashlib.sha256(content).hexdigest()


def blob(digest: str) -> Path:
    """Return where the bytes of a name lie, or would."""
    return cache_directory() / "blobs" / digest[:2] / digest


def has_blob(digest: str) -> bool:
    """Whether they are here, and whole."""
    return is_whole(blob(digest))


def keep_blob(digest: str, data: str) -> None:
    """Keep bytes that came in base64; ``UsageError`` if they are not those of the name."""
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(f"the data of {digest} is no base64: {error}") from error
    if digest_of_bytes(content) != digest:
        raise UsageError(f"the data of {digest} is not what its name says")
    make_once(blob(digest), lambda file: _write(file, content))


def keep_file(path: Path) -> str:
    """Keep the bytes of a file; return their name."""
    content = path.read_bytes()
    digest = digest_of_bytes(content)
    make_once(blob(digest), lambda file: _write(file, content))
    return digest


def laid_out(files: Mapping[str, str]) -> Path:
    """Return a folder of the cache in which files of a project lie under their names.

    Parameters
    ----------
    files
        Name, from the project's folder, to digest. All must have been kept.

    Raises
    ------
    UsageError
        If a name leads out of the folder, or a blob is missing.
    """
    for name, digest in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise UsageError(f"{name!r} is no name of a file of a project")
        if not has_blob(digest):
            raise UsageError(f"{name} ({digest}) was never sent")
    listing = "".join(f"{digest} {name}\n" for name, digest in sorted(files.items()))
    home = cache_directory() / "projects" / digest_of_bytes(listing.encode())
    make_once(home / ".listing", lambda file: _lay_out(home, file, files, listing))
    return home


def _lay_out(home: Path, file: Path, files: Mapping[str, str], listing: str) -> None:
    for name, digest in files.items():
        target = home / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(blob(digest).read_bytes())
    file.write_text(listing)


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    file.chmod(0o755)  # a program, perhaps
