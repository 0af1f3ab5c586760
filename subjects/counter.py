"""Counters: the smallest thing that two threads can get wrong.

The C is in ``csrc/subjects/counter/``. Every scenario ends with a read, so that a lost
update is a wrong result and not only a wrong state.
"""

from __future__ import annotations

from heald import Call, Scenario, Subject, op
from subjects.expectations import FORBIDDEN, NEVER, WRONG, Variant, always

_FOLDER = "../csrc/subjects/counter"


class CounterModel:
    """A number."""

    def __init__(self) -> None:
        self.value = 0

    def increment(self) -> None:
        """Add one."""
        self.value += 1

    def read(self) -> int:
        """Return the number."""
        return self.value


def _counter(variant: str, file: str, flawed: bool = False, **defines: str) -> Subject:
    return Subject(
        f"{_FOLDER}/{file}.c",
        name="counter",
        variant=variant,
        expected="flawed" if flawed else "sound",
        catch_within_s=1.0,
        state="struct counter",
        init="void counter_init(struct counter *)",
        fini="void counter_destroy(struct counter *)",
        is_valid="bool counter_is_valid(struct counter *)",
        ops={
            "increment": op("void counter_increment(struct counter *)"),
            "read": op("long counter_read(struct counter *)"),
        },
        model=CounterModel,
        after=["read"],
        interesting=[TWICE, TWO_EACH, THREE_THREADS],
        defines=defines,
    )


_INCREMENT = Call("increment")
_READ = (Call("read"),)

TWICE = Scenario(threads=((_INCREMENT,), (_INCREMENT,)), after=_READ)
TWO_EACH = Scenario(threads=((_INCREMENT,) * 2,) * 2, after=_READ)
THREE_THREADS = Scenario(threads=((_INCREMENT,),) * 3, after=_READ)

_LOST = "both threads load the same value, and one of the increments is lost"

VARIANTS = (
    Variant(
        _counter("plain", "counter_plain", flawed=True),
        exploring=always("data race"),
        races_allowed=always(WRONG),
        native=FORBIDDEN,
        why=_LOST,
    ),
    Variant(
        _counter("volatile", "counter_plain", flawed=True, COUNTER_QUALIFIER="volatile"),
        exploring=always("data race"),
        races_allowed=always(WRONG),
        native=FORBIDDEN,
        why=f"volatile is not atomic: {_LOST}",
    ),
    Variant(
        _counter("load-store", "counter_load_store", flawed=True),
        exploring=always(WRONG),
        native=FORBIDDEN,
        why=f"each access is atomic, the increment is not: {_LOST}",
    ),
    Variant(
        _counter("fetch-add-relaxed", "counter_fetch_add"),
        exploring=NEVER,
        native=frozenset(),
        why="a read-modify-write reads the latest value whatever its order",
    ),
    Variant(
        _counter(
            "fetch-add-seq-cst",
            "counter_fetch_add",
            COUNTER_ADD="memory_order_seq_cst",
            COUNTER_READ="memory_order_seq_cst",
        ),
        exploring=NEVER,
        native=frozenset(),
        why="as relaxed; the order is for other memory, of which there is none",
    ),
    Variant(
        _counter("cas-bare", "counter_cas"),
        exploring=NEVER,
        native=frozenset(),
        why="a failed exchange changes nothing and is tried again",
    ),
    Variant(
        _counter("cas-yield", "counter_cas", COUNTER_WAIT="COUNTER_WAIT_YIELD"),
        exploring=NEVER,
        native=frozenset(),
        why="as the bare one; yielding changes no value",
    ),
    Variant(
        _counter(
            "cas-backoff",
            "counter_cas",
            COUNTER_WAIT="COUNTER_WAIT_BACKOFF",
            COUNTER_BACKOFF_LIMIT="64u",
        ),
        exploring=NEVER,
        native=frozenset(),
        why="as the bare one; waiting changes no value",
    ),
    Variant(
        _counter("mutex", "counter_mutex"),
        exploring=NEVER,
        native=frozenset(),
        why="one thread at a time",
    ),
)

TARGETS = [variant.subject for variant in VARIANTS]
