"""A check made into one pytest test, however often ``--count`` repeats it.

A hundred thousand repetitions as items of their own cost a minute of collecting and half a
gigabyte; as rounds of one test they cost what the checks cost. Each round has its own seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from heald.pytest_plugin import HealdRun

Test: TypeAlias = "Callable[[Iterable[HealdRun]], None]"
"""A test function; pytest hands it the fixture ``heald_repetitions``."""


def repeated(check: Callable[[HealdRun], None], doc: str) -> Test:
    """Return a test that makes `check` once for each repetition, up to the first failure."""

    def test(heald_repetitions: Iterable[HealdRun]) -> None:
        __tracebackhide__ = True
        for heald_run in heald_repetitions:
            check(heald_run)

    test.__doc__ = doc
    return test
