"""A loop longer than max_events is undecided; one without end is a failure, soon enough."""

from __future__ import annotations

from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

from .programs import HEAD

INCREMENTS = (
    "atomic_long counter; THREAD(f) { UNUSED; for (int i = 0; i < N; i++) counter++; return 0; }"
    "int main(void) { go(f,0); go(f,0); done(); }"
)
LONG = {
    "atomic": (INCREMENTS, 1, "came to its end"),
    "plain": (
        "int data[4]; THREAD(f) { UNUSED; for (int i = 0; i < N; i++) data[i % 4]++; return 0; }"
        "int main(void) { go(f,0); done(); }",
        1,
        "came to its end",
    ),
    "locked": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; int sum; THREAD(f) { UNUSED;"
        "for (int i = 0; i < N; i++) { pthread_mutex_lock(&m); sum++; pthread_mutex_unlock(&m); }"
        "return 0; } int main(void) { go(f,0); done(); }",
        1,
        "came to its end",
    ),
    "allocating": (
        "int main(void) { for (int i = 0; i < N; i++) free(malloc(8)); }",
        0,
        "came to its end",
    ),
    "then-waiting": (
        "atomic_int flag, x; THREAD(f) { UNUSED; for (int i = 0; i < N; i++) x++;"
        "while (!flag) ; return 0; } int main(void) { go(f,0); flag = 1; done(); }",
        1,
        "",
    ),
    "then-failing": (
        "atomic_int x; int main(void) { for (int i = 0; i < N; i++) x++; assert(x < N); }",
        0,
        "failed",
    ),
}
ENDLESS = {
    "update": "atomic_int x; int main(void) { for (;;) x++; }",
    "beside-another": (
        "atomic_int x, y; THREAD(f) { UNUSED; for (;;) x += 3; return 0; }"
        "int main(void) { go(f,0); y = 1; done(); }"
    ),
    "locked": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; unsigned n; int main(void) {"
        "for (;;) { pthread_mutex_lock(&m); n++; pthread_mutex_unlock(&m); } }"
    ),
    "plain": "int n; int main(void) { for (unsigned *p = (unsigned *)&n;;) ++*p; }",
}


def run(text: str, rounds: int = 100_000, **options: Any) -> CheckResult:
    path = written(HEAD + text, "prog.c")
    return check([path], cflags=[f"-DN={rounds}"], budget_s=300, **options)


@pytest.mark.parametrize("search", ["exhaustive", "random"])
@pytest.mark.parametrize("name", LONG)
def test_a_long_loop_is_undecided(name: str, search: str) -> None:
    text, thread, then = LONG[name]
    result = run(text, search=search)
    assert (result.verdict, result.failures) == (Verdict.UNDECIDED, [])
    assert (result.reason, result.exhaustive) == ("long loop", False)
    loop = result.engine["long_loop"]
    assert loop["followed"] == 20_000
    assert loop["further"] >= 80_000
    assert loop["thread"] == thread
    assert then in loop["then"]
    assert f"{written(HEAD + text, 'prog.c')}:" in result.notes[0]


TEMPORARY = (
    "atomic_int ready; THREAD(f) { UNUSED; SET; return 0; } int main(void) { go(f,0); for (;;) {"
    "int *seen = malloc(4); *seen = ready; int v = *seen; free(seen); if (v) break; } done(); }"
)


@pytest.mark.parametrize(
    ("what", "kinds"), [("ready = 1", []), ("(void)0", ["endless loop"])]
)
def test_what_another_thread_may_still_end_is_not_endless(
    what: str, kinds: list[str]
) -> None:
    result = run(TEMPORARY.replace("SET", what), **SOON)
    assert [failure["kind"] for failure in result.failures] == kinds
    assert kinds or result.verdict is Verdict.UNDECIDED


SOON = {"max_events": 2000, "endless_ms": 300}


@pytest.mark.parametrize("options", [SOON, {**SOON, "jobs": 2}], ids=["alone", "jobs"])
@pytest.mark.parametrize("name", ENDLESS)
def test_a_loop_without_end_is_a_failure(name: str, options: dict[str, int]) -> None:
    result = run(ENDLESS[name], **options)
    assert [failure["kind"] for failure in result.failures] == ["endless loop"]


def test_so_it_is_without_options() -> None:
    result = run(ENDLESS["beside-another"])
    assert [failure["kind"] for failure in result.failures] == ["endless loop"]


def test_the_steps_are_counted_exactly() -> None:
    loop = run(INCREMENTS).engine["long_loop"]
    assert loop["followed"] + loop["further"] == 100_000


def test_a_bound_or_more_events_decide_it() -> None:
    text = "atomic_int x; int main(void) { for (int i = 0; i < N; i++) x++; }"
    undecided = run(text, rounds=25_000)
    assert "--max-events 25001" in undecided.notes[1]
    decided = run(text, rounds=25_000, max_events=25_001)
    assert (decided.verdict, decided.executions) == (Verdict.PASSED, 1)


COUNTED = (
    "atomic_int ready; int data; THREAD(f) { UNUSED; data = 1;"
    "atomic_store_explicit(&ready, 1, memory_order_ORDER); return 0; }"
    "int main(void) { go(f,0); for (unsigned n = 0; !ready; n++) if (n > 100) sched_yield();"
    "int seen = data; done(); return seen != 1; }"
)


@pytest.mark.parametrize(
    ("order", "kinds"), [("release", []), ("relaxed", ["data race"])]
)
def test_the_first_rounds_of_a_loop_that_counts_them_show_what_is_wrong(
    order: str, kinds: list[str]
) -> None:
    result = run(COUNTED.replace("ORDER", order), max_events=2000)
    assert [failure["kind"] for failure in result.failures] == kinds
    if not kinds:
        assert (result.verdict, result.reason) == (Verdict.UNDECIDED, "long loop")
        assert "with at most 4 rounds of any loop nothing failed" in result.notes[-1]


COUNTED_LOCK = (
    "atomic_int held; int sum; THREAD(f) { UNUSED; long waits = 0;"
    "while (atomic_exchange_explicit(&held, 1, memory_order_acquire)) waits++;"
    "sum++; atomic_store_explicit(&held, 0, memory_order_ORDER); return (void *)waits; }"
    "int main(void) { go(f,0); go(f,0); done(); }"
)


@pytest.mark.parametrize(
    ("order", "kinds"), [("release", []), ("relaxed", ["data race"])]
)
def test_exchanges_that_change_nothing_are_not_gone_through_again_at_each(
    order: str, kinds: list[str]
) -> None:
    """Each was tried by a run that began anew: the first way down took hours."""
    result = run(COUNTED_LOCK.replace("ORDER", order), max_events=4000)
    assert [failure["kind"] for failure in result.failures] == kinds
    assert result.engine["runs"] < 100
    if not kinds:
        assert (result.verdict, result.reason) == (Verdict.UNDECIDED, "long loop")
        assert "with at most 4 rounds of any loop nothing failed" in result.notes[-1]
