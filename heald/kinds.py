"""The kinds of finding: one stable word each, who finds it, and what sort of thing it is.

A kind is data (a word in capsules, JSON and tables), so a new detector needs no new type; but
it needs a row here, and where C finds it, a word in csrc/explore/failure.h that a test compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Family(Enum):
    """What sort of thing went wrong: kinds of one family can be the same failure seen twice."""

    RACE = "two accesses that nothing orders"
    MEMORY = "memory used as it must not be"
    HEAP = "a block of the heap used as it must not be"
    ENDED = "the program ended itself"
    STUCK = "a thread can never go on"
    JUDGED = "the model forbids what the calls returned"
    INVARIANT = "the subject's own check said no"
    LEFT = "something was not given back"
    LIMIT = "no failure of the subject: what could not be looked at"
    DEATH = "the process that ran it died"
    TRANSFER = "a transfer broke its contract"
    PARSER = "a parser broke its contract"


class Finder(Enum):
    """Who finds a kind."""

    EXPLORER = "the explorer, in C"
    JUDGE = "the judges of outcomes and histories, in Python"
    NATIVE = "real threads"
    FAULTS = "faults of transfers"
    PARSING = "inputs of parsers"


@dataclass(frozen=True)
class Kind:
    """One row of the table."""

    family: Family
    finders: frozenset[Finder]


def _rows(family: Family, *words: str, by: tuple[Finder, ...]) -> dict[str, Kind]:
    return {word: Kind(family, frozenset(by)) for word in words}


_C, _JUDGE, _NATIVE = Finder.EXPLORER, Finder.JUDGE, Finder.NATIVE
_FAULTS, _PARSING = Finder.FAULTS, Finder.PARSING

DATA_RACE = "data race"
FORBIDDEN_OUTCOME = "forbidden outcome"
NOT_LINEARIZABLE = "non-linearizable history"
BROKEN_INVARIANT = "broken invariant"
CRASH = "crash"
HANG = "hang"
PANIC = "panic"
UNSUPPORTED = "unsupported"

KINDS: Mapping[str, Kind] = {
    **_rows(Family.RACE, DATA_RACE, by=(_C,)),
    **_rows(
        Family.HEAP,
        "use after free",
        "double free",
        "invalid free",
        "out of bounds",
        by=(_C,),
    ),
    **_rows(
        Family.MEMORY,
        "uninitialised read",
        "wild access",
        "stack overflow",
        "arithmetic fault",
        "illegal instruction",
        by=(_C,),
    ),
    **_rows(Family.LEFT, "leak", by=(_C,)),
    **_rows(
        Family.ENDED,
        "assertion",
        "uncaught exception",
        PANIC,
        "signal",
        "misuse",
        by=(_C,),
    ),
    **_rows(Family.ENDED, "abort", "exit status", by=(_C, _NATIVE)),
    **_rows(Family.STUCK, "deadlock", "livelock", "endless loop", by=(_C,)),
    **_rows(Family.STUCK, HANG, by=(_NATIVE, _FAULTS)),
    **_rows(Family.JUDGED, FORBIDDEN_OUTCOME, NOT_LINEARIZABLE, by=(_JUDGE, _NATIVE)),
    **_rows(Family.INVARIANT, BROKEN_INVARIANT, by=(_C, _NATIVE)),
    **_rows(Family.LIMIT, UNSUPPORTED, "nondeterminism", by=(_C,)),
    **_rows(Family.DEATH, CRASH, by=(_NATIVE, _FAULTS)),
    **_rows(Family.DEATH, "exit", "memory", "killed", "lost", by=(_NATIVE,)),
    **_rows(
        Family.TRANSFER,
        "wrong bytes",
        "wrong count",
        "short transfer",
        "wrong error",
        "wrong offset",
        "wrong source position",
        "wrong sink position",
        "descriptor leak",
        "changed O_NONBLOCK",
        "changed file flags",
        "changed signals",
        "changed socket options",
        "tried again",
        "memory leak",
        "wrong when together",
        "changed process",
        "threads left behind",
        "spinning",
        "SIGPIPE",
        "late last byte",
        "source not copied",
        "wrong second copy",
        "script not used",
        "fixture failed",
        by=(_FAULTS,),
    ),
    **_rows(
        Family.PARSER,
        "read outside",
        "depends outside",
        "pointer outside",
        "consumed outside",
        "too many",
        "no end",
        "stack",
        "depends on pieces",
        "beside records",
        "input changed",
        "crashed",
        "not in place",
        "wrong",
        "undefined",
        "unset",
        "worker died",
        by=(_PARSING,),
    ),
    "wild access": Kind(Family.MEMORY, frozenset({_C, _PARSING})),
    "forbidden call": Kind(Family.DEATH, frozenset({_NATIVE, _PARSING})),
}


def of(*families: Family, by: Finder | None = None) -> frozenset[str]:
    """Return the words of all kinds of these families, or of those that `by` finds."""
    return frozenset(
        word
        for word, kind in KINDS.items()
        if kind.family in families and (by is None or by in kind.finders)
    )


def of_ended(how: str) -> str:
    """Return the kind of a slice's process that ended so (``heald.targets.isolated``)."""
    return {"killed": HANG, "signal": CRASH}.get(how, how)
