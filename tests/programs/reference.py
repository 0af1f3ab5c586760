"""Reference figures: executions of the counted programs, and how fast another checker visits them.

The reference is GenMC v0.11.0, the fastest exact checker known for this model, on a shared two-core
x86-64 machine: counts are exact, times are good to a factor of two. The programs are
``tests/programs/counts/*.c`` and locks of ``tests/programs``, made larger with ``-DN=``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Counted:
    """A program and size: executions under rc11 and sc (None: not known), the reference's rate.

    Of a retry loop, rounds whose compare-exchange failed and that did nothing else do not count.
    """

    program: str
    n: int
    rc11: int
    sc: int | None
    per_second: float | None

    @property
    def name(self) -> str:
        """Program and size in one word."""
        return f"{self.program}-{self.n}"

    @property
    def source(self) -> str:
        """The program below ``tests/programs``, without its suffix."""
        return _in("counts", self.program)


def _in(folder: str, program: str) -> str:
    return program if program.endswith("_lock") else f"{folder}/{program}"


def _same(program: str, n: int, count: int, per_second: float | None) -> Counted:
    return Counted(program, n, count, count, per_second)


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
    _same("ttas_lock", 3, 36, None),
    _same("ticket_lock", 5, 120, 10_000),
    _same("ticket_lock", 6, 720, 10_000),
    _same("mcs_lock", 3, 66, 15_000),
    _same("mcs_lock", 4, 1080, 15_000),
    _same("mcs_lock", 5, 23640, 15_000),
    _same("treiber", 3, 270, 40_000),
    _same("treiber", 4, 13992, 40_000),
    _same("msqueue", 2, 12, 29_000),
    _same("msqueue", 3, 756, 29_000),
    Counted("spsc", 5, 1427, 1182, 34_000),
    Counted("spsc", 6, 8082, 6321, 34_000),
    Counted("seqlock", 3, 9801, 7921, 150_000),
    Counted("seqlock", 5, 152881, None, 150_000),
    Counted("iriw", 5, 1024, 765, 80_000),
    Counted("iriw", 6, 4096, 2727, 80_000),
)


@dataclass(frozen=True)
class Sampled:
    """A program for random search: ``program`` of ``sampled/``, its macros, Relacy's rate."""

    name: str
    program: str
    defines: tuple[str, ...]
    relacy_per_second: float

    @property
    def source(self) -> str:
        """The program below ``tests/programs``, without its suffix."""
        return _in("sampled", self.program)


SAMPLED = (
    Sampled("lost2", "lost2", (), 3.7e6),
    Sampled("fadd 3x3", "fadd", ("THREADS=3", "TIMES=3"), 2.0e6),
    Sampled("fadd 4x10", "fadd", ("THREADS=4", "TIMES=10"), 493e3),
    Sampled("mp", "mp", (), 3.8e6),
    Sampled("iriw", "iriw", (), 1.9e6),
    Sampled("treiber_2pp", "index_stack", ("SCENARIO=PAIRS",), 893e3),
    Sampled("treiber_3", "index_stack", ("SCENARIO=THREE",), 710e3),
    Sampled("treiber_aba", "index_stack", ("SCENARIO=ABA",), 860e3),
    Sampled(
        "treiber_4x3", "index_stack", ("SCENARIO=PAIRS", "THREADS=4", "TIMES=3"), 145e3
    ),
    Sampled("spsc", "ring", (), 1.4e6),
    Sampled("ticket3", "ticket_lock", ("N=3",), 1.2e6),
)


@dataclass(frozen=True)
class Shown:
    """A bug: the share of random executions that show it, the better of Relacy and C11Tester."""

    name: str
    program: str
    defines: tuple[str, ...]
    best_rate: float


SHOWN = (
    Shown("lost2", "lost2", ("SHOW",), 0.62),
    Shown("mp relaxed", "mp", ("RELAXED",), 0.189),
    Shown("mp_race", "mp_race", (), 0.485),
    Shown("sb relaxed", "sb", (), 0.44),
    Shown("w22", "w22", (), 0.26),
    Shown("stale", "stale", (), 0.094),
    Shown("iriw acquire", "iriw", ("SHOW",), 0.049),
    Shown("treiber_aba", "index_stack", ("SCENARIO=ABA",), 0.044),
    Shown("deadlock", "deadlock", (), 0.50),
)
