"""The Python file that is making something of heald's: relative sources start in its folder."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

_NOT_THE_CALLER = ("heald.", "dataclasses")


def callers_file() -> Path | None:
    """Return the file outside of heald that called in; ``None`` at a prompt."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not frame.f_globals.get("__name__", "").startswith(_NOT_THE_CALLER):
            file = frame.f_globals.get("__file__")
            return Path(file).resolve() if file else None
        frame = frame.f_back
    return None


def callers_folder() -> Path:
    """Return the folder of that file; the current one at a prompt."""
    file = callers_file()
    return file.parent if file else Path.cwd()
