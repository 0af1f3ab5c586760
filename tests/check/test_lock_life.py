"""What is called a lock is one: there, initialised once, not destroyed, held by its owner."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import NamedTuple

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

HEAD = """
#define _GNU_SOURCE
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
"""


class Kind(NamedTuple):
    """A kind of lock; ``{}`` is its address."""

    type: str
    init: str
    use: str
    destroy: str
    static: str | None = None


KINDS = {
    "mutex": Kind(
        "pthread_mutex_t",
        "pthread_mutex_init({}, 0);",
        "pthread_mutex_lock({0}); pthread_mutex_unlock({0});",
        "pthread_mutex_destroy({});",
        "PTHREAD_MUTEX_INITIALIZER",
    ),
    "mutex, tried": Kind(
        "pthread_mutex_t",
        "pthread_mutex_init({}, 0);",
        "if (!pthread_mutex_trylock({0})) pthread_mutex_unlock({0});",
        "pthread_mutex_destroy({});",
        "PTHREAD_MUTEX_INITIALIZER",
    ),
    "C11 mutex": Kind(
        "mtx_t",
        "mtx_init({}, mtx_plain);",
        "mtx_lock({0}); mtx_unlock({0});",
        "mtx_destroy({});",
    ),
    "spin lock": Kind(
        "pthread_spinlock_t",
        "pthread_spin_init({}, 0);",
        "pthread_spin_lock({0}); pthread_spin_unlock({0});",
        "pthread_spin_destroy({});",
    ),
    "read lock": Kind(
        "pthread_rwlock_t",
        "pthread_rwlock_init({}, 0);",
        "pthread_rwlock_rdlock({0}); pthread_rwlock_unlock({0});",
        "pthread_rwlock_destroy({});",
        "PTHREAD_RWLOCK_INITIALIZER",
    ),
    "write lock": Kind(
        "pthread_rwlock_t",
        "pthread_rwlock_init({}, 0);",
        "pthread_rwlock_wrlock({0}); pthread_rwlock_unlock({0});",
        "pthread_rwlock_destroy({});",
        "PTHREAD_RWLOCK_INITIALIZER",
    ),
    "condition variable": Kind(
        "pthread_cond_t",
        "pthread_cond_init({}, 0);",
        "pthread_cond_signal({0}); pthread_cond_broadcast({0});",
        "pthread_cond_destroy({});",
        "PTHREAD_COND_INITIALIZER",
    ),
    "barrier": Kind(
        "pthread_barrier_t",
        "pthread_barrier_init({}, 0, 1);",
        "pthread_barrier_wait({});",
        "pthread_barrier_destroy({});",
    ),
    "semaphore": Kind(
        "sem_t",
        "sem_init({}, 0, 1);",
        "sem_wait({0}); sem_post({0});",
        "sem_destroy({});",
    ),
}

#: Where a lock lies: what declares it, its address, what must be written before its end.
PLACES = {
    "variable": ("static {type} lock; int main(void) {{", "&lock", ""),
    "stack": ("int main(void) {{ {type} lock;", "&lock", ""),
    "heap": (
        "int main(void) {{ {type} *lock = malloc(sizeof *lock);",
        "lock",
        "free(lock);",
    ),
}

#: Steps of a program, and the kinds of failure that name what is wrong.
FLAWED = {
    "destroyed": ("init destroy use", {"misuse"}, "was destroyed"),
    "destroyed after use": ("init use destroy use", {"misuse"}, "was destroyed"),
    "destroyed twice": ("init destroy destroy", {"misuse"}, "was destroyed"),
    "initialised twice": ("init init", {"misuse"}, "initialised already"),
    "initialised after use": ("init use init", {"misuse"}, "initialised already"),
}
SOUND = {
    "used": "init use use destroy",
    "initialised anew": "init use destroy\ninit use destroy",
    "never used": "init destroy",
}


def text_of(kind: Kind, place: str, steps: str) -> str:
    """Write each step on a line of its own."""
    begin, address, end = PLACES[place]
    lines = [getattr(kind, step).format(address) for step in steps.split()]
    body = "\n".join(lines)
    return f"{HEAD}{begin.format(type=kind.type)}\n{body}\n{end} }}"


def run(text: str) -> CheckResult:
    path = written(text)
    return check([path], budget_s=20)


def each(table: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """Pair kinds with what is done to them; each pair in one place, all places in turn."""
    pairs = [(kind, name) for kind in KINDS for name in table]
    return [(*pair, place) for pair, place in zip(pairs, cycle(PLACES), strict=False)]


@pytest.mark.parametrize(("kind", "name", "place"), each(FLAWED))
def test_what_is_no_lock_any_more_is_named(kind: str, name: str, place: str) -> None:
    if (kind, place) == ("spin lock", "stack") and "initialised" in name:
        pytest.skip("a spin lock has no room for the place where it was initialised")
    steps, kinds, words = FLAWED[name]
    result = run(text_of(KINDS[kind], place, steps))
    assert len(result.failures) == 1
    assert result.failures[0]["kind"] in kinds
    assert words in result.failures[0]["message"]
    last = len(HEAD.splitlines()) + 1 + len(steps.split())
    assert result.failures[0]["where"][0]["line"] == last


@pytest.mark.parametrize(("kind", "name", "place"), each(SOUND))
def test_what_is_one_passes(kind: str, name: str, place: str) -> None:
    result = run(text_of(KINDS[kind], place, SOUND[name]))
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)


@pytest.mark.parametrize("address", ["(void *)0", "(void *)0xdeadbee0"])
@pytest.mark.parametrize("step", ["init", "use", "destroy"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_memory_is_no_lock(kind: str, step: str, address: str) -> None:
    lock = KINDS[kind]
    call = getattr(lock, step).format(f"(({lock.type} *){address})")
    result = run(f"{HEAD}int main(void) {{ {call} }}")
    assert [failure["kind"] for failure in result.failures] == ["wild access"]
    words = "null pointer" if "0xdead" not in address else "0xdeadbee0"
    assert words in result.failures[0]["message"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_lock_in_freed_memory_is_a_use_after_free(kind: str) -> None:
    lock = KINDS[kind]
    begin, address, end = PLACES["heap"]
    text = f"{HEAD}{begin.format(type=lock.type)}{lock.init.format(address)}{end}"
    result = run(text + lock.use.format(address) + "}")
    assert [failure["kind"] for failure in result.failures] == ["use after free"]


@pytest.mark.parametrize("kind", [name for name, lock in KINDS.items() if lock.static])
@pytest.mark.parametrize("place", ["stack", "heap"])
def test_a_static_initialiser_makes_it_anew_where_one_was_destroyed(
    kind: str, place: str
) -> None:
    """The same bytes are the next call's lock."""
    lock = KINDS[kind]
    get = {
        "stack": f"{lock.type} lock = {lock.static}, *p = &lock;",
        "heap": f"{lock.type} *p = malloc(sizeof *p); *p = ({lock.type}){lock.static};",
    }[place]
    put = "free(p);" if place == "heap" else ""
    text = (
        f"{HEAD}static __attribute__((noinline)) void once(void) {{ {get}"
        f" {lock.use.format('p')} {lock.destroy.format('p')} {put} }}"
        "int main(void) { once(); once(); once(); }"
    )
    result = run(text)
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)


