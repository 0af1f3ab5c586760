"""The explorer with a mistake put into one of its files: objects once, then one file and a link."""

from __future__ import annotations

import subprocess
from pathlib import Path

from heald.building.engine import engine_include
from tests.engine.building import EXPLORE, HOST, POISONED, archive, host_sources

FLAGS = ["-std=gnu11", *POISONED, f"-I{engine_include()}", f"-I{EXPLORE}"]
Pieces = tuple[tuple[str, str], ...]


def whole_explorer() -> Path:
    """Return an archive of every file of the explorer as it is."""
    return archive("explore.a", host_sources(), *POISONED)


def compiled(folder: Path) -> Path:
    """Put the object of every file of the explorer into the folder."""
    subprocess.run(["ar", "x", str(whole_explorer())], check=True, cwd=folder)
    return folder


def engine(objects: Path, folder: Path, file: str, pieces: Pieces) -> Path:
    """Link the explorer with these pieces of one file replaced; each must be there once."""
    text = (EXPLORE / file).read_text()
    for piece, instead in pieces:
        assert text.count(piece) == 1, f"this stands elsewhere now: follow it: {piece}"
        text = text.replace(piece, instead)
    changed = folder / Path(file).name
    changed.write_text(text)
    parts = [str(path) for path in objects.glob("*.o") if path.stem != changed.stem]
    made = folder / "engine"
    command = ["gcc", *FLAGS, "-pthread", str(changed), *parts, *HOST]
    subprocess.run([*command, "-o", str(made)], check=True)
    return made
