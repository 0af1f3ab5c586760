"""Use of the stack or thread-local storage of a thread that has ended is found, in any order."""

from __future__ import annotations

import pytest

from heald.explorer.program import check
from tests.texts import written

from .programs import HEAD

FLAWED = {
    "a store": (
        "_Atomic(atomic_int *) p; THREAD(f) { atomic_int x = 1; p = &x; return arg; }"
        "THREAD(g) { atomic_int *q = p; if (q) *q = 42; return arg; }"
    ),
    "a load": (
        "_Atomic(atomic_int *) p; THREAD(f) { atomic_int x = 1; p = &x; return arg; }"
        "THREAD(g) { atomic_int *q = p; if (q) assert(*q < 9); return arg; }"
    ),
    "thread-local": (
        "_Atomic(atomic_int *) p; _Thread_local atomic_int x; "
        "THREAD(f) { x = 1; p = &x; return arg; }"
        "THREAD(g) { atomic_int *q = p; if (q) *q = 42; return arg; }"
    ),
}
SOUND = {
    "the creator's": (
        "THREAD(h) { ++*(int *)arg; return 0; } THREAD(f) { int x = 0; pthread_t t; "
        "pthread_create(&t, 0, h, &x); pthread_join(t, 0); assert(x == 1); return arg; }"
        "THREAD(g) { return arg; }"
    ),
}
ENDS = ("go(f, 0); go(g, 0);", "go(g, 0); go(f, 0);")


def kinds(text: str, starts: str, model: str) -> list[str]:
    source = written(f"{HEAD}{text} int main(void) {{ {starts} done(); }}")
    return [failure["kind"] for failure in check([source], model=model).failures]


@pytest.mark.parametrize("name", FLAWED)
@pytest.mark.parametrize("starts", ENDS, ids=["owner first", "owner last"])
@pytest.mark.parametrize("model", ["rc11", "tso", "sc"])
def test_it_is_found(name: str, starts: str, model: str) -> None:
    assert kinds(FLAWED[name], starts, model) == ["use after free"]


@pytest.mark.parametrize("starts", ENDS, ids=["owner first", "owner last"])
@pytest.mark.parametrize("model", ["rc11", "tso", "sc"])
def test_use_before_the_end_is_sound(starts: str, model: str) -> None:
    assert kinds(SOUND["the creator's"], starts, model) == []


@pytest.mark.parametrize("starts", ENDS, ids=["owner first", "owner last"])
def test_an_owner_that_waits_for_the_last_use_is_sound(starts: str) -> None:
    text = (
        "_Atomic(atomic_int *) p; THREAD(f) { atomic_int x = 1; p = &x; while (x != 42) ; "
        "return arg; } THREAD(g) { atomic_int *q; while (!(q = p)) ; *q = 42; return arg; }"
    )
    assert kinds(text, starts, "rc11") == []
