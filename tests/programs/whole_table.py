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
    exhaustive
        All that a program that passes can do is seen.
    others
        Kinds that another search may find first.
    """

    program: str
    defines: tuple[str, ...] = ()
    executions: int | None = None
    kinds: tuple[str, ...] = ()
    exhaustive: bool = True
    others: tuple[str, ...] = ()

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
    Whole("copies", (), 6),
    Whole("copies", ("NEVER_THREE",), kinds=("assertion",)),
    Whole("copy_beside_a_reader", (), 2),
    Whole("copy_beside_a_reader", ("RACE",), kinds=("data race",)),
    Whole("first_race", kinds=("data race",)),
    Whole("counted_waiter", (), 5),
    Whole("read_before_an_update", kinds=("data race",)),
    Whole("two_kinds", kinds=("assertion",), others=("deadlock",)),
    # A sampler stops where its state comes back, and names it before the search does.
    Whole("long_failure", kinds=("endless loop",), others=("livelock",)),
    Whole("long_failure", ("YIELDS",), exhaustive=False),
    Whole("exits_early", ("HOW=exit",), kinds=("assertion",)),
    Whole("exits_early", ("HOW=_exit",), kinds=("assertion",)),
    Whole("exits_early", ("HOW=quick_exit",), kinds=("assertion",)),
    Whole("exit_beside_a_race", (), kinds=("data race",)),
    Whole("exit_with_waiters", (), 1),
    Whole("exit_with_waiters", ("RETURN",), kinds=("deadlock",)),
    Whole("exit_while_others_write", (), 6),
    Whole("two_exits", ("STATUS=0",), 2),
    Whole("two_exits", ("STATUS=1",), kinds=("exit status",)),
    Whole("exit_beside_a_loop", ("LOOP=beat",), 1, exhaustive=False),
    Whole("exit_beside_a_loop", ("LOOP=burn",), 1, exhaustive=False),
    Whole("loop_before_an_exit", (), 1, exhaustive=False),
)
