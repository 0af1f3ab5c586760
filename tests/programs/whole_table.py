"""Whole programs and what they come to: executions where the number is known, kinds that are found.

Each is the smallest form of a mistake that the search once made. Counts were found by hand
or by enumerating interleavings.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Whole:
    """A program of ``whole/``, macros for it, and what every model must say.

    Attributes
    ----------
    executions
        All complete ones; None: not stated.
    kinds
        Kinds of failure found first; empty: it passes.
    """

    program: str
    defines: tuple[str, ...] = ()
    executions: int | None = None
    kinds: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Program and macros in one word."""
        return "-".join((self.program, *self.defines))


def _born(first: str, second: str, executions: int) -> Whole:
    return Whole("born_of_threads", (f"FIRST={first}", f"SECOND={second}"), executions)


WHOLE = (
    Whole("born_between_accesses", (), 8),
    Whole("born_after_a_read", (), 2),
    _born("only_creates", "reads_first", 3),
    _born("reads_first", "only_creates", 3),
    _born("reads_first", "reads_first", 4),
    Whole("plain_then_atomic", (), 3),
)