@pytest.mark.parametrize("kind", KINDS)
def test_a_function_may_leave_its_own_lock_behind(kind: str) -> None:
    """Without a destroy; the next call's lock is another one at the same address."""
    lock = KINDS[kind]
    call = f"{lock.type} lock; {lock.init.format('&lock')} {lock.use.format('&lock')}"
    text = f"static __attribute__((noinline)) void %s(void) {{ {call} }}\n"
    result = run(
        HEAD + text % "f" + text % "g" + "int main(void) { f(); g(); f(); }",
    )
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)


HELD = {
    "mutex": "pthread_mutex_t l = PTHREAD_MUTEX_INITIALIZER; {} pthread_mutex_lock(&l); {}"
    " pthread_mutex_unlock(&l); {} pthread_mutex_destroy(&l); {}",
    "spin lock": "pthread_spinlock_t l; {} pthread_spin_lock(&l); {}"
    " pthread_spin_unlock(&l); {} pthread_spin_destroy(&l); {}",
    "reader-writer lock": "pthread_rwlock_t l = PTHREAD_RWLOCK_INITIALIZER; {}"
    " pthread_rwlock_rdlock(&l); {} pthread_rwlock_unlock(&l); {}"
    " pthread_rwlock_destroy(&l); {}",
}


@pytest.mark.parametrize("kind", HELD)
@pytest.mark.parametrize("is_joined", [False, True])
def test_a_lock_is_destroyed_when_nobody_holds_it(kind: str, is_joined: bool) -> None:
    join = "pthread_join(t, 0);"
    program = HELD[kind].format(
        "static void *holds(void *p) {",
        "",
        "return p; } int main(void) { pthread_t t; pthread_create(&t, 0, holds, 0);"
        + (join if is_joined else ""),
        ("" if is_joined else join) + "}",
    )
    result = run(HEAD + program)
    if is_joined:
        assert (result.failures, result.verdict) == ([], Verdict.PASSED)
    else:
        assert [failure["kind"] for failure in result.failures] == ["misuse"]
        assert "destroy" in result.failures[0]["message"]


