"""A check made into one pytest test, however often ``--count`` repeats it.

A hundred thousand repetitions as items of their own cost a minute of collecting and half a
gigabyte; as rounds of one test they cost what the checks cost. Each round has its own seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias


def _failed(why: str) -> None:
    import pytest

    pytest.fail(why, pytrace=False)


@dataclass(frozen=True)
class HealdRun:
    """What one test, or one repetition of it, runs with.

    Attributes
    ----------
    seed
        Of this repetition, 0 to 2^48 - 1 (so that JSON carries it); follows from the
        printed base seed, the test's name and the number of the repetition alone.
    budget_s
        Seconds that a check on real threads or descriptors may take.
    profile
        ``"quick"``, ``"thorough"`` or ``"nightly"``.
    number
        Of the repetition, from 0.
    say
        Takes a line that says what the pass of this run is worth.
    doubt
        Takes a line that says why it could not have failed; fails, skips or warns, as the
        configuration has it (``heald_untrustworthy``).
    resume
        Whether what earlier runs explored to the end is left out: ``--heald-resume``.
    """

    seed: int
    budget_s: float
    profile: str
    number: int = 0
    say: Callable[[str], None] = lambda _: None
    doubt: Callable[[str], None] = _failed
    resume: bool = False


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
