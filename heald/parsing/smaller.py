"""A smaller input that a parser fails on in the same way.

Pieces are left out, halves first, then bytes are made plain; what fails with another status is
another failure, and not taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from heald.parsing.finding import ParserFinding

_PLAIN = (b"\0", b"0", b"a")

Ask = Callable[[bytes], ParserFinding | None]


def smaller(finding: ParserFinding, ask: Ask, *, seconds: float) -> ParserFinding:
    """Return the finding on the smallest input that was found in time.

    Parameters
    ----------
    ask
        What the parser does with an input.
    seconds
        At most, wall clock; the last question may last longer.
    """
    search = _Search(finding, ask, time.monotonic() + seconds)
    size = max(1, len(finding.data) // 2)
    while not search.is_over and (search.leave_out(size) or size > 1):
        size = max(1, size // 2)
    search.make_plain()
    return search.best


@dataclass
class _Search:
    best: ParserFinding
    ask: Ask
    deadline: float

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.deadline

    def leave_out(self, size: int) -> bool:
        """Leave out pieces of this size, again and again; say whether any went."""
        before = len(self.best.data)
        at = 0
        while at < len(self.best.data) and not self.is_over:
            data = self.best.data
            if not self._take(data[:at] + data[at + size :]):
                at += size
        return len(self.best.data) < before

    def make_plain(self) -> None:
        for at in range(min(len(self.best.data), 256)):
            for byte in _PLAIN:
                data = self.best.data
                if data[at : at + 1] == byte or self.is_over:
                    break
                if self._take(data[:at] + byte + data[at + 1 :]):
                    break

    def _take(self, data: bytes) -> bool:
        found = self.ask(data)
        if found is None or found.status is not self.best.status:
            return False
        self.best = found
        return True
