"""What a subject is, so that it can be told whether it is the same: its files, how it is built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.building.build import inputs_of
from heald.building.engine import engine_include
from heald.capsule import digest_of

if TYPE_CHECKING:
    from heald.subject.subject import Subject


def identity_of(subject: Subject) -> Mapping[str, Any]:
    """Say what is run: sources by content, options, compiler; JSON-able."""
    build = subject.build("native")
    return {
        "check": "native",
        "subject": subject.subject_name,
        "variant": subject.variant,
        "sources": {
            _shown(path): digest_of(path) for path in _own_files(subject, build.path)
        },
        "flags": [build.flavour.optimise, *subject.preprocessor],
        "compiler": build.compiler.name,
    }


def _own_files(subject: Subject, artifact: Path) -> list[Path]:
    """Return the subject's sources, and the headers that compiling them read."""
    ours = engine_include().resolve()  # which another installation has elsewhere
    read = [
        header
        for header in inputs_of(artifact)
        if not header.is_relative_to("/usr") and not header.is_relative_to(ours)
    ]
    return sorted({*subject.sources, *subject.headers, *read})


def _shown(path: Path) -> str:
    """Return a path from the current directory, if it lies under it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
