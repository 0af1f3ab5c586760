"""The examples: heald's own subjects, their C and the properties that are checked of them.

A checkout has them at its top; a wheel carries a copy in ``heald/_examples/``, since every
command printed in a help text must work for who installed with pip.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from heald.verdicts import EngineError, UsageError

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "_examples"

#: Folders of a checkout that are examples, each with what is said of it; setup.py ships them.
FOLDERS = {
    "subjects": "descriptions: operations, models, what each variant must show",
    "csrc/subjects": "the C that they describe",
    "properties": "tests to run with pytest",
    "stress": "longer tests on real threads",
}

#: What lets the tests find the descriptions beside them.
_PYTEST_INI = """\
[pytest]
pythonpath = .
addopts = --import-mode=importlib
markers =
    alone: needs all processors
    slow: takes longer than a quarter of a second
"""


def examples_folder() -> Path:
    """Return where the examples are."""
    for folder in (_SHIPPED, _PACKAGE.parent):
        if all((folder / name).is_dir() for name in FOLDERS):
            return folder
    raise EngineError(f"the examples are not in {_SHIPPED}; install heald again")


def copy_examples(destination: Path) -> list[Path]:
    """Copy the examples to a directory; return the folders that were made.

    Raises
    ------
    UsageError
        If one of the folders is there already: nothing of the user's is written over.
    """
    source = examples_folder()
    there = [name for name in FOLDERS if (destination / name).exists()]
    if there:
        raise UsageError(
            f"{', '.join(str(destination / name) for name in there)} is there already; "
            "name a directory without it"
        )
    unwanted = shutil.ignore_patterns("__pycache__", ".*")
    made = []
    for name in FOLDERS:
        made.append(destination / name)
        shutil.copytree(source / name, destination / name, ignore=unwanted)
    settings = destination / "pytest.ini"
    if not settings.exists():
        settings.write_text(_PYTEST_INI)
    return made
