"""The explorer with a mistake put into one of its files: objects once, then one file and a link."""

from __future__ import annotations

import subprocess
from pathlib import Path

from heald.building.engine import engine_include
from tests.engine.building import EXPLORE, HOST, host_sources

FLAGS = ["-std=gnu11", "-O1", "-w", "-DEXPLORE_POISON"]
FLAGS += [f"-I{engine_include()}", f"-I{EXPLORE}"]
Pieces = tuple[tuple[str, str], ...]


def compiled(folder: Path) -> Path:
    """Compile every file of the explorer into the folder."""
    files = [str(file) for file in host_sources()]
    subprocess.run(["gcc", *FLAGS, "-c", *files], check=True, cwd=folder)
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
