"""The files of a project, as they travel: the folder itself where agents are here, else content.

What is sent is what text a checker may read, below the current directory: Python, C, C++,
Rust, their headers and data beside them. Hidden folders, virtual environments and build
folders stay; binaries are never sent, for the machine there may be another.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heald.cluster.blobs import digest_of_bytes
from heald.verdicts import UsageError

#: More than this is not a project's text.
MOST_BYTES = 64 << 20
_MOST_FILES = 10_000

_SUFFIXES = frozenset(
    (
        *(".py", ".pyi", ".toml", ".json", ".txt", ".j2", ".in", ".tbl"),
        *(".c", ".h", ".inl", ".inc", ".def", ".s", ".S", ".rs"),
        *(".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".ipp"),
    )
)
_LEFT_OUT = frozenset(("__pycache__", "node_modules", "venv", "build", "dist", "target"))


@dataclass(frozen=True)
class ProjectFiles:
    """What an agent needs to load a project.

    Attributes
    ----------
    folder, places
        Where places are looked up from, and which.
    files
        Name to digest; ``None`` where agents see the folder itself.
    contents
        Digest to bytes.
    """

    folder: str
    places: tuple[str, ...]
    files: Mapping[str, str] | None = None
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def prepare_fields(self) -> dict[str, Any]:
        """Return the fields of the ask that loads it."""
        files = None if self.files is None else dict(self.files)
        return {"folder": self.folder, "files": files, "places": list(self.places)}

    def base64_of(self, digest: str) -> str:
        """Return bytes as an ask carries them."""
        return base64.b64encode(self.contents[digest]).decode()


def project_here(places: Sequence[str]) -> ProjectFiles:
    """Return the project for agents that see this folder."""
    return ProjectFiles(os.getcwd(), tuple(places))


def project_sent(places: Sequence[str], folder: Path | None = None) -> ProjectFiles:
    """Return the project with all its text, for agents elsewhere.

    Raises
    ------
    UsageError
        If a place lies outside of the folder, or the text is too much for one project.
    """
    home = (folder or Path.cwd()).resolve()
    for place in places:
        path = Path(place)
        outside = not (home / path).resolve().is_relative_to(home)
        if outside and (path.suffix == ".py" or path.is_dir()):
            raise UsageError(
                f"{place} lies outside of {home}, which is what is sent to other machines: "
                "run heald in a folder that has it"
            )
    files: dict[str, str] = {}
    contents: dict[str, bytes] = {}
    total = 0
    for path in _texts(home):
        content = path.read_bytes()
        total += len(content)
        if total > MOST_BYTES or len(files) >= _MOST_FILES:
            raise UsageError(
                f"{home} has more than {MOST_BYTES >> 20} MB or {_MOST_FILES:,} files of text: "
                "too much to send to other machines; run heald in the project's own folder"
            )
        digest = digest_of_bytes(content)
        files[str(path.relative_to(home))] = digest
        contents[digest] = content
    relative = tuple(
        os.path.relpath(home / place, home) if Path(place).is_absolute() else place
        for place in places
    )
    return ProjectFiles(".", relative, files, contents)


def _texts(home: Path) -> Iterator[Path]:
    for folder, names, files in os.walk(home):
        names[:] = sorted(
            name
            for name in names
            if name not in _LEFT_OUT
            and not name.startswith(".")
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        )
        for name in sorted(files):
            if os.path.splitext(name)[1] in _SUFFIXES and not name.startswith("."):
                yield Path(folder, name)
