"""What a compiler leaves to libatomic is an atomic operation of the program, or is refused."""

from __future__ import annotations

import pytest

from heald import Verdict
from heald.explorer.program import CheckResult, check
from tests.texts import written

PAIRS = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
struct pair { long a, b; };
static _Atomic struct pair pair;
static _Atomic __int128 sum;
static void *worker(void *unused)
{
    struct pair mine = { 1, 2 }, old = atomic_exchange(&pair, mine);
    assert((old.a == 0 && old.b == 0) || (old.a == 3 && old.b == 4));
    atomic_fetch_add(&sum, 1);
    return unused;
}
int main(void)
{
    pthread_t thread;
    struct pair mine = { 3, 4 };
    pthread_create(&thread, 0, worker, 0);
    atomic_store(&pair, mine);
    atomic_fetch_add(&sum, (__int128)1 << 64);
    struct pair seen = atomic_load(&pair);
    assert(seen.b == seen.a + 1);
    pthread_join(thread, 0);
    assert(sum == ((__int128)1 << 64) + 1);
    return 0;
}
"""

RETRIES = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
struct pair { long a, b; };
static _Atomic struct pair pair;
static void *worker(void *unused)
{
    struct pair old = atomic_load(&pair), next;
    do {
        next.a = old.a + 1;
        next.b = old.b + 1;
    } while (!atomic_compare_exchange_strong(&pair, &old, next));
    return unused;
}
int main(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], 0, worker, 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], 0);
    struct pair seen = pair;
    assert(seen.a == 2 && seen.b == 2);
    return 0;
}
"""

PUBLISHED = """
#include <pthread.h>
#include <stdatomic.h>
struct pair { long a, b; };
static _Atomic struct pair pair;
static int data;
static void *worker(void *unused)
{
    struct pair ready = { 1, 1 };
    data = 1;
    atomic_store_explicit(&pair, ready, memory_order_ORDER);
    return unused;
}
int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, worker, 0);
    struct pair seen = atomic_load_explicit(&pair, memory_order_acquire);
    int wrong = seen.a && data != 1;
    pthread_join(thread, 0);
    return wrong;
}
"""

LARGE = """
#include <stdatomic.h>
struct three { long a, b, c; };
static _Atomic struct three three;
int main(void) { struct three seen = atomic_load(&three); return seen.a != 0; }
"""


@pytest.fixture(params=["gcc", "clang"], autouse=True)
def compiler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", request.param)


def explored(text: str, model: str = "rc11") -> CheckResult:
    source = written(text, "wide.c")
    return check([source], model=model)


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
@pytest.mark.parametrize("text", [PAIRS, RETRIES], ids=["pairs", "retries"])
def test_structures_of_sixteen_bytes_are_read_and_written_at_once(
    text: str, model: str
) -> None:
    result = explored(text, model)
    assert result.verdict is Verdict.PASSED, result.failures
    assert result.executions > 1


def test_the_order_of_such_a_call_counts() -> None:
    strong = explored(PUBLISHED.replace("ORDER", "release"))
    weak = explored(PUBLISHED.replace("ORDER", "relaxed"))
    assert strong.verdict is Verdict.PASSED
    assert [f["kind"] for f in weak.failures] == ["data race"]


def test_what_the_library_takes_a_lock_for_is_refused_with_its_size() -> None:
    result = explored(LARGE)
    assert result.verdict is Verdict.USAGE_ERROR
    assert "`__atomic_load` for 24 bytes" in result.failures[0]["message"]
    assert result.failures[0]["where"][0]["line"] == 5
