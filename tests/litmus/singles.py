"""Programs that each show one rule of a model: what synchronises, what goes on, what orders.

The form is that of ``shapes``, with every order written out.
"""

from __future__ import annotations

from dataclasses import dataclass

from .shapes import (
    BUFFERED,
    COHERENCE,
    FENCED,
    NONE,
    ONE_ORDER,
    RC11,
    RC11_TSO,
    SYNCHRONISED,
    TWO_VIEWS,
    UNORDERED,
    Row,
)

EVERY = frozenset({"rc11", "tso", "sc"})
SEQUENCE = (
    "a release sequence goes on through read-modify-writes, of any thread and order"
)
NO_SEQUENCE = "a plain store ends a release sequence, also one of the same thread (C++20)"
ONE_SIDED = (
    "synchronisation needs a release and an acquire; one of them alone orders nothing"
)
MISPLACED = (
    "a release fence works for stores after it, an acquire fence for loads before it"
)
LOCKED = "on x86 every read-modify-write is a full barrier; in C11 acq_rel is not"
ATOMIC = "no store comes between a read-modify-write's read and its write"


@dataclass(frozen=True)
class Single:
    """A program, one outcome, and what the models make of it."""

    text: str
    outcome: str
    row: Row


def _mp(writer: str, reader: str, row: Row, outcome: str = "a=1 b=0") -> Single:
    """Message passing: ``x`` is the data, ``y`` the flag."""
    return Single(f"x.store(1, rlx); {writer} || {reader}; b = x.load(rlx)", outcome, row)


def _relayed(relay: str, outcome: str, row: Row) -> Single:
    """Message passing through a third thread that touches the flag in between."""
    return Single(
        f"x.store(1, rlx); y.store(1, rel) || {relay} || a = y.load(acq); b = x.load(rlx)",
        outcome,
        row,
    )


def _dekker(store: str, load: str, row: Row) -> Single:
    sides = [
        f"{mine}.store(1, {store}); {a} = {other}.load({load});"
        f" if ({a} == 0) {{ {b} = z.fetch_add(1, rlx) }}"
        for mine, other, a, b in (("x", "y", "a", "b"), ("y", "x", "c", "d"))
    ]
    return Single(" || ".join(sides), "z=2", row)


def _peterson(store: str, load: str, row: Row) -> Single:
    """Both may go in without waiting if each sees the other's flag down."""
    sides = [
        f"{mine}.store(1, {store}); z.store({give}, {store});"
        f" {a} = {other}.load({load}); {b} = z.load({load})"
        for mine, other, give, a, b in (("x", "y", 2, "a", "b"), ("y", "x", 1, "c", "d"))
    ]
    return Single(" || ".join(sides), "a=0 c=0", row)


def _mutex(unlock: str, row: Row) -> Single:
    return Single(
        f"a = w.cas(0, 1, acq, rlx); if (a == 0) {{ x.store(1, rlx); w.store(2, {unlock}) }}"
        " || b = w.cas(2, 3, acq, rlx); if (b == 2) { c = x.load(rlx) }",
        "b=2 c=0",
        row,
    )


_IRIW = "x.store(1, {0}) || y.store(1, {0}) || a = x.load({1}); {2}b = y.load({1}) || "
_IRIW += "c = y.load({3}); {4}d = x.load({3})"
_CORNER_1 = (
    "x.store(1, sc) || x.store(2, rlx) || a = x.load(acq); b = x.load(sc); c = y.load(sc)"
    " || y.store(1, sc); d = x.load(sc)"
)
_CORNER_2 = (
    "x.store(1, sc); x.store(3, rel) || a = x.load(acq); b = y.load(sc)"
    " || y.store(1, sc); d = x.load(sc)"
)

