"""One file of a program as it was given: a name, or a text on standard input.

What is no file of a program is refused here, by what it is: a compiler would only say that it
cannot read it, or quote all of a binary.
"""

from __future__ import annotations

import linecache
import re
from pathlib import Path
from typing import TYPE_CHECKING

from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.building.build import Unit

STDIN = "-"
_BEGINNING = 4096
_NAME = "<stdin>"
_COMPILED = re.compile(r"[^-].*\.(o|a|so(\.\d+)*)")


def is_compiled(name: str) -> bool:
    """Whether it is an object or a library by its name, which is linked."""
    return _COMPILED.fullmatch(name) is not None


def unit_of(source: str, stdin: str | None) -> Unit | str:
    """Return what is to be compiled.

    Raises
    ------
    UsageError
        If there is no such file, or no text in it.
    """
    if source != STDIN:
        if Path(source).is_dir():
            raise UsageError(f"{source} is a folder: name the files of the program in it")
        if not Path(source).is_file():
            raise UsageError(f"there is no file {source}")
        if not is_compiled(source) and _has_zeros(source):
            raise UsageError(f"{source} is no source text: it has bytes that are zero")
        return source
    from heald.building.build import Unit

    if stdin is None:
        raise UsageError("the program '-' needs a text on standard input")
    lines = [f"{line}\n" for line in stdin.split("\n")]
    linecache.cache[_NAME] = (len(stdin), None, lines, _NAME)  # for who quotes it
    return Unit(Path("stdin.c"), text=f'#line 1 "{_NAME}"\n{stdin}')


def _has_zeros(source: str) -> bool:
    with open(source, "rb") as file:
        return b"\0" in file.read(_BEGINNING)
