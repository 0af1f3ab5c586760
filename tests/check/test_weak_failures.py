"""A weak compare-exchange fails for no reason, but not for ever: who tries again gets on."""

from __future__ import annotations

from typing import Any

import pytest

from heald.explorer.program import check
from heald.explorer.result import CheckResult
from heald.verdicts import Verdict
from tests.texts import written

from .programs import HEAD

END = " int main(void) { go(f,0); go(f,0); done(); assert(n == SUM); }"

#: What each thread does, and what comes out.
SOUND = {
    "tries-again": ("int e = 0; while (!WEAK(&n, &e, e + 1));", 2),
    "gives-up-where-it-is-taken": ("int e = 0; while (!WEAK(&n, &e, 1) && !e);", 1),
    "looks-at-two": (
        "int e; do { e = n; if (stop) break; } while (!WEAK(&n, &e, e + 1));",
        2,
    ),
    "under-a-lock": (
        "for (int ok = 0; !ok;) { pthread_mutex_lock(&m); int e = 0;"
        " ok = WEAK(&n, &e, 1) || e; pthread_mutex_unlock(&m); }",
        1,
    ),
}

FLAWED = {
    "tries-once": ("int e = 0; assert(WEAK(&n, &e, 1) || e);", 1, "assertion"),
    "expects-what-never-comes": (
        "int e = 5; while (!WEAK(&n, &e, 1)) e = 5;",
        0,
        "livelock",
    ),
    "loses-one": ("int e = n; while (!WEAK(&n, &e, 1));", 2, "assertion"),
}


def run(body: str, total: int, **options: Any) -> CheckResult:
    text = "atomic_int n, stop; pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;"
    text += f"THREAD(f) {{ UNUSED; {body} return 0; }}{END}"
    text = text.replace("WEAK", "atomic_compare_exchange_weak")
    source = written(HEAD + text.replace("SUM", str(total)))
    return check([source], weak_failures=True, **options)


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
@pytest.mark.parametrize("name", SOUND)
def test_who_tries_again_gets_on(name: str, model: str) -> None:
    result = run(*SOUND[name], model=model)
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)
    assert result.executions


@pytest.mark.parametrize("search", ["random", "pct"])
@pytest.mark.parametrize("name", SOUND)
def test_samples_get_on_too(name: str, search: str) -> None:
    assert run(*SOUND[name], search=search, max_executions=100).failures == []


@pytest.mark.parametrize("name", FLAWED)
def test_what_is_wrong_all_the_same_is_found(name: str) -> None:
    body, total, kind = FLAWED[name]
    result = run(body, total)
    assert [failure["kind"] for failure in result.failures] == [kind]
