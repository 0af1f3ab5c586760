"""Small programs that are wrong, each in its own way: its name, and what mends it if orders do.

A name is given only where the execution shows it. A patch is compiled and explored by ``mend``
itself; here it must be the one that a reader would write.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.orders.mend import mend
from heald.showing.diagnosis import diagnose
from heald.verdicts import Verdict
from tests.orders.test_mend import program


@dataclass(frozen=True)
class Wrong:
    """A program, what its flaw is called, and the orders of its patch; none: no order mends it."""

    text: str
    name: str
    orders: tuple[str, ...] = ()


LOCK = (
    "static atomic_flag lock;\nstatic void take(void)\n{\n"
    "    while (atomic_flag_test_and_set_explicit(&lock, memory_order_%s))\n        ;\n}\n"
    "static void give(void)\n{\n    atomic_flag_clear_explicit(&lock, memory_order_%s);\n}"
)
COUNTED = (
    "static struct object { atomic_int users; int cells[2]; } *shared;\n"
    "static void put(void)\n{\n"
    "    if (atomic_fetch_sub_explicit(&shared->users, 1, %s) == 1)\n        free(shared);\n}\n"
    "__attribute__((constructor)) static void made(void)\n{\n"
    "    shared = malloc(sizeof *shared);\n    atomic_init(&shared->users, 2);\n}"
)
POINTED = (
    "static _Atomic(int *) shared;\n__attribute__((constructor)) static void made(void)\n{\n"
    "    int *first = malloc(sizeof *first);\n    *first = 5;\n    atomic_init(&shared, first);\n}"
)
LOCKS = (
    "static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, n = PTHREAD_MUTEX_INITIALIZER;"
)
WAIT = (
    "static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;\n"
    "static pthread_cond_t c = PTHREAD_COND_INITIALIZER;"
)
ABA = """static atomic_int below[3], taken[3];
static int pop(void)
{
    int top = atomic_load(&x);
    while (top && !atomic_compare_exchange_strong(&x, &top, atomic_load(&below[top])))
        ;
    assert(!top || atomic_fetch_add(&taken[top], 1) == 0);
    return top;
}
static void push(int index)
{
    atomic_store(&taken[index], 0);
    int top = atomic_load(&x);
    do
        atomic_store(&below[index], top);
    while (!atomic_compare_exchange_strong(&x, &top, index));
}
__attribute__((constructor)) static void made(void)
{
    atomic_init(&below[1], 2);
    atomic_init(&x, 1);
}"""
SAW = (
    "    if (atomic_load_explicit(&flag, RELAXED)) {\n        atomic_thread_fence(%s);\n"
)
PROGRAMS = {
    "a fence behind what it should be before": Wrong(
        program(
            "    atomic_store_explicit(&x, 1, RELAXED);\n"
            "    atomic_store_explicit(&flag, 1, RELAXED);\n"
            "    atomic_thread_fence(memory_order_release);",
            SAW % "memory_order_acquire"
            + "        assert(atomic_load_explicit(&x, RELAXED));\n    }",
        ),
        "stale publication",
        ("release",),
    ),
    "a reader without its fence": Wrong(
        program(
            "    atomic_store_explicit(&x, 1, RELAXED);\n"
            "    atomic_thread_fence(memory_order_release);\n"
            "    atomic_store_explicit(&flag, 1, RELAXED);",
            "    if (atomic_load_explicit(&flag, RELAXED))\n"
            "        assert(atomic_load_explicit(&x, RELAXED));",
        ),
        "stale publication",
        ("acquire",),
    ),
    "a store that comes late": Wrong(
        program(
            "    atomic_store_explicit(&x, 1, RELAXED);\n"
            "    atomic_store_explicit(&flag, 1, RELAXED);",
            "    while (!atomic_load_explicit(&flag, RELAXED))\n        ;\n"
            "    assert(atomic_load_explicit(&x, RELAXED));",
        ),
        "stale publication",
        ("acquire", "release"),
    ),
    "one side of a handshake that is weaker": Wrong(
        program(
            "    x = 1;\n    data = 2 + atomic_load_explicit(&y, RELAXED);",
            "    y = 1;\n    atomic_store(&flag, 2 + x);",
            "assert(data + flag > 4);",
        ),
        "store buffering",
        ("seq_cst",),
    ),
    "a lock that is given back relaxed": Wrong(
        program(
            "    take();\n    data++;\n    give();",
            "    take();\n    data++;\n    give();",
            before=LOCK % ("acquire", "relaxed"),
        ),
        "data race",
        ("release",),
    ),
    "a lock that is taken relaxed": Wrong(
        program(
            "    take();\n    data++;\n    give();",
            "    take();\n    data++;\n    give();",
            before=LOCK % ("relaxed", "release"),
        ),
        "data race",
        ("acquire",),
    ),
    "a count that only acquires": Wrong(
        program(
            "    shared->cells[0] = 1;\n    put();",
            "    shared->cells[1] = 1;\n    put();",
            before=COUNTED % "memory_order_acquire",
        ),
        "use after free",
        ("acq_rel",),
    ),
    "a count that is asked again": Wrong(
        program(
            "    atomic_fetch_sub(&x, 1);\n    if (atomic_load(&x) == -2)\n        free(shared);",
            "    atomic_fetch_sub(&x, 1);\n    if (atomic_load(&x) == -2)\n        free(shared);",
            before=POINTED,
        ),
        "double free",
    ),
    "nothing keeps a block": Wrong(
        program(
            "    int *seen = atomic_load(&shared);\n    assert(!seen || *seen == 5);",
            "    free(atomic_exchange(&shared, NULL));",
            before=POINTED,
        ),
        "use after free",
    ),
    "a top that comes back": Wrong(
        program(
            "    pop();",
            "    int first = pop();\n    pop();\n    if (first)\n        push(first);\n"
            "    pop();\n    pop();",
            before=ABA,
        ),
        "ABA",
    ),
    "an update in two steps": Wrong(
        program(
            "    x = x + 1;",
            "    atomic_store(&x, atomic_load(&x) + 1);",
            "assert(x == 2);",
        ),
        "lost update",
    ),
    "published, then filled": Wrong(
        program(
            "    atomic_store(&flag, 1);\n    data = 1;",
            "    if (atomic_load(&flag))\n        assert(data == 1);",
        ),
        "publication before initialisation",
    ),
    "locks in two orders": Wrong(
        program(
            "    pthread_mutex_lock(&m);\n    pthread_mutex_lock(&n);\n"
            "    pthread_mutex_unlock(&n);\n    pthread_mutex_unlock(&m);",
            "    pthread_mutex_lock(&n);\n    pthread_mutex_lock(&m);\n"
            "    pthread_mutex_unlock(&m);\n    pthread_mutex_unlock(&n);",
            before=LOCKS,
        ),
        "deadlock",
    ),
    "a signal outside the lock": Wrong(
        program(
            "    pthread_mutex_lock(&m);\n    while (!x)\n        pthread_cond_wait(&c, &m);\n"
            "    pthread_mutex_unlock(&m);",
            "    x = 1;\n    pthread_cond_signal(&c);",
            before=WAIT,
        ),
        "lost wake-up",
    ),
    "a signal that nobody remembers": Wrong(
        program(
            "    pthread_mutex_lock(&m);\n    pthread_cond_wait(&c, &m);\n"
            "    pthread_mutex_unlock(&m);",
            "    pthread_mutex_lock(&m);\n    pthread_cond_signal(&c);\n"
            "    pthread_mutex_unlock(&m);",
            before=WAIT,
        ),
        "lost wake-up",
    ),
    "a check that holds no longer": Wrong(
        program(
            "    if (!x) {\n        x++;\n        y++;\n    }",
            "    if (!x) {\n        x++;\n        y++;\n    }",
            "assert(y == 1);",
        ),
        "assertion",
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_flaw_has_its_name_and_what_mends_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = PROGRAMS[name]
    Path("p.c").write_text(wrong.text)
    [failure] = check(["p.c"], budget_s=60).failures
    assert diagnose(failure).name == wrong.name
    mending = mend(["p.c"], budget_s=60)
    assert mending.verdict is (Verdict.PASSED if wrong.orders else Verdict.FAILED)
    assert sorted(change.new for change in mending.changes) == sorted(wrong.orders)
    assert all(change.without for change in mending.changes)
