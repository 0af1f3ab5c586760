"""Classic shapes, each with five ways to order it: one weak outcome, allowed or forbidden, and why.

Sources: Adve and Gharachorloo, Computer 29(12), 1996 (SB, MP); Sarkar et al., PLDI 2011 (the
names of the others); RC11 as in ``tests/oracle/rc11.py``. The counts were computed by the oracle;
those of SB, MP, LB, IRIW, S, 2+2W and WRC were known before.

In a shape's text ``{W}`` and ``{R}`` are the orders of its stores and loads, ``{F}`` stands where a
fence may go.
"""

from __future__ import annotations

from dataclasses import dataclass

NONE = frozenset[str]()
RC11 = frozenset({"rc11"})
RC11_TSO = frozenset({"rc11", "tso"})

WAYS = {  # name -> store order, load order, fence
    "relaxed": ("rlx", "rlx", ""),
    "release-acquire": ("rel", "acq", ""),
    "seq_cst": ("sc", "sc", ""),
    "fences acq_rel": ("rlx", "rlx", "fence(ar); "),
    "fences seq_cst": ("rlx", "rlx", "fence(sc); "),
}

COHERENCE = "one location: its stores have one order that no thread sees backwards"
NO_CYCLE = "po with rf has no cycle in any model here: no load reads from its own future"
UNORDERED = "nothing orders the two stores, or the two loads, for another thread"
BUFFERED = (
    "a store may still wait in its buffer while the next load runs; acq_rel does not wait"
)
SYNCHRONISED = (
    "the load that sees the flag synchronises: what was before the store is seen"
)
FENCED = "release fence, store, load, acquire fence synchronise like a release store"
ONE_ORDER = "seq_cst accesses, or seq_cst fences between, have one order: a cycle of psc"
NO_HB_FROM_MO = (
    "only rf synchronises; coherence order between stores does not order threads"
)
TWO_VIEWS = (
    "release and acquire do not make all threads agree on the order of others' stores"
)


@dataclass(frozen=True)
class Row:
    """``allowed``: the models that show the weak outcome; executions under rc11, tso and sc."""

    allowed: frozenset[str]
    rc11: int
    tso: int
    sc: int
    reason: str


@dataclass(frozen=True)
class Shape:
    """A program with places for orders, its weak outcome, and a row per way to order it."""

    text: str
    outcome: str
    rows: dict[str, Row]

    def program(self, way: str) -> str:
        """Return the text with the orders filled in."""
        store, load, fence = WAYS[way]
        return self.text.format(W=store, R=load, F=fence)


def _rows(*rows: tuple[frozenset[str], int, int, int, str]) -> dict[str, Row]:
    return {way: Row(*row) for way, row in zip(WAYS, rows, strict=True)}


def _same(executions: int, reason: str) -> dict[str, Row]:
    return _rows(*[(NONE, executions, executions, executions, reason)] * len(WAYS))


