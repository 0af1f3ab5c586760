"""Robust mutexes: who ends while holding one leaves it to the next, who is told."""

from __future__ import annotations

import pytest

from heald.explorer.program import check
from heald.verdicts import Verdict
from tests.texts import written

HEAD = """
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <time.h>
#ifndef LEFT
#define LEFT PTHREAD_MUTEX_ROBUST
#endif
static pthread_mutex_t m; static int half, full; static struct timespec late;
static void *dies(void *p) { int e = pthread_mutex_lock(&m); if (!e) half++; return p; }
static int mended(int e) {
    if (e != EOWNERDEAD) return e;
    full = half;
    return pthread_mutex_consistent(&m);
}
static void *takes(void *p) {
    if (!mended(pthread_mutex_lock(&m))) { assert(half == full); pthread_mutex_unlock(&m); }
    return p;
}
static pthread_t a, b;
static void go(void *(*f)(void *), void *(*g)(void *)) {
    pthread_mutexattr_t how;
    pthread_mutexattr_init(&how);
    pthread_mutexattr_setrobust(&how, LEFT);
    pthread_mutex_init(&m, &how);
    pthread_create(&a, 0, f, 0);
    pthread_create(&b, 0, g, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
}
__attribute__((unused)) static void *unused[] = {dies, takes, &late};
"""

#: What `main` does, and the kind of failure; None for a pass.
CASES: dict[str, tuple[str, str | None]] = {
    "left and mended": (
        "go(dies, takes); assert(mended(pthread_mutex_lock(&m)) == 0 && half == 1); pthread_mutex_unlock(&m);"
        " pthread_mutex_destroy(&m);",
        None,
    ),
    "left twice": (
        "go(dies, dies); assert(pthread_mutex_lock(&m) == EOWNERDEAD && half == 1);",
        None,
    ),
    "tried, and with a time limit": (
        "go(dies, takes); int e = mended(pthread_mutex_trylock(&m)); assert(!e && half == full); pthread_mutex_unlock(&m);"
        " assert(!pthread_mutex_timedlock(&m, &late)); pthread_mutex_unlock(&m);",
        None,
    ),
    "let go without being mended": (
        "go(dies, dies); assert(pthread_mutex_lock(&m) == EOWNERDEAD); pthread_mutex_unlock(&m);"
        " assert(pthread_mutex_lock(&m) == ENOTRECOVERABLE && pthread_mutex_trylock(&m) == ENOTRECOVERABLE); pthread_mutex_destroy(&m);",
        None,
    ),
    "nothing to mend": (
        "go(takes, takes); pthread_mutex_lock(&m); assert(pthread_mutex_consistent(&m) == EINVAL); pthread_mutex_unlock(&m);",
        None,
    ),
    "a caller that takes the answer for a lock": (
        "go(dies, dies); assert(pthread_mutex_lock(&m) == 0);",
        "assertion",
    ),
}


def run(text: str, *flags: str, search: str = "exhaustive") -> list[str]:
    source = HEAD + f"int main(void) {{ {text} return 0; }}"
    result = check(
        [written(source)], cflags=["-w", *flags], search=search, max_executions=200
    )
    assert result.verdict is (Verdict.FAILED if result.failures else Verdict.PASSED)
    return [found["kind"] for found in result.failures]


@pytest.mark.parametrize("name", CASES)
def test_robust(name: str) -> None:
    text, kind = CASES[name]
    assert run(text) == ([kind] if kind else [])
    assert run(text, search="random") == ([kind] if kind else [])


def test_one_that_is_not_robust_is_never_free_again() -> None:
    text = "go(dies, takes);"
    assert run(text, "-DLEFT=PTHREAD_MUTEX_STALLED") == ["deadlock"]
