"""Reference counts: the last user frees the object.

The C is in ``csrc/subjects/refcount/``. Scenarios are well formed: every thread holds a
reference while it calls and has given up all of its own in the end, as the C asks for.
"""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from heald import Call, Scenario, Subject, op
from subjects.expectations import HIDDEN_BY_X86, NEVER, WRONG, Variant, only_rc11

_FOLDER = "../csrc/subjects/refcount"


class RefcountModel:
    """How many references are held, beginning with the maker's own."""

    def __init__(self) -> None:
        self.references = 1

    def get(self) -> None:
        """Add a reference."""
        self.references += 1

    def use(self) -> int:
        """Return what is in the object."""
        return 42

    def put(self) -> tuple[bool, int]:
        """Give up a reference: whether it was the last, and what was in the object."""
        self.references -= 1
        return self.references == 0, 42


def well_formed(wishes: Sequence[str]) -> tuple[Call, ...]:
    """Make one thread's calls: wishes that leave it a reference, then all its puts."""
    held, calls = 1, []
    for wish in wishes:
        if wish == "put" and held == 1:
            continue
        held += {"get": 1, "use": 0, "put": -1}[wish]
        calls.append(wish)
    return tuple(map(Call, [*calls, *["put"] * held]))


def scenario(*wishes: Sequence[str]) -> Scenario:
    """Give each thread a reference before it starts; the maker's goes to the first."""
    return Scenario(
        before=(Call("get"),) * (len(wishes) - 1), threads=tuple(map(well_formed, wishes))
    )


_WISHES = st.lists(st.sampled_from(["use", "get", "put"]), max_size=3)

SCENARIOS = st.lists(_WISHES, min_size=2, max_size=3).map(lambda all_: scenario(*all_))


def _refcount(variant: str, *, flawed: bool = False, **defines: str) -> Subject:
    return Subject(
        f"{_FOLDER}/refcount.c",
        name="refcount",
        variant=variant,
        expected="flawed" if flawed else "sound",
        shown_here=HIDDEN_BY_X86 if flawed else "yes",
        state="struct refcount",
        init="void refcount_init(struct refcount *)",
        fini="void refcount_destroy(struct refcount *)",
        is_valid="bool refcount_is_valid(struct refcount *)",
        ops={
            "use": op("int refcount_use(struct refcount *)"),
            "get": op("void refcount_get(struct refcount *)"),
            "put": op("bool refcount_put(struct refcount *, int *seen)"),
        },
        model=RefcountModel,
        scenarios=SCENARIOS,
        interesting=[scenario([], []), scenario(["get"], ["use"]), scenario([], [], [])],
        defines=defines,
    )


VARIANTS = (
    Variant(
        _refcount("acq-rel"),
        exploring=NEVER,
        native=frozenset(),
        why="each use comes before its own put, the last put after all of them",
    ),
    Variant(
        _refcount("relaxed-put", flawed=True, REFCOUNT_PUT="memory_order_relaxed"),
        exploring=only_rc11("data race", "use after free"),
        races_allowed=only_rc11(WRONG, "use after free"),
        native=frozenset(),
        why="the free may overtake another thread's last use; on x86 the decrement is a "
        "full barrier whatever its order",
    ),
)

TARGETS = [variant.subject for variant in VARIANTS]
