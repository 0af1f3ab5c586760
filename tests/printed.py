"""Pages that print a description of real code: each section compiled and run as printed.

A section is a heading ``## name: what (package)``, the C in one block and the Python in the
next. What the Python makes is its one target; a package that is not there skips by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from heald.verdicts import UsageError

PAGES = Path(__file__).resolve().parents[1] / "docs"
T = TypeVar("T")
_numbers = count()


@dataclass(frozen=True)
class Printed:
    """One section of a page."""

    name: str
    package: str
    code: str
    python: str

    def target(
        self,
        kind: type[T],
        folder: Path,
        code: str,
        python: str,
        build: Callable[[T], object],
    ) -> T:
        """Write the C `code` and run `python` beside it; return what it made, built."""
        (file,) = re.findall(r'"(\w+\.c)"', self.python)
        (folder / file).write_text(code)
        script = folder / f"page{next(_numbers)}.py"
        script.write_text(python)
        names: dict[str, Any] = {"__name__": script.stem, "__file__": str(script)}
        exec(compile(python, str(script), "exec"), names)
        (target,) = names["TARGETS"]
        assert isinstance(target, kind)
        try:
            build(target)
        except UsageError as error:
            if re.search(r"No such file or directory|cannot find -l", str(error)):
                pytest.skip(f"{self.package} is not installed")
            raise
        return target


def sections(page: str) -> list[Printed]:
    """Return the sections of a page of docs/."""
    found = re.findall(
        r"^## (\S+): [^\n]*\(([^)\n]*)\)\n\n```c\n(.*?)```\n\n```python\n(.*?)```",
        (PAGES / page).read_text(),
        re.DOTALL | re.MULTILINE,
    )
    return [Printed(*each) for each in found]
