"""Shares of a search: which subtrees of a tree somebody visits, and how that is divided.

The engine deals the tree out into some 64 x `deal` subtrees. Each has a hash, and a number in
the order in which everybody comes to it. A share is those whose hash, modulo `of`, lies from
`first` up to `end`, and whose number is `start` or more. Any share can be halved: by its
range, or, where that is one wide, by doubling the modulus. So a search is divided as often
as somebody is idle, and what the shares have visited adds up to the whole, however it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from heald.cluster.asks import is_count
from heald.verdicts import UsageError

_MOST_PARTS = 1 << 31


@dataclass(frozen=True)
class Share:
    """Some subtrees of a tree.

    Attributes
    ----------
    losses
        The machines that were lost with it so far.
    """

    first: int
    end: int
    of: int
    start: int = 0
    losses: tuple[str, ...] = ()

    def words(self, deal: int) -> list[str]:
        """Return it as the engine's options have it."""
        options = {
            "part": self.first,
            "part-end": self.end,
            "parts": self.of,
            "deal": deal,
            "deal-from": self.start,
        }
        return [word for key, n in options.items() for word in (f"--{key}", str(n))]

    def rest(self, start: int) -> tuple[Share, Share]:
        """Return two shares that are what is left of it from a subtree's number on."""
        left = replace(self, start=max(start, self.start), losses=())
        if self.end - self.first > 1:
            middle = (self.first + self.end) // 2
            return replace(left, end=middle), replace(left, first=middle)
        if self.of > _MOST_PARTS // 2:
            raise UsageError("a search cannot be divided further")
        other = self.first + self.of
        return (
            replace(left, of=2 * self.of),
            replace(left, first=other, end=other + 1, of=2 * self.of),
        )

    def to_json(self) -> list[int]:
        """Return what ``from_json`` reads."""
        return [self.first, self.end, self.of, self.start]

    @classmethod
    def from_json(cls, data: Any) -> Share:
        """Read a share; ``UsageError`` if it is none."""
        sane = isinstance(data, list) and len(data) == 4 and all(map(is_count, data))
        if not sane or not data[0] < data[1] <= data[2]:
            raise UsageError(f"{data!r} is no share of a search")
        return cls(*data)


def whole(parts: int) -> list[Share]:
    """Return the shares of a tree that is divided into so many."""
    return [Share(part, part + 1, parts) for part in range(parts)]
