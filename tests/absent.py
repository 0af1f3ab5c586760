"""A test that needs a compiler which this system lacks is skipped by the compiler's name.

Why     A fresh system has gcc alone (``tests/systems``). Tests of clang, C++ and Rust are many, and
        their tables name the compiler in a column: each would have to ask first, and one that
        forgets is seen only there.
How     What a row names is known before it runs. What a test asks for inside is known when it
        fails: by the file that was not found, or by the words of whoever missed it.
Never   where the compiler is installed: nothing is looked at then.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Generator, Iterator

import pytest

ABSENT = frozenset(
    name
    for name in ("clang", "clang++", "g++", "rustc", "cargo")
    if shutil.which(name) is None
)
#: gcc takes C++ files, and asks a program for it that comes with g++.
_PARTS = {"cc1plus": "g++"}
_NAMED = re.compile(
    r"the compiler '(?P<heald>[\w+]+)'(?: \([^)]*\))? is not there"
    r"|cannot execute '(?P<gcc>cc1plus)'"
    r"|No such file or directory: '(?P<python>[\w+]+)'"
)


def named_in(text: str) -> str | None:
    """Return the compiler that a message misses, if it is one that is absent."""
    for match in _NAMED.finditer(text):
        name: str = next(filter(None, match.groups()))
        name = _PARTS.get(name, name)
        if name in ABSENT:
            return name
    return None


def _said(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield str(error)
        if isinstance(error, subprocess.CalledProcessError):
            yield str(error.stderr)
        error = error.__cause__ or error.__context__


def _row_names(item: pytest.Item) -> str | None:
    row = getattr(item, "callspec", None)
    values = [] if row is None else [str(value) for value in row.params.values()]
    return next((value for value in values if value in ABSENT), None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    if (name := _row_names(item)) is not None:
        pytest.skip(f"{name} is not installed")
    yield from _skipping()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    yield from _skipping()


def _skipping() -> Generator[None, None, None]:
    if not ABSENT:
        return (yield)
    try:
        return (yield)
    except Exception as error:
        name = next(filter(None, map(named_in, _said(error))), None)
        if name is None:
            raise
        pytest.skip(f"{name} is not installed")
