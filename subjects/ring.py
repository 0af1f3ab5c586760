"""A device's descriptor ring: one producer, one consumer.

The C is in ``csrc/subjects/ring/``, here with two slots, so that full and wrapped are
common. Post and take may refuse at any time: each side sees the other's index perhaps
late, even on x86. What must never be is a descriptor lost, doubled, torn or out of order.
"""

from __future__ import annotations

from itertools import count

from hypothesis import strategies as st

from heald import Call, Scenario, Subject, op
from subjects.expectations import (
    HIDDEN_BY_X86,
    NEVER,
    WRONG,
    Cells,
    Variant,
    only_rc11,
)

_FOLDER = "../csrc/subjects/ring"

CAPACITY = 2


class RingModel:
    """A queue of (address, length) with room for ``CAPACITY``."""

    def __init__(self) -> None:
        self.slots: list[tuple[int, int]] = []

    def post(self, address: int, length: int) -> bool:
        """Add a descriptor if there is room."""
        if len(self.slots) == CAPACITY:
            return False
        self.slots.append((address, length))
        return True

    def take(self) -> tuple[int, int] | None:
        """Remove the oldest descriptor, if there is one."""
        return self.slots.pop(0) if self.slots else None


def scenario(before: str, producer: int, consumer: int) -> Scenario:
    """Make a scenario whose descriptors all differ, and which ends with an empty ring.

    Parameters
    ----------
    before
        A word of ``p`` (post) and ``t`` (take): where in the ring the threads begin.
    producer, consumer
        How many calls each makes.
    """
    numbers = count(1)

    def post() -> Call:
        number = next(numbers)
        return Call("post", (0x1000 * number, number))

    first = tuple(post() if letter == "p" else Call("take") for letter in before)
    posts = tuple(post() for _ in range(producer))
    takes = (Call("take"),) * consumer
    return Scenario(
        before=first, threads=(posts, takes), after=(Call("take"),) * (CAPACITY + 1)
    )


SCENARIOS = st.builds(
    scenario, st.text("pt", max_size=3), st.integers(1, 4), st.integers(1, 4)
)


def _ring(variant: str, file: str, *, flawed: bool = False, **defines: str) -> Subject:
    return Subject(
        f"{_FOLDER}/{file}.c",
        name="ring",
        variant=variant,
        expected="flawed" if flawed else "sound",
        shown_here=HIDDEN_BY_X86 if flawed else "yes",
        state="struct ring",
        init="void ring_init(struct ring *)",
        is_valid="bool ring_is_valid(struct ring *)",
        ops={
            "post": op(
                "bool ring_post(struct ring *, uint64_t address, uint32_t length)",
                role="producer",
                may_return=[False],
                address=st.integers(1, 9).map(lambda page: 0x1000 * page),
                length=st.integers(1, 9),
            ),
            "take": op(
                "bool ring_take(struct ring *, uint64_t *address, uint32_t *length)",
                role="consumer",
                may_return=[None],
                result=lambda ok, address, length: (address, length) if ok else None,
            ),
        },
        model=RingModel,
        scenarios=SCENARIOS,
        interesting=[scenario("", 1, 1), scenario("", 3, 3), scenario("pp", 2, 3)],
        defines={"RING_CAPACITY": f"{CAPACITY}u", **defines},
    )


def _sound(variant: str, file: str, why: str) -> Variant:
    subject = _ring(variant, file)
    return Variant(subject, exploring=NEVER, native=frozenset(), why=why)


_READ_STALE = only_rc11(WRONG)


def _weakened(
    variant: str, file: str, order: str, why: str, shown: Cells = _READ_STALE
) -> Variant:
    defines = {order: "memory_order_relaxed"}
    return Variant(
        _ring(variant, file, flawed=True, **defines),
        exploring=only_rc11("data race"),
        races_allowed=shown,
        native=frozenset(),
        why=f"{why}; x86 keeps stores and loads in order, and gcc moves nothing here",
    )


_STALE = "the device may read a slot before it was written"
#: A race, but no wrong value under rc11: the slot would have to be read from a store that
#: comes only because of that read, a cycle in program order and reads-from, which the paper
#: forbids (and hardware that reorders loads with later stores may do).
_OVERWRITTEN = "a slot may be overwritten before it was read"

VARIANTS = (
    _sound("release-acquire", "ring_index", "the indices order the slots"),
    _sound("barriers", "ring_fence", "the barriers order the slots"),
    _weakened("relaxed-publish", "ring_index", "RING_PUBLISH", _STALE),
    _weakened("relaxed-observe", "ring_index", "RING_OBSERVE", _STALE),
    _weakened("relaxed-recycle", "ring_index", "RING_RECYCLE", _OVERWRITTEN, NEVER),
    _weakened("relaxed-reuse", "ring_index", "RING_REUSE", _OVERWRITTEN, NEVER),
    _weakened("no-write-barrier", "ring_fence", "RING_WMB", _STALE),
    _weakened("no-read-barrier", "ring_fence", "RING_RMB", _STALE),
)

TARGETS = [variant.subject for variant in VARIANTS]
