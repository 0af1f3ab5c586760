"""A scope: all scenarios of a size, each once, in order of size.

Small scopes show most flaws (Jackson, *Software Abstractions*, 2006), and only a complete one
lets a pass say what it covered. Scenarios that differ in the order of exchangeable threads are one;
values are all different as far as the strategies go; the structure begins empty, and with
something in it where an operation can put it there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from heald.generating.small import Pools, Shape, size
from heald.generating.strategies import Range
from heald.scenario import Scenario
from heald.subject.subject import Subject

_MOST = 5_000


@dataclass(frozen=True)
class Scope:
    """All scenarios of up to so many threads with up to so many calls each.

    Attributes
    ----------
    threads, ops
        The sizes.
    """

    subject: Subject
    threads: int
    ops: int

    @classmethod
    def of(cls, subject: Subject, threads: Range, ops: Range) -> Scope | None:
        """Return the scope of these sizes, as a test names them.

        Returns
        -------
        Scope or None
            None if the subject brings its own strategy, which alone knows what is well
            formed, or if there are more than a few thousand.
        """
        if subject.scenarios is not None:
            return None
        scope = cls(subject, _most(threads), _most(ops))
        return scope if 0 < scope._possible <= _MOST and scope.count else None

    @cached_property
    def _shapes(self) -> list[Shape]:
        pools = Pools(self.subject)
        roles = self.subject.roles
        least = max(2, len(roles))
        counts = range(least, self.threads + 1) if pools.free else [len(roles)]
        own = [pools.words(role, self.ops) for role in roles]
        free = pools.words(None, self.ops)
        return [Shape(pools, own, free, threads - len(roles)) for threads in counts]

    @property
    def _possible(self) -> int:
        return sum(shape.count for shape in self._shapes)

    @cached_property
    def _asked(self) -> list[Scenario]:
        made = (scenario for shape in self._shapes for scenario in shape.all())
        return sorted(made, key=size)

    @property
    def count(self) -> int:
        """How many there are, without those that may wait for ever by their model."""
        return len(self._asked)

    def __iter__(self) -> Iterator[Scenario]:
        """Yield them all, the small ones first; the same order every time."""
        return iter(self._asked)

    def __str__(self) -> str:
        text = (
            f"{self.count:,} scenarios of up to {self.threads} threads x {self.ops} calls"
        )
        left_out = self._possible - self.count
        if left_out:
            text += f" ({left_out:,} that may wait for ever by the model are not asked)"
        return text


def _most(given: Range) -> int:
    return given if isinstance(given, int) else given[1]
