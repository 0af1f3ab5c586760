"""Accesses of different size to the same bytes, through real C."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.explorer.program import check

ORDERED = """
#include <assert.h>
#include <pthread.h>
#include <string.h>
static struct { int a, b; } pair;
static void *add(void *p) { pair.a++; return p; }
int main(void) {
    pthread_t threads[2];
    unsigned long both;
    memset(&pair, 0, sizeof pair);
    pair.b = 7;
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, add, NULL);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    memcpy(&both, &pair, sizeof both);
    assert(both >> 32 == 7 && (both & 0xffffffff) >= LEAST);
    return 0;
}
"""

UNORDERED = """
#include <pthread.h>
#include <stdatomic.h>
static union { _Atomic unsigned long whole; atomic_uint half; } word;
static void *set(void *p) { atomic_store(&word.half, 1); return p; }
int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, set, NULL);
    atomic_store(&word.whole, 2);
    return pthread_join(thread, NULL);
}
"""


def explored(
    tmp_path: Path, text: str, races: str, *cflags: str
) -> tuple[str, list[str]]:
    source = tmp_path / "program.c"
    source.write_text(text)
    result = check([source], races=races, cflags=cflags)
    return result.verdict.value, [failure["kind"] for failure in result.failures]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("least", "verdict"), [(1, "passed"), (2, "failed")], ids=["one", "lost update"]
)
def test_ordered_accesses_of_another_size_see_each_other(
    tmp_path: Path, least: int, verdict: str
) -> None:
    assert explored(tmp_path, ORDERED, "allow", f"-DLEAST={least}")[0] == verdict


@pytest.mark.slow
def test_unordered_atomic_accesses_of_another_size_are_refused(tmp_path: Path) -> None:
    assert explored(tmp_path, UNORDERED, "fail")[1] == ["unsupported"]