SINGLES = {
    "fence to fence": _mp(
        "fence(rel); y.store(1, rlx)",
        "a = y.load(rlx); fence(acq)",
        Row(NONE, 3, 3, 3, FENCED),
    ),
    "fence to access": _mp(
        "fence(rel); y.store(1, rlx)", "a = y.load(acq)", Row(NONE, 3, 3, 3, FENCED)
    ),
    "access to fence": _mp(
        "y.store(1, rel)", "a = y.load(rlx); fence(acq)", Row(NONE, 3, 3, 3, FENCED)
    ),
    "release fence after the store": _mp(
        "y.store(1, rlx); fence(rel)", "a = y.load(acq)", Row(RC11, 4, 3, 3, MISPLACED)
    ),
    "acquire fence before the load": _mp(
        "y.store(1, rel)", "fence(acq); a = y.load(rlx)", Row(RC11, 4, 3, 3, MISPLACED)
    ),
    "acquire fence in place of release": _mp(
        "fence(acq); y.store(1, rlx)", "a = y.load(acq)", Row(RC11, 4, 3, 3, ONE_SIDED)
    ),
    "release alone": _mp(
        "y.store(1, rel)", "a = y.load(rlx)", Row(RC11, 4, 3, 3, ONE_SIDED)
    ),
    "acquire alone": _mp(
        "y.store(1, rlx)", "a = y.load(acq)", Row(RC11, 4, 3, 3, ONE_SIDED)
    ),
    "consume is acquire": _mp(
        "y.store(1, rel)", "a = y.load(con)", Row(NONE, 3, 3, 3, SYNCHRONISED)
    ),
    "flag by read-modify-writes": _mp(
        "c = y.fetch_add(1, rel)",
        "a = y.fetch_add(0, acq)",
        Row(NONE, 3, 3, 3, SYNCHRONISED),
    ),
    "failed compare-exchange, acquire": _mp(
        "y.store(1, rel)", "a = y.cas(0, 5, ar, acq)", Row(NONE, 3, 3, 3, SYNCHRONISED)
    ),
    "failed compare-exchange, relaxed": _mp(
        "y.store(1, rel)", "a = y.cas(0, 5, ar, rlx)", Row(RC11, 4, 3, 3, ONE_SIDED)
    ),
    "acquire fence under a condition": Single(
        "x.store(1, rlx); y.store(1, rel)"
        " || a = y.load(rlx); if (a == 1) { fence(acq); b = x.load(rlx) }",
        "a=1 b=0",
        Row(NONE, 2, 2, 2, FENCED),
    ),
    "release sequence through fetch_add": _relayed(
        "c = y.fetch_add(1, rlx)", "c=1 a=2 b=0", Row(NONE, 9, 9, 9, SEQUENCE)
    ),
    "release sequence through two": _relayed(
        "c = y.fetch_add(1, rlx); d = y.exchange(7, rlx)",
        "c=1 d=2 a=7 b=0",
        Row(NONE, 18, 18, 18, SEQUENCE),
    ),
    "release sequence through compare-exchange": _relayed(
        "c = y.cas(1, 2, rlx, rlx)", "c=1 a=2 b=0", Row(NONE, 7, 7, 7, SEQUENCE)
    ),
    "release sequence ended by a store": _relayed(
        "c = y.load(rlx); y.store(2, rlx)",
        "c=1 a=2 b=0",
        Row(RC11, 15, 13, 13, NO_SEQUENCE),
    ),
    "release sequence ended after fetch_add": _relayed(
        "c = y.fetch_add(1, rlx); y.store(3, rlx)",
        "c=1 a=3 b=0",
        Row(RC11, 20, 18, 18, NO_SEQUENCE),
    ),
    "release sequence ended by the same thread": _mp(
        "y.store(1, rel); y.store(2, rlx)",
        "a = y.load(acq)",
        Row(RC11, 5, 4, 4, NO_SEQUENCE),
        "a=2 b=0",
    ),
    "release sequence headed by a fence": Single(
        "x.store(1, rlx); fence(rel); y.store(1, rlx) || c = y.fetch_add(1, rlx)"
        " || a = y.load(rlx); fence(acq); b = x.load(rlx)",
        "c=1 a=2 b=0",
        Row(NONE, 9, 9, 9, SEQUENCE),
    ),
    "acquire in the relay does not help the reader": Single(
        "x.store(1, rlx); y.store(1, rel) || c = y.fetch_add(1, acq)"
        " || a = y.load(rlx); b = x.load(rlx)",
        "c=1 a=2 b=0",
        Row(RC11, 12, 9, 9, ONE_SIDED),
    ),
    "SB with exchange acq_rel": Single(
        "c = x.exchange(1, ar); a = y.load(acq) || d = y.exchange(1, ar); b = x.load(acq)",
        "a=0 b=0",
        Row(RC11, 4, 3, 3, LOCKED),
    ),
    "SB with exchange seq_cst": Single(
        "c = x.exchange(1, sc); a = y.load(sc) || d = y.exchange(1, sc); b = x.load(sc)",
        "a=0 b=0",
        Row(NONE, 3, 3, 3, ONE_ORDER),
    ),
    "SB with one fence": Single(
        "x.store(1, rlx); fence(sc); a = y.load(rlx) || y.store(1, rlx); b = x.load(rlx)",
        "a=0 b=0",
        Row(RC11_TSO, 4, 4, 3, BUFFERED),
    ),
    "SB with a fence against seq_cst accesses": Single(
        "x.store(1, rlx); fence(sc); a = y.load(rlx) || y.store(1, sc); b = x.load(sc)",
        "a=0 b=0",
        Row(NONE, 3, 3, 3, ONE_ORDER),
    ),
    "SB with seq_cst stores only": Single(
        "x.store(1, sc); a = y.load(rlx) || y.store(1, sc); b = x.load(rlx)",
        "a=0 b=0",
        Row(
            RC11, 4, 3, 3, "the loads are not in the one order; x86 flushes at the store"
        ),
    ),
    "SB with seq_cst loads only": Single(
        "x.store(1, rlx); a = y.load(sc) || y.store(1, rlx); b = x.load(sc)",
        "a=0 b=0",
        Row(
            RC11_TSO,
            4,
            4,
            3,
            "the stores are not in the one order; x86 flushes at stores",
        ),
    ),
    "SB reading its own store first": Single(
        "x.store(1, rlx); a = x.load(rlx); b = y.load(rlx)"
        " || y.store(1, rlx); c = y.load(rlx); d = x.load(rlx)",
        "a=1 b=0 c=1 d=0",
        Row(
            RC11_TSO,
            4,
            4,
            3,
            "a thread sees its own store in the buffer before others do",
        ),
    ),
    "IRIW with fences in the readers": Single(
        _IRIW.format("rlx", "rlx", "fence(sc); ", "rlx", "fence(sc); "),
        "a=1 b=0 c=1 d=0",
        Row(NONE, 15, 15, 15, ONE_ORDER),
    ),
    "IRIW with a fence in one reader": Single(
        _IRIW.format("rlx", "rlx", "fence(sc); ", "acq", ""),
        "a=1 b=0 c=1 d=0",
        Row(RC11, 16, 15, 15, TWO_VIEWS),
    ),
    "IRIW with seq_cst loads, release stores": Single(
        _IRIW.format("rel", "sc", "", "sc", ""),
        "a=1 b=0 c=1 d=0",
        Row(RC11, 16, 15, 15, "the stores are not in the one order"),
    ),
    "Dekker relaxed": _dekker("rlx", "rlx", Row(RC11_TSO, 5, 5, 3, BUFFERED)),
    "Dekker release-acquire": _dekker("rel", "acq", Row(RC11_TSO, 5, 5, 3, BUFFERED)),
    "Dekker seq_cst": _dekker("sc", "sc", Row(NONE, 3, 3, 3, ONE_ORDER)),
    "Peterson relaxed": _peterson("rlx", "rlx", Row(RC11_TSO, 16, 16, 8, BUFFERED)),
    "Peterson release-acquire": _peterson(
        "rel", "acq", Row(RC11_TSO, 16, 16, 8, BUFFERED)
    ),
    "Peterson seq_cst": _peterson("sc", "sc", Row(NONE, 8, 8, 8, ONE_ORDER)),
    "MP through a lock": _mutex("rel", Row(NONE, 3, 3, 3, SYNCHRONISED)),
    "MP through a lock with relaxed unlock": _mutex("rlx", Row(RC11, 4, 3, 3, UNORDERED)),
    "lost update with loads and stores": Single(
        "a = x.load(sc); x.store(a + 1, sc) || b = x.load(sc); x.store(b + 1, sc)",
        "x=1",
        Row(EVERY, 4, 4, 4, "two accesses are not one, whatever their orders"),
    ),
    "fetch_add twice": Single(
        "a = x.fetch_add(1, rlx) || b = x.fetch_add(1, rlx)",
        "x=1",
        Row(NONE, 2, 2, 2, ATOMIC),
    ),
    "compare-exchange succeeds once": Single(
        "a = x.cas(0, 1, rlx, rlx) || b = x.cas(0, 2, rlx, rlx)",
        "a=0 b=0",
        Row(NONE, 2, 2, 2, ATOMIC),
    ),
    "two readers agree on two writers": Single(
        "x.store(1, rlx) || x.store(2, rlx) || a = x.load(rlx); b = x.load(rlx)"
        " || c = x.load(rlx); d = x.load(rlx)",
        "a=1 b=2 c=2 d=1",
        Row(NONE, 72, 72, 72, COHERENCE),
    ),
    "Z6.U": Single(
        "x.store(1, sc); y.store(1, rel) || a = y.fetch_add(1, sc); b = y.load(rlx)"
        " || y.store(3, sc); c = x.load(sc)",
        "a=1 b=3 c=0",
        Row(
            RC11,
            24,
            18,
            18,
            "sb;hb;sb counts only where both sb steps change location (Fig. 1)",
        ),
    ),
    "scb has hb at one location": Single(
        _CORNER_1,
        "a=1 b=2 c=0 d=0",
        Row(NONE, 63, 56, 56, "hb at one location is part of scb"),
    ),
    "scb has sb;hb;sb only across locations": Single(
        _CORNER_2,
        "a=3 b=0 d=0",
        Row(
            RC11,
            18,
            15,
            15,
            "the paper's rule; C++20's wording is stronger and forbids it",
        ),
    ),
}
