"""A test that heald made stands at the line of the user's file that asked for it.

``test_stack = heald.linearizable(stack)`` is a function of heald's, so pytest, editors and
annotations would place it, and its failure, inside the installed package. Its place is the line
that gives it its name.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import Any


def line_of_test(file: Path, name: str, made_in: str) -> int | None:
    """Return the line, from 1, that gives a test its name; None if it is not ours.

    Parameters
    ----------
    file
        The test's module.
    name
        Without the parameters of its instance.
    made_in
        The module that the test's function is from.
    """
    if not made_in.startswith("heald.") or file.suffix != ".py":
        return None
    return _names(str(file), file.stat().st_mtime_ns).get(name.partition("[")[0])


@lru_cache(maxsize=64)
def _names(file: str, _changed: int) -> dict[str, int]:
    """Return the lines of the names that a module, and classes in it, are given."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name] = node.lineno
        for target in targets:
            if isinstance(target, ast.Name):
                found[target.id] = target.lineno
    return found


def locate(report: Any, file: str, line: int) -> None:
    """Move the place of a failure to the user's line, if it is inside heald now.

    Parameters
    ----------
    report
        A ``pytest.TestReport`` of a test that failed.
    """
    shown = getattr(report.longrepr, "reprtraceback", None)
    crash = getattr(report.longrepr, "reprcrash", None)
    if shown is None or not shown.reprentries:
        return
    where = Path(crash.path) if crash is not None else _PACKAGE
    if not where.is_relative_to(_PACKAGE) and "_pytest" not in where.parts:
        return  # in the user's own code: that is the place
    from _pytest._code.code import ReprFileLocation

    place = ReprFileLocation(file, line, "Violated")
    if crash is not None:
        crash.path, crash.lineno = file, line
    shown.extraline = None
    shown.reprentries[-1].reprfileloc = place


_PACKAGE = Path(__file__).parents[1]
