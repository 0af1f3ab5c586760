"""A leak is a block that nothing leads to any more when the program has ended."""

from __future__ import annotations

from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from tests.texts import written

HEAD = """
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
struct node { struct node *next; char rest[24]; };
struct node *held; uintptr_t tagged; _Thread_local struct node *mine; _Atomic(struct node *) slot;
static struct node *made(struct node *next) {
    struct node *node = malloc(sizeof *node);
    memset(node, 0, sizeof *node);
    node->next = next;
    return node;
}
static void in_a_thread(void *(*f)(void *)) {
    pthread_t thread;
    pthread_create(&thread, NULL, f, NULL);
    pthread_join(thread, NULL);
}
"""

#: What is left at the end, and whether it is lost.
LEFT = {
    "nothing": ("int main(void) { free(made(0)); }", False),
    "in a global": ("int main(void) { held = made(0); }", False),
    "overwritten": ("int main(void) { held = made(0); held = made(0); }", True),
    "in a list": ("int main(void) { held = made(made(made(0))); }", False),
    "in a list that is cut": (
        "int main(void) { held = made(made(made(0))); held->next = 0; }",
        True,
    ),
    "in a ring that nothing points to": (
        "int main(void) { held = made(made(0)); held->next->next = held; held = 0; }",
        True,
    ),
    "by a pointer inside": (
        "char *inside; int main(void) { inside = made(0)->rest + 20; }",
        False,
    ),
    "by a pointer behind the end": (
        "char *behind; int main(void) { behind = made(0)->rest + 24; }",
        True,
    ),
    "by a tagged pointer": (
        "int main(void) { tagged = (uintptr_t)made(0) | 1; }",
        False,
    ),
    "by a pointer in disguise": (
        "int main(void) { tagged = ~(uintptr_t)made(0); }",
        True,
    ),
    "in main's thread-local variable": ("int main(void) { mine = made(0); }", False),
    "in a thread-local variable of a thread that ended": (
        "static void *f(void *p) { mine = made(0); return p; }"
        "int main(void) { in_a_thread(f); }",
        True,
    ),
    "in a global, by a thread that ended": (
        "static void *f(void *p) { held = made(0); return p; }"
        "int main(void) { in_a_thread(f); }",
        False,
    ),
    "in a key of main": (
        "int main(void) { pthread_key_t key; pthread_key_create(&key, 0);"
        " pthread_setspecific(key, made(0)); }",
        False,
    ),
    "on main's stack when it returns": (
        "int main(void) { struct node *volatile own = made(0); (void)own; return 0; }",
        True,
    ),
    "on main's stack at exit": (
        "int main(void) { struct node *volatile own = made(0); exit(own == 0); }",
        False,
    ),
    "only in a block that is freed": (
        "int main(void) { struct node *outer = made(made(0)); free(outer); }",
        True,
    ),
    "in an atomic": ("int main(void) { atomic_store(&slot, made(0)); }", False),
    "taken out of an atomic": (
        "int main(void) { atomic_store(&slot, made(0)); atomic_exchange(&slot, 0); }",
        True,
    ),
}


def run(text: str, **options: Any) -> CheckResult:
    path = written(HEAD + text)
    return check([path], leaks="fail", **options)


@pytest.mark.parametrize("name", LEFT)
def test_what_can_still_be_reached_is_no_leak(name: str) -> None:
    text, is_lost = LEFT[name]
    result = run(text)
    assert [failure["kind"] for failure in result.failures] == ["leak"] * is_lost
    assert result.exhaustive or is_lost


def test_leaks_count_only_when_asked_for() -> None:
    path = written(HEAD + LEFT["overwritten"][0])
    assert check([path]).failures == []


BOTH_INSTALL = """
static void *f(void *p) { if (!atomic_load(&slot)) atomic_store(&slot, made(0)); return p; }
int main(void) {
    pthread_t a, b;
    pthread_create(&a, NULL, f, NULL); pthread_create(&b, NULL, f, NULL);
    pthread_join(a, NULL); pthread_join(b, NULL);
}
"""


@pytest.mark.parametrize("races", ["fail", "allow"])
@pytest.mark.parametrize("search", ["exhaustive", "random"])
def test_it_is_judged_in_each_execution_by_what_memory_holds_there(
    races: str, search: str
) -> None:
    """Both threads see nothing in 2 of 4 executions: then the first block is lost."""
    options = {"max_executions": 400} if search == "random" else {}
    result = run(BOTH_INSTALL, keep_going=True, search=search, races=races, **options)
    assert {failure["kind"] for failure in result.failures} == {"leak"}
    if search == "exhaustive":
        assert (result.executions, result.failed_executions) == (4, 2)
    else:
        assert 0 < result.failed_executions < result.executions
