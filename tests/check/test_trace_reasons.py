"""A trace gives the reason, in the program's own words: order of stores, places, rounds, values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from heald.explorer.program import check
from heald.showing.trace import render
from tests.texts import written

HEAD = """
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#define relaxed memory_order_relaxed
static void *one(void *p);
static void *two(void *p);
static pthread_t a, b;
static void both(void) {
    pthread_create(&a, 0, one, 0); pthread_create(&b, 0, two, 0);
    pthread_join(a, 0); pthread_join(b, 0);
}
"""


def failure_of(text: str, **options: Any) -> dict[str, Any]:
    path = written(HEAD + text)
    (failure,) = check([path], budget_s=20, **options).failures
    return failure


STORE_ORDER = """
static atomic_int x, f, saw;
static void *one(void *p) {
    atomic_store_explicit(&x, 1, relaxed);
    atomic_store_explicit(&f, 1, relaxed);
    return p;
}
static void *two(void *p) {
    if (atomic_load_explicit(&f, relaxed)) { atomic_store_explicit(&x, 2, relaxed); saw = 1; }
    return p;
}
int main(void) { both(); assert(!saw || x == 2); }
"""


def test_the_order_of_stores_is_told_where_it_is_the_reason() -> None:
    text = render(failure_of(STORE_ORDER), width=200)
    lines = [line.strip() for line in text.splitlines()]
    (store,) = [line for line in lines if "x = 1  (store, relaxed)" in line]
    assert "2 -> 1" not in text
    (order,) = [line for line in lines if "ORDER: of these stores to x" in line]
    number = re.search(r"#(\d+)'s", text)
    assert number
    assert any(line.startswith(f"#{number[1]} ") and "x = 2" in line for line in lines)
    assert lines.index(store) < lines.index(order)


def test_a_store_that_is_told_in_its_order_needs_no_reason() -> None:
    text = (
        STORE_ORDER.replace("!saw || x == 2", "!saw || x == 1")
        .replace("&f, 1, relaxed", "&f, 1, memory_order_release")
        .replace("(&f, relaxed)", "(&f, memory_order_acquire)")
    )
    shown = render(failure_of(text), width=200)
    assert "ORDER" not in shown
    assert "x: 1 -> 2  (store, relaxed)" in shown


@pytest.mark.parametrize(
    ("type_", "value"), [("unsigned char", 252), ("unsigned short", 65000)]
)
def test_small_values_are_shown_as_they_are(type_: str, value: int) -> None:
    failure = failure_of(
        f"static _Atomic {type_} x; static void *one(void *p) {{ x = {value}; return p; }}"
        "static void *two(void *p) { return p; } int main(void) { both(); assert(x == 0); }",
    )
    assert f"x is {value}  (load, seq_cst)" in render(failure, width=200)


#: Programs that fail by way of what has no name in the program.
NAMELESS = {
    "a wake-up": (
        "static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;"
        "static pthread_cond_t c = PTHREAD_COND_INITIALIZER; static int n;"
        "static void *one(void *p) { pthread_mutex_lock(&m);"
        " while (n < 1) pthread_cond_wait(&c, &m);"
        " pthread_mutex_unlock(&m); return p; }"
        "static void *two(void *p) { pthread_mutex_lock(&m); n = 1; pthread_cond_signal(&c);"
        " pthread_mutex_unlock(&m); return p; }"
        "int main(void) { both(); assert(n == 0); }"
    ),
    "a lost wake-up": (
        "static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;"
        "static pthread_cond_t c = PTHREAD_COND_INITIALIZER; static atomic_int n;"
        "static void *one(void *p) { pthread_mutex_lock(&m); if (!n) pthread_cond_wait(&c, &m);"
        " pthread_mutex_unlock(&m); return p; }"
        "static void *two(void *p) { n = 1; pthread_cond_signal(&c); return p; }"
        "int main(void) { both(); pthread_cond_destroy(&c); }"
    ),
    "a signal": (
        "static void *one(void *p) { signal(SIGPIPE, SIG_IGN); return p; }"
        "static void *two(void *p) { raise(SIGPIPE); return p; } int main(void) { both(); }"
    ),
    "a section": (
        "#include <heald/harness.h>\nstatic int n;"
        "static void *one(void *p) { heald_atomic_begin(); n++; heald_atomic_end(); return p; }"
        "static void *two(void *p) { return one(p); } int main(void) { both(); assert(n == 1); }"
    ),
}


@pytest.mark.parametrize("name", NAMELESS)
def test_no_inner_name_is_in_a_trace(name: str) -> None:
    shown = render(failure_of(NAMELESS[name]), width=200)
    assert not re.search(r"image\+|0x|\b\w+\+1\b|\d{6}", shown.split("\n\n", 1)[1]), shown


ROUNDS = """
static atomic_int n, stop;
static void *one(void *p) {
    for (int i = 0; i < 100; i++)
        atomic_fetch_add(&n, 1);
    stop = 1;
    return p;
}
static void *two(void *p) { return p; }
int main(void) { both(); assert(n != 100); }
"""


def test_equal_rounds_are_folded() -> None:
    shown = render(failure_of(ROUNDS), width=200)
    assert "98 rounds like this" in shown
    assert len(shown.splitlines()) < 40
    # What is read from a store is still told from where.
    assert re.search(r"n is 100 .*  from #\d+", shown)


def test_few_rounds_are_told() -> None:
    text = ROUNDS.replace("100", "4")
    assert "like this" not in render(failure_of(text), width=200)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_place_in_an_included_file_is_right(
    compiler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", compiler)
    body = "\n\n\nint look(volatile int *p) {\n    return *p;\n}\n"
    (tmp_path / "body.c").write_text(body)
    main = tmp_path / "main.c"
    main.write_text(
        '#include <pthread.h>\n#include "body.c"\nint main(void) { return look(0); }\n'
    )
    (failure,) = check([main]).failures
    place = failure["where"][0]
    assert (Path(place["file"]).name, place["line"]) == ("body.c", 5)
