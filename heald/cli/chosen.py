"""Subjects that a command line names: ``stack.py``, ``stack.py:hazard``, ``'stack.py:tag-*'``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.subject.subject import Subject

PROGRAM_SUFFIXES = {".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".rs"}


def chosen_subjects(
    places: Sequence[str], fits: Callable[[Subject], bool], what: str
) -> list[Subject]:
    """Return the subjects of all places that fit, each once.

    Parameters
    ----------
    places
        Each a folder, a file or a module, and perhaps a colon and a name: the subject's,
        its variant's, or a pattern for either.
    fits, what
        Which of them the command is for, and how its message calls them.

    Raises
    ------
    UsageError
        If a place has none, or none of that name.
    """
    from heald.targets.places import subjects_in

    found: dict[int, Subject] = {}
    for place in places:
        where, name = _split(place)
        there = [subject for subject in subjects_in(where) if fits(subject)]
        chosen = [s for s in there if name is None or _is_named(s, name)]
        if not chosen:
            called = f" called {name}" if name is not None else ""
            if not there:
                raise UsageError(
                    f"no {what}{called} in {where}: it is a heald.Subject at the top level "
                    "of a module (heald init HEADER writes a first one)"
                )
            names = ", ".join(subject.name for subject in there)
            raise UsageError(f"no {what}{called} in {where}; there are: {names}")
        found |= {id(subject): subject for subject in chosen}
    return list(found.values())


def names_program(places: Sequence[str]) -> bool:
    """Return whether the places are the files of a program.

    Raises
    ------
    UsageError
        If some are and some are not.
    """
    from heald.building.rust.named import is_package, package_of

    is_file = [
        Path(place).suffix in PROGRAM_SUFFIXES or is_package(package_of(place))
        for place in places
    ]
    if any(is_file) and not all(is_file):
        raise UsageError("name the files of one program, or subjects; not both")
    return all(is_file)


def only_subject(places: Sequence[str]) -> Subject | None:
    """Return the subject that a command line names; None: it names a program's files.

    Raises
    ------
    UsageError
        If it names several subjects, or subjects and files.
    """
    if names_program(places):
        return None
    found = chosen_subjects(places, lambda subject: True, "subject")
    if len(found) > 1:
        names = ", ".join(subject.name for subject in found)
        raise UsageError(
            f"one subject at a time, such as {places[0]}:NAME; there are: {names}"
        )
    return found[0]


def _split(place: str) -> tuple[str, str | None]:
    where, colon, name = place.rpartition(":")
    return (where, name) if colon and not Path(place).exists() else (place, None)


def _is_named(subject: Subject, pattern: str) -> bool:
    names = (subject.name, subject.variant or subject.name)
    return any(fnmatchcase(name, pattern) for name in names)