SHAPES = {
    "SB": Shape(
        "x.store(1, {W}); {F}a = y.load({R}) || y.store(1, {W}); {F}b = x.load({R})",
        "a=0 b=0",
        _rows(
            (RC11_TSO, 4, 4, 3, BUFFERED),
            (RC11_TSO, 4, 4, 3, BUFFERED),
            (NONE, 3, 3, 3, ONE_ORDER),
            (RC11_TSO, 4, 4, 3, BUFFERED),
            (NONE, 3, 3, 3, ONE_ORDER),
        ),
    ),
    "MP": Shape(
        "x.store(1, rlx); {F}y.store(1, {W}) || a = y.load({R}); {F}b = x.load(rlx)",
        "a=1 b=0",
        _rows(
            (RC11, 4, 3, 3, UNORDERED),
            (NONE, 3, 3, 3, SYNCHRONISED),
            (NONE, 3, 3, 3, SYNCHRONISED),
            (NONE, 3, 3, 3, FENCED),
            (NONE, 3, 3, 3, FENCED),
        ),
    ),
    "LB": Shape(
        "a = x.load({R}); {F}y.store(1, {W}) || b = y.load({R}); {F}x.store(1, {W})",
        "a=1 b=1",
        _same(3, NO_CYCLE),
    ),
    "S": Shape(
        "x.store(2, rlx); {F}y.store(1, {W}) || a = y.load({R}); {F}x.store(1, {W})",
        "a=1 x=2",
        _rows(
            (RC11, 4, 3, 3, UNORDERED),
            (NONE, 3, 3, 3, SYNCHRONISED),
            (NONE, 3, 3, 3, SYNCHRONISED),
            (NONE, 3, 3, 3, FENCED),
            (NONE, 3, 3, 3, FENCED),
        ),
    ),
    "R": Shape(
        "x.store(1, {W}); {F}y.store(1, {W}) || y.store(2, {W}); {F}a = x.load({R})",
        "a=0 y=2",
        _rows(
            (RC11_TSO, 4, 4, 3, BUFFERED),
            (RC11_TSO, 4, 4, 3, BUFFERED),
            (NONE, 3, 3, 3, ONE_ORDER),
            (RC11_TSO, 4, 4, 3, BUFFERED),
            (NONE, 3, 3, 3, ONE_ORDER),
        ),
    ),
    "2+2W": Shape(
        "x.store(1, {W}); {F}y.store(2, {W}) || y.store(1, {W}); {F}x.store(2, {W})",
        "x=1 y=1",
        _rows(
            (RC11, 4, 3, 3, UNORDERED),
            (RC11, 4, 3, 3, NO_HB_FROM_MO),
            (NONE, 3, 3, 3, ONE_ORDER),
            (RC11, 4, 3, 3, NO_HB_FROM_MO),
            (NONE, 3, 3, 3, ONE_ORDER),
        ),
    ),
    "WRC": Shape(
        "x.store(1, {W}) || a = x.load({R}); {F}y.store(1, {W})"
        " || b = y.load({R}); {F}c = x.load({R})",
        "a=1 b=1 c=0",
        _rows(
            (RC11, 8, 7, 7, UNORDERED),
            (NONE, 7, 7, 7, SYNCHRONISED),
            (NONE, 7, 7, 7, SYNCHRONISED),
            (NONE, 7, 7, 7, FENCED),
            (NONE, 7, 7, 7, FENCED),
        ),
    ),
    "ISA2": Shape(
        "x.store(1, {W}); {F}y.store(1, {W}) || a = y.load({R}); {F}z.store(1, {W})"
        " || b = z.load({R}); {F}c = x.load({R})",
        "a=1 b=1 c=0",
        _rows(
            (RC11, 8, 7, 7, UNORDERED),
            (NONE, 7, 7, 7, SYNCHRONISED),
            (NONE, 7, 7, 7, SYNCHRONISED),
            (NONE, 7, 7, 7, FENCED),
            (NONE, 7, 7, 7, FENCED),
        ),
    ),
    "IRIW": Shape(
        "x.store(1, {W}) || y.store(1, {W}) || a = x.load({R}); {F}b = y.load({R})"
        " || c = y.load({R}); {F}d = x.load({R})",
        "a=1 b=0 c=1 d=0",
        _rows(
            (RC11, 16, 15, 15, UNORDERED),
            (RC11, 16, 15, 15, TWO_VIEWS),
            (NONE, 15, 15, 15, ONE_ORDER),
            (RC11, 16, 15, 15, TWO_VIEWS),
            (NONE, 15, 15, 15, ONE_ORDER),
        ),
    ),
    "RWC": Shape(
        "x.store(1, {W}) || a = x.load({R}); {F}b = y.load({R})"
        " || y.store(1, {W}); {F}c = x.load({R})",
        "a=1 b=0 c=0",
        _rows(
            (RC11_TSO, 8, 8, 7, BUFFERED),
            (RC11_TSO, 8, 8, 7, BUFFERED),
            (NONE, 7, 7, 7, ONE_ORDER),
            (RC11_TSO, 8, 8, 7, BUFFERED),
            (NONE, 7, 7, 7, ONE_ORDER),
        ),
    ),
    "W+RWC": Shape(
        "x.store(1, {W}); {F}z.store(1, {W}) || a = z.load({R}); {F}b = y.load({R})"
        " || y.store(1, {W}); {F}c = x.load({R})",
        "a=1 b=0 c=0",
        _rows(
            (RC11_TSO, 8, 8, 7, BUFFERED),
            (RC11_TSO, 8, 8, 7, BUFFERED),
            (NONE, 7, 7, 7, ONE_ORDER),
            (RC11_TSO, 8, 8, 7, BUFFERED),
            (NONE, 7, 7, 7, ONE_ORDER),
        ),
    ),
    "Z6.3": Shape(
        "x.store(1, {W}); {F}y.store(1, {W}) || y.store(2, {W}); {F}z.store(1, {W})"
        " || a = z.load({R}); {F}b = x.load({R})",
        "y=2 a=1 b=0",
        _rows(
            (RC11, 8, 7, 7, UNORDERED),
            (RC11, 8, 7, 7, NO_HB_FROM_MO),
            (NONE, 7, 7, 7, ONE_ORDER),
            (RC11, 8, 7, 7, NO_HB_FROM_MO),
            (NONE, 7, 7, 7, ONE_ORDER),
        ),
    ),
    "CoRR": Shape(
        "x.store(1, {W}) || a = x.load({R}); {F}b = x.load({R})",
        "a=1 b=0",
        _same(3, COHERENCE),
    ),
    "CoWW": Shape("x.store(1, {W}); {F}x.store(2, {W})", "x=1", _same(1, COHERENCE)),
    "CoRW1": Shape("a = x.load({R}); {F}x.store(1, {W})", "a=1", _same(1, NO_CYCLE)),
    "CoRW2": Shape(
        "x.store(1, {W}) || a = x.load({R}); {F}x.store(2, {W})",
        "a=1 x=1",
        _same(3, COHERENCE),
    ),
    "CoWR": Shape(
        "x.store(1, {W}); {F}a = x.load({R}) || x.store(2, {W})",
        "a=2 x=1",
        _same(3, COHERENCE),
    ),
}
