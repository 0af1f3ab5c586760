"""Hypothesis asked outside of a test: for many different values, or for one that fails.

Why       Campaigns, the search for small scenarios and heald's own tests draw by themselves,
          with their own budget: no deadline, no database, no complaint about slow draws.
Shrinking The value that failed last is the smallest: Hypothesis ends with it.
Nesting   What a user's own property calls may have to draw, too (a failure is made smaller before
          it is raised). Hypothesis refuses that in a thread that is inside a property, and would
          say so in place of the failure; so it is done in another thread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hypothesis import Phase
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


class Enough(BaseException):
    """Raised by whoever is shown a value to end the drawing; no failure to be shrunk."""


class _Failed(Exception):
    """What Hypothesis takes for a failed test."""


def draw_each(
    strategy: SearchStrategy[T],
    take: Callable[[T], object],
    *,
    most: int,
    seed: int | None,
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Show `take` up to `most` drawn values; the same seed draws the same.

    Parameters
    ----------
    goes_on
        Asked before each: whether there is time for it.
    """
    from hypothesis import Phase

    def show(value: T) -> None:
        if not goes_on():
            raise Enough
        take(value)

    with contextlib.suppress(Enough):
        _draw(strategy, show, most=most, seed=seed, phases=[Phase.generate])


def draw_failing(
    strategy: SearchStrategy[T],
    fails: Callable[[T], bool],
    *,
    most: int,
    seed: int | None,
    shrink: bool = True,
    aim: bool = False,
) -> T | None:
    """Draw up to `most` values until one fails, and make it smaller.

    Parameters
    ----------
    fails
        Asked about each value; may raise ``Enough``.
    shrink
        Whether to look for a smaller one that fails.
    aim
        Whether `fails` calls ``hypothesis.target``.

    Returns
    -------
    The smallest value that failed, None if there was none.
    """
    from hypothesis import Phase

    last: list[T] = []

    def check(value: T) -> None:
        if fails(value):
            last[:] = [value]
            raise _Failed

    phases = [Phase.generate, *([Phase.target] if aim else ())]
    with contextlib.suppress(_Failed, Enough):
        _draw(
            strategy,
            check,
            most=most,
            seed=seed,
            phases=[*phases, *([Phase.shrink] if shrink else ())],
        )
    return last[0] if last else None


def _draw(
    strategy: SearchStrategy[T],
    take: Callable[[T], object],
    *,
    most: int,
    seed: int | None,
    phases: Sequence[Phase],
) -> None:
    from hypothesis import currently_in_test_context

    ask = partial(_ask_hypothesis, strategy, take, most, seed, phases)
    if currently_in_test_context():
        with ThreadPoolExecutor(1) as outside:
            outside.submit(ask).result()
    else:
        ask()


def _ask_hypothesis(
    strategy: SearchStrategy[T],
    take: Callable[[T], object],
    most: int,
    seed: int | None,
    phases: Sequence[Phase],
) -> None:
    import hypothesis

    @hypothesis.settings(
        max_examples=most,
        phases=phases,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
        print_blob=False,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def shown(value: T) -> None:
        take(value)

    if seed is not None:
        shown = hypothesis.seed(seed)(shown)
    shown()
