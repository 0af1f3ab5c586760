"""Accesses of different size to the same bytes, through real C.

That all executions are found, and none twice, is held by ``tests/oracle/sizes``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.replaying.replay import replay
from heald.verdicts import Verdict
from tests.texts import written

PROGRAMS = Path(__file__).with_name("mixed_sizes")
MODELS = ("rc11", "tso", "sc")
RACE, WRONG, DEADLOCK = "data race", "assertion", "deadlock"
# Program, flags, what fails under rc11, under tso and under sc (empty: it passes).
CASES = [
    ("ticket_lock", (), ("", "", "")),
    ("ticket_lock", ("-DORDER=__ATOMIC_RELAXED",), (RACE, "", "")),
    ("sequence_header", (), ("", "", "")),
    ("sequence_header", ("-DPUBLISH=__ATOMIC_RELAXED",), (WRONG, "", "")),
    ("sixteen_bytes", (), ("", "", "")),
    ("sixteen_bytes", ("-DWIDE=0",), (WRONG, WRONG, WRONG)),
    ("bit_lock", (), ("", "", "")),
    ("bit_lock", ("-DUNLOCK=__ATOMIC_RELAXED",), (RACE, "", "")),
    ("futex_half", (), ("", "", "")),
    ("futex_half", ("-DWAKE=0",), (DEADLOCK, DEADLOCK, DEADLOCK)),
    ("packed_node", ("-DORDER=__ATOMIC_RELEASE",), ("", "", "")),
    ("packed_node", ("-DORDER=__ATOMIC_RELAXED",), (RACE, "", "")),
    ("only_in_a_branch", ("-DBAD=9",), ("", "", "")),
    ("only_in_a_branch", ("-DBAD=1",), (WRONG, WRONG, WRONG)),
    ("only_in_a_branch", ("-DBAD=(1ull<<32)",), (WRONG, WRONG, WRONG)),
    ("local_word", ("-DEXPECTED=1",), ("", "", "")),
    ("local_word", ("-DEXPECTED=2",), (WRONG, WRONG, WRONG)),
]
SOUND = [(name, flags) for name, flags, kinds in CASES if not any(kinds)]

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

SIGNALLED = """
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
static union { uint64_t whole; uint32_t half[2]; } word;
static int signal;
static void *low(void *p) {
    __atomic_store_n(&word.half[0], 1, __ATOMIC_RELAXED);
    __atomic_store_n(&signal, 1, SEND);
    return p;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, low, NULL);
    if (__atomic_load_n(&signal, RECEIVE)) {
        __atomic_store_n(&word.half[1], 1, __ATOMIC_RELAXED);
        assert(__atomic_load_n(&word.whole, __ATOMIC_RELAXED) != 1ull << 32);
    }
    return pthread_join(thread, NULL);
}
"""


def case(name: str) -> Path:
    return PROGRAMS / f"{name}.c"


def kinds(result: CheckResult) -> list[str]:
    return [failure["kind"] for failure in result.failures]


def explored(text: str, *cflags: str, **options: Any) -> CheckResult:
    source = written(text)
    return check([source], cflags=cflags, **options)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "flags", "wanted"), CASES)
def test_a_program_that_looks_at_parts_is_right_where_it_is(
    name: str, flags: tuple[str, ...], wanted: tuple[str, str, str]
) -> None:
    for model, kind in zip(MODELS, wanted, strict=True):
        result = check([case(name)], cflags=flags, model=model)
        assert kinds(result) == ([kind] if kind else []), model
        assert result.exhaustive != bool(kind)


@pytest.mark.slow
@pytest.mark.parametrize("search", ["random", "uniform", "pct", "pos"])
@pytest.mark.parametrize(("name", "flags"), SOUND)
def test_no_sampler_sees_a_failure_where_there_is_none(
    name: str, flags: tuple[str, ...], search: str
) -> None:
    result = check([case(name)], cflags=flags, search=search, seed=5, max_executions=200)
    assert kinds(result) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sixteen_bytes", "only_in_a_branch"])
def test_a_failure_is_replayed_and_its_schedule_names_the_object(
    name: str, tmp_path: Path
) -> None:
    flags = {"sixteen_bytes": "-DWIDE=0", "only_in_a_branch": "-DBAD=1"}[name]
    result = check([case(name)], cflags=(flags,), capsules=tmp_path)
    assert result.failures[0]["schedule"].startswith("v1:@")
    assert replay(Path(result.failures[0]["capsule"])).verdict is Verdict.FAILED


@pytest.mark.slow
def test_the_parts_of_a_shared_search_agree_on_the_sizes() -> None:
    """The wide access is met by one of them only, deep in its part."""
    alone = check([case("only_in_a_branch")], cflags=("-DBAD=9",))
    shared = check([case("only_in_a_branch")], cflags=("-DBAD=9",), jobs=3)
    assert (shared.executions, shared.exhaustive) == (alone.executions, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("least", "verdict"), [(1, "passed"), (2, "failed")], ids=["one", "lost update"]
)
def test_ordered_accesses_of_another_size_see_each_other(
    least: int, verdict: str
) -> None:
    result = explored(ORDERED, f"-DLEAST={least}", races="allow")
    assert result.verdict.value == verdict


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "send", "receive", "wanted"),
    [
        ("rc11", "RELAXED", "RELAXED", ["unsupported"]),
        ("rc11", "RELEASE", "ACQUIRE", []),
        ("tso", "RELAXED", "RELAXED", []),
        ("sc", "RELAXED", "RELAXED", []),
    ],
)
def test_an_order_that_cannot_be_built_is_refused_and_not_left_out(
    model: str, send: str, receive: str, wanted: list[str]
) -> None:
    flags = (f"-DSEND=__ATOMIC_{send}", f"-DRECEIVE=__ATOMIC_{receive}")
    assert kinds(explored(SIGNALLED, *flags, model=model)) == wanted