@pytest.mark.parametrize("kind", HELD)
def test_who_does_not_hold_a_lock_cannot_unlock_it(kind: str) -> None:
    program = HELD[kind].format(
        "static void *gives(void *p) { static int n; n++; if (p) {",
        "return p; }",
        "return p; } int main(void) { pthread_t t; int x; pthread_create(&t, 0, gives, &x);"
        "pthread_join(t, 0); gives(0); }"
        "__attribute__((unused)) static void never(void) {",
        "}",
    )
    result = run(HEAD + program)
    assert [failure["kind"] for failure in result.failures] == ["misuse"]
    assert "this thread does not hold" in result.failures[0]["message"]


FREED = """
struct node { pthread_mutex_t lock; int n; };
int main(void) {
    struct node *node = calloc(1, sizeof *node);
    pthread_mutex_lock(&node->lock);
    %s
}
"""


def test_memory_is_freed_when_nobody_holds_a_lock_in_it() -> None:
    result = run(HEAD + FREED % "free(node);")
    assert [failure["kind"] for failure in result.failures] == ["misuse"]
    assert "a lock that this thread holds" in result.failures[0]["message"]
    sound = run(HEAD + FREED % "pthread_mutex_unlock(&node->lock); free(node);")
    assert (sound.failures, sound.verdict) == ([], Verdict.PASSED)


def test_a_semaphore_that_nobody_initialised_is_named() -> None:
    result = run(HEAD + "static sem_t s; int main(void) { sem_wait(&s); }")
    assert "was not initialised" in result.failures[0]["message"]


LAST_USER_DESTROYS = """
struct item { pthread_mutex_t lock; int users; };
static struct item *item;
static void *leaves(void *p) {
    pthread_mutex_lock(&item->lock);
    int left = --item->users;
    pthread_mutex_unlock(&item->lock);
    if (!left) { pthread_mutex_destroy(&item->lock); free(item); }
    return p;
}
int main(void) {
    pthread_t a, b;
    item = malloc(sizeof *item);
    pthread_mutex_init(&item->lock, 0);
    item->users = 2;
    pthread_create(&a, 0, leaves, 0); pthread_create(&b, 0, leaves, 0);
    pthread_join(a, 0); pthread_join(b, 0);
}
"""


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
def test_the_last_user_of_a_lock_may_destroy_and_free_it(model: str) -> None:
    path = written(HEAD + LAST_USER_DESTROYS)
    result = check([path], budget_s=20, model=model)
    assert (result.failures, result.executions) == ([], 2)
