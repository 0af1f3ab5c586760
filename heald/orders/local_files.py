"""The files of a subject that are its author's own."""

from __future__ import annotations

from pathlib import Path

from heald.building.build import inputs_of
from heald.building.engine import engine_sources
from heald.explorer.exploration import program_of
from heald.subject.subject import Subject

#: Folders whose files are nobody's to change.
SYSTEM = ("/usr/", "/lib/", "/opt/")


def local_files(subject: Subject) -> list[Path]:
    """Return a subject's sources and all headers they read that are not the system's.

    Raises
    ------
    UsageError
        If the subject does not compile.
    """
    read = inputs_of(program_of(subject))
    ours = engine_sources()
    own = {*subject.sources, *subject.headers, *read}
    return sorted(
        file
        for file in own
        if not str(file).startswith(SYSTEM)
        and (not file.is_relative_to(ours / "include"))
        and (not file.is_relative_to(ours / "explore"))
    )
