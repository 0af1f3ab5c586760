"""What a program's author calls things, beside the explorer's own names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from heald.explorer.program import check

PROGRAM = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
enum mode { OFF, ON = 4, GONE = -1 };
struct node { struct node *next; short value[2]; };
struct box {
    _Atomic(struct node *) top;
    _Atomic unsigned char level;
    _Atomic signed char sign;
    _Atomic int mode_number;
    _Atomic(enum mode) mode;
    _Atomic bool flag;
    struct { _Atomic int inner[2][3]; } part;
    _Atomic(void (*)(void)) act;
    pthread_mutex_t lock;
};
static struct box box;
static struct node nodes[3];
_Thread_local int mine;
static void nothing(void) {}
static struct node *made(void) {
    struct node *node = malloc(sizeof *node);
    return node;
}
static int counted(void) { static _Atomic int count = -4; return ++count; }
static struct { pthread_mutex_t lock; int balance; } account;
static void *worker(void *number) {
    *(volatile int *)number = 7;
    return NULL;
}
int main(void) {
    int local = 0;
    pthread_t thread;
    struct node *node = made();
    node->value[1] = -3;
    atomic_store(&box.top, node);
    atomic_store(&box.top, &nodes[1]);
    atomic_store(&box.top, NULL);
    box.level = 252;
    box.sign = -4;
    box.mode = GONE;
    box.mode = ON;
    box.flag = true;
    box.part.inner[1][2] = 5;
    box.act = nothing;
    mine = 3;
    counted();
    pthread_mutex_lock(&box.lock);
    pthread_mutex_unlock(&box.lock);
    pthread_mutex_lock(&account.lock);
    pthread_mutex_unlock(&account.lock);
    pthread_create(&thread, NULL, worker, &local);
    pthread_join(thread, NULL);
    free(node);
    assert(local == mine);
    return 0;
}
"""


@pytest.fixture(scope="module", params=["gcc", "clang"])
def failure(request: pytest.FixtureRequest, tmp_path_factory: Any) -> dict[str, Any]:
    patch = pytest.MonkeyPatch()
    patch.setenv("CC", request.param)
    source = tmp_path_factory.mktemp("naming") / "named.c"
    source.write_text(PROGRAM)
    result = check([source])
    patch.undo()
    [found] = result.failures
    return found


def values(failure: dict[str, Any], name: str) -> list[str]:
    steps = failure["trace"]["steps"]
    return [
        step["new_name"] for step in steps if step.get("name") == name and "new" in step
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("box.top", ["node#1", "&nodes[1]", "NULL"]),
        ("box.level", ["252"]),
        ("box.sign", ["-4"]),
        ("box.mode", ["GONE", "ON"]),
        ("box.flag", ["true"]),
        ("box.part.inner[1][2]", ["5"]),
        ("box.act", ["nothing"]),
        ("node#1.value[1]", ["-3"]),
        ("main's mine", ["3"]),
        ("count", ["-3"]),
    ],
)
def test_values_are_told_as_their_declared_type_has_them(
    failure: dict[str, Any], name: str, expected: list[str]
) -> None:
    assert values(failure, name) == expected


def test_a_local_that_another_thread_writes_is_named(tmp_path: Path) -> None:
    source = tmp_path / "local.c"
    source.write_text(PROGRAM)
    [found] = check([source]).failures
    written = [
        s["thread"] for s in found["trace"]["steps"] if s.get("name") == "main's local"
    ]
    assert written == [0, 1, 0]


def test_a_block_says_what_it_is_and_who_allocated_it(failure: dict[str, Any]) -> None:
    [block] = failure["trace"]["blocks"].values()
    assert block["name"] == "node#1"
    assert block["told"] == "struct node #1 (allocated by made at named.c:25)"


def test_a_lock_is_named_by_its_member(failure: dict[str, Any]) -> None:
    locks = [s["name"] for s in failure["trace"]["steps"] if s["op"] == "lock"]
    assert locks == ["box.lock", "account.lock"]


def test_the_explorers_own_names_stay(failure: dict[str, Any]) -> None:
    stored = next(s for s in failure["trace"]["steps"] if s.get("name") == "box.top")
    assert stored["at"] == "box+0"
    assert stored["new"].startswith("heap#1")


def test_a_race_is_told_by_name_of_the_variable(tmp_path: Path) -> None:
    source = tmp_path / "race.c"
    source.write_text("""
#include <pthread.h>
struct pair { int left, right; } pair;
static void *add(void *unused) { pair.right++; return unused; }
int main(void) {
    pthread_t a, b;
    pthread_create(&a, 0, add, 0); pthread_create(&b, 0, add, 0);
    pthread_join(a, 0); pthread_join(b, 0);
}
""")
    [found] = check([source]).failures
    assert [place["name"] for place in found["where"]] == ["pair.right"] * 2


def test_a_program_without_debugging_information_keeps_its_names(tmp_path: Path) -> None:
    source = tmp_path / "bare.c"
    source.write_text(PROGRAM)
    [found] = check([source], cflags=["-g0"]).failures
    steps = found["trace"]["steps"]
    assert "box" in {step.get("name") for step in steps}
