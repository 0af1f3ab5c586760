"""Which programs are Rust, by the name they were given: one file, or the manifest of a package.

What builds them is loaded for those only.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

MANIFEST = "Cargo.toml"


def is_rust(sources: Sequence[str]) -> bool:
    """Whether a program is one Rust file, or a package of cargo."""
    return any(Path(source).suffix == ".rs" or is_package(source) for source in sources)


def is_package(source: str) -> bool:
    """Whether a program is named by the manifest of a package."""
    return Path(source).name == MANIFEST


def package_of(path: str) -> str:
    """Return the manifest of a folder that has one; any other path as it is."""
    inside = Path(path) / MANIFEST
    return str(inside) if inside.is_file() else path
