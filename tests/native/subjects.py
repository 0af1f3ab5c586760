"""The subjects that these tests run; each is a few lines of C beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from hypothesis import strategies as st

import heald
from heald import Call, Scenario

_C = Path(__file__).parent / "c"

INCREMENT, READ = Call("increment"), Call("read")
TWO_INCREMENTS = Scenario(threads=((INCREMENT,), (INCREMENT,)), after=(READ,))


@cache
def counter(*, plain: bool = False, limit: int | None = None) -> heald.Subject:
    defines: dict[str, str | int | None] = {"COUNTER_PLAIN": None} if plain else {}
    if limit is not None:
        defines["COUNTER_LIMIT"] = limit
    return heald.Subject(
        _C / "counter.c",
        state="struct counter",
        is_valid="int counter_is_valid(struct counter *)",
        ops={
            "increment": heald.op("void counter_increment(struct counter *)"),
            "add": heald.op(
                "long counter_add(struct counter *, long amount)",
                amount=st.integers(0, 9),
            ),
            "read": heald.op("long counter_read(struct counter *)"),
        },
        defines=defines,
    )


@cache
def misbehaving() -> heald.Subject:
    names = (
        "behave",
        "call_abort",
        "fail_assertion",
        "call_exit",
        "call_exit_at_once",
        "spin",
        "deadlock",
        "write_through_null",
        "call_null",
        "allocate",
        "allocate_and_ignore",
        "overflow_stack",
        "call_fork",
        "kill_parent",
        "print_garbage",
        "raise_kill",
        "sleep_a_little",
    )
    return heald.Subject(
        _C / "misbehaving.c",
        state="struct state",
        ops={name: heald.op(f"void {name}(struct state *)") for name in names},
    )


def two_threads(operation: str) -> Scenario:
    """One thread that behaves, one that makes the call."""
    return Scenario(threads=((Call("behave"),), (Call(operation),)))


@cache
def loading(what: str) -> heald.Subject:
    """A subject whose constructor does something."""
    return heald.Subject(
        _C / "loading.c",
        ops={"nothing": heald.op("void nothing(void)")},
        defines={"LOADING": what},
    )
