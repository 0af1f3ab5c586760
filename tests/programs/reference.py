"""Reference figures: executions of the counted programs, and how fast another checker visits them.

The reference is GenMC v0.11.0, the fastest exact checker known for this model, on a shared two-core
x86-64 machine: counts are exact, times are good to a factor of two. The programs are
``tests/programs/counts/*.c``, made larger with ``-DN=``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counted:
    """A program and size: executions under rc11 and sc (None: not known), the reference's rate.

    ``at_least``: a retry loop. The reference leaves out retries that had no effect; who
    counts them has more executions and the same set of final states.
    """

    program: str
    n: int
    rc11: int
    sc: int | None
    per_second: float | None
    at_least: bool = False

    @property
    def name(self) -> str:
        """Program and size in one word."""
        return f"{self.program}-{self.n}"


def _same(
    program: str, n: int, count: int, per_second: float | None, *, at_least: bool = False
) -> Counted:
    return Counted(program, n, count, count, per_second, at_least)


COUNTED = (
    Counted("sb", 10, 1024, 1023, 25_000),
    Counted("sb", 14, 16384, 16383, 25_000),
    _same("lb", 8, 255, 22_000),
    _same("lb", 10, 1023, 22_000),
    _same("inc", 4, 576, 110_000),
    _same("inc", 5, 14400, 110_000),
    _same("ainc", 6, 720, 19_000),
    _same("ainc", 8, 40320, 19_000),
    _same("writers", 6, 720, 114_000),
    _same("writers", 8, 40320, 114_000),
    _same("readers", 10, 1024, 40_000),
    _same("readers", 16, 65536, 40_000),
    _same("casrot", 8, 2048, 89_000),
    _same("casrot", 9, 8597, 89_000),
    Counted("lastzero", 8, 1152, 704, 16_000),
    Counted("lastzero", 10, 5632, None, 16_000),
    _same("indexer", 13, 64, 2_300),
    _same("indexer", 15, 4096, 2_300),
    Counted("fib", 4, 44100, 19605, 144_000),
    Counted("fib", 5, 698544, 218243, 144_000),
    _same("sb_fences", 8, 255, None),
    _same("mutex", 5, 120, 14_000),
    _same("mutex", 7, 5040, 14_000),
    _same("caslock", 4, 24, None),
    _same("ttas", 3, 36, None),
    _same("ticket", 5, 120, 10_000),
    _same("ticket", 6, 720, 10_000),
    _same("mcs", 3, 66, 15_000),
    _same("mcs", 4, 1080, 15_000),
    _same("mcs", 5, 23640, 15_000),
    _same("treiber", 3, 270, 40_000, at_least=True),
    _same("treiber", 4, 13992, 40_000, at_least=True),
    _same("msqueue", 2, 12, 29_000, at_least=True),
    _same("msqueue", 3, 756, 29_000, at_least=True),
    Counted("spsc", 5, 1427, 1182, 34_000),
    Counted("spsc", 6, 8082, 6321, 34_000),
    Counted("seqlock", 3, 9801, 7921, 150_000),
    Counted("seqlock", 5, 152881, None, 150_000),
    Counted("iriw", 5, 1024, 765, 80_000),
    Counted("iriw", 6, 4096, 2727, 80_000),
)
