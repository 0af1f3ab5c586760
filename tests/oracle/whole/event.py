"""What a thread does to what is shared, and sets of it: bits of an integer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.oracle.program import Order

SC, TSO, RC11 = 1, 2, 4
MODELS = {"sc": SC, "tso": TSO, "rc11": RC11}
ROOM = 48  # events of one thread


class LongError(Exception):
    """A thread has more events than there is room for."""


@dataclass(frozen=True, slots=True)
class Event:
    """``kind`` is R, W, U (both), F, S (creates), B (begins), J (joins), E (ends) or X (exits).

    C chooses what it has ``written``; N goes on no more.
    """

    number: int
    kind: str
    location: str = ""
    order: Order | None = None  # None: an ordinary access, or none
    read: int | None = None
    written: int | None = None
    source: int | None = None
    locked: bool = False
    other: int = -1  # the thread of S and J

    @property
    def thread(self) -> int:
        """Who did it."""
        return self.number // ROOM

    @property
    def reads(self) -> bool:
        """It has a source."""
        return self.source is not None

    @property
    def is_sc(self) -> bool:
        """It takes part in rc11's one order."""
        return self.order is Order.SC


def bits(mask: int) -> Iterator[int]:
    """The events of a set."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
