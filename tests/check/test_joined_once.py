"""A thread is joined or detached once: whoever does it again errs, whatever the C library says."""

from __future__ import annotations

import pytest

from heald.explorer.program import check
from heald.verdicts import Verdict
from tests.texts import written

HEAD = """
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <threads.h>
static pthread_t t, u; static pthread_attr_t a; static sem_t s; static thrd_t c;
static void *f(void *x) { sem_post(&s); return x; }
static void *joins(void *x) { pthread_join(t, 0); return x; }
static void *alone(void *x) { pthread_detach(pthread_self()); sem_post(&s); return x; }
static int own(void *x) { return x != 0; }
"""

#: What `main` does, and what is said of it; None for a pass.
CASES: dict[str, tuple[str, str | None]] = {
    "joined": ("pthread_create(&t, 0, f, 0); pthread_join(t, 0);", None),
    "joined twice": (
        "pthread_create(&t, 0, f, 0); pthread_join(t, 0); pthread_join(t, 0);",
        "joins thread 1, which was joined already",
    ),
    "joined by two": (
        "pthread_create(&t, 0, f, 0); pthread_create(&u, 0, joins, 0); pthread_join(t, 0); pthread_join(u, 0);",
        "joins thread 1, which was joined already",
    ),
    "joined by another": (
        "pthread_create(&t, 0, f, 0); pthread_create(&u, 0, joins, 0); pthread_join(u, 0);",
        None,
    ),
    "joined after it was detached": (
        "pthread_create(&t, 0, f, 0); pthread_detach(t); pthread_join(t, 0);",
        "joins thread 1, which was detached already",
    ),
    "detached after it was joined": (
        "pthread_create(&t, 0, f, 0); pthread_join(t, 0); pthread_detach(t);",
        "detaches thread 1, which was joined already",
    ),
    "detached twice": (
        "pthread_create(&t, 0, f, 0); pthread_detach(t); pthread_detach(t);",
        "detaches thread 1, which was detached already",
    ),
    "detached by itself, and joined": (
        "pthread_create(&t, 0, alone, 0); pthread_join(t, 0);",
        "thread 1, which was",
    ),
    "detached by itself": ("pthread_create(&t, 0, alone, 0); sem_wait(&s);", None),
    "made detached": (
        "pthread_attr_init(&a); pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED); pthread_create(&t, &a, f, 0); sem_wait(&s);",
        None,
    ),
    "made detached, and joined": (
        "pthread_attr_init(&a); pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED); pthread_create(&t, &a, f, 0); pthread_join(t, 0);",
        "joins thread 1, which was detached already",
    ),
    "made to be joined": (
        "pthread_attr_init(&a); pthread_attr_setdetachstate(&a, PTHREAD_CREATE_JOINABLE); pthread_create(&t, &a, f, 0); pthread_join(t, 0);",
        None,
    ),
    "C11's own": ("thrd_create(&c, own, 0); thrd_detach(c);", None),
    "C11's own, joined": (
        "thrd_create(&c, own, 0); thrd_detach(c); thrd_join(c, 0);",
        "joins thread 1, which was detached already",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_joined_once(name: str) -> None:
    text, said = CASES[name]
    source = HEAD + f"int main(void) {{ sem_init(&s, 0, 0); {text} return 0; }}"
    for search in ("exhaustive", "random"):
        result = check(
            [written(source)], cflags=["-w"], search=search, max_executions=100
        )
        assert result.verdict is (Verdict.FAILED if said else Verdict.PASSED)
        assert [found["kind"] for found in result.failures] == (
            ["misuse"] if said else []
        )
        assert not said or said in result.failures[0]["message"]
