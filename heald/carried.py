"""The files that a capsule carries, so that it replays where there is nothing else.

A target is described by a Python file; carried are that file, what it imports of its own
project, and the sources and headers that were compiled, each as deep as it lay. What heald
itself brings, or the system, is not carried.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

#: More than this is a project, not a case: then nothing is carried.
MOST_BYTES = 2 << 20


def carried_files(place: str, sources: Iterable[str]) -> dict[str, Any]:
    """Return what a capsule carries: ``folder``, ``place`` and ``texts`` by name.

    Names start from the folder that has all the files; ``folder`` is the one that the place
    is looked up from. Empty if the place is no Python file, or the files are too large.

    Parameters
    ----------
    place
        The Python file that has the target.
    sources
        Sources and headers that were compiled.
    """
    home = Path(place)
    if home.suffix != ".py" or not home.is_file():
        return {}
    files = {*_python_files(home.resolve()), *(Path(each).resolve() for each in sources)}
    here = Path.cwd().resolve()
    root = Path(os.path.commonpath([here, *files]))
    try:
        if sum(file.stat().st_size for file in files) > MOST_BYTES:
            return {}
        texts = {
            str(file.relative_to(root)): file.read_text(errors="surrogateescape")
            for file in sorted(files)
        }
    except OSError:
        return {}
    return {
        "folder": str(here.relative_to(root)),
        "place": os.path.relpath(home.resolve(), here),
        "texts": texts,
    }


def _python_files(first: Path) -> set[Path]:
    """Return a file and, recursively, what it imports of its own project."""
    top = first.parent
    while (top / "__init__.py").exists():
        top = top.parent
    found: set[Path] = set()
    waiting = [first]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        waiting += _imports_of(file, top)
    return found


def _imports_of(file: Path, top: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for package in file.parents:
        if package != top and package.is_relative_to(top):
            yield from _file_at(package)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _module(top, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = file.parents[node.level - 1] if node.level else top
            module = node.module or ""
            for name in (module, *(f"{module}.{each.name}" for each in node.names)):
                yield from _module(base, name.strip("."))


def _module(base: Path, name: str) -> Iterator[Path]:
    """Yield the file of a module, and those of the packages that it lies in."""
    words = name.split(".") if name else []
    if words and words[0] == "heald":
        return
    for end in range(1, len(words) + 1):
        yield from _file_at(base.joinpath(*words[:end]))


def _file_at(path: Path) -> Iterator[Path]:
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            yield file.resolve()
            return
