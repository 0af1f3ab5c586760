"""Where the choices of a drawn case come from: a seed, or Hypothesis.

Each fault method draws its cases by asking a chooser. With a seed the same method serves
campaigns and the kill matrix; with Hypothesis its cases shrink, towards the lower bound of a
range and the first entry of a list.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

T = TypeVar("T")


class Chooser(Protocol):
    """Answers the questions of a generator."""

    def integer(self, least: int, most: int) -> int:
        """Return an integer, both bounds included."""

    def among(self, options: Sequence[T]) -> T:
        """Return one of the options, of which there is at least one."""

    def flag(self) -> bool:
        """Return a truth value."""


class Seeded:
    """Draws from a seed: the same seed, the same cases."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def integer(self, least: int, most: int) -> int:
        """Return an integer, both bounds included."""
        return self._random.randint(least, most)

    def among(self, options: Sequence[T]) -> T:
        """Return one of the options, all alike."""
        return self._random.choice(options)

    def flag(self) -> bool:
        """Return a truth value, evenly."""
        return self._random.random() < 0.5


class Drawn:
    """Draws from Hypothesis, so that a failing case shrinks."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def integer(self, least: int, most: int) -> int:
        """Return an integer, both bounds included; shrinks towards `least`."""
        from hypothesis import strategies as st

        return self._draw(st.integers(least, most))

    def among(self, options: Sequence[T]) -> T:
        """Return one of the options; shrinks towards the first."""
        from hypothesis import strategies as st

        return self._draw(st.sampled_from(options))

    def flag(self) -> bool:
        """Return a truth value; shrinks towards false."""
        from hypothesis import strategies as st

        return self._draw(st.booleans())
