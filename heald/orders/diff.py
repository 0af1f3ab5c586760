"""A patch as people and ``patch -p1`` read it: the unified form, with ``a/`` and ``b/``."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping

_NO_NEWLINE = "\\ No newline at end of file\n"


def unified(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return one diff of all files that differ.

    Parameters
    ----------
    before, after
        Texts by absolute path. Files are named relative to the current directory, where
        ``patch -p1`` is to be run.
    """
    return "".join(
        _one(os.path.relpath(path), before[path], after[path])
        for path in sorted(before)
        if before[path] != after[path]
    )


def _one(name: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        _lines(before),
        _lines(after),
        f"a/{name}",
        f"b/{name}",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in lines
    )


def _lines(text: str) -> list[str]:
    """Split at newlines only: what else Python takes for the end of a line, patch does not."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
