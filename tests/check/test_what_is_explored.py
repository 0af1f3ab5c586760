"""``heald check``, told to look at less than every execution, or at more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .command import as_json, heald, program
from .sound_programs import SOUND


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


ADDERS = """
static atomic_int x;
static void *add(void *unused) {
    (void)unused;
    atomic_fetch_add(&x, 1);
    return NULL;
}
int main(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, add, NULL);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    assert(atomic_load(&x) == 4);
    return 0;
}
"""
OWN_NODES = """
static _Atomic(int *) top;
static void *push(void *unused) {
    int own = 0;
    (void)unused;
    atomic_store(&top, &own);
    return NULL;
}
int main(void) {
    pthread_t one, two;
    pthread_create(&one, NULL, push, NULL);
    pthread_create(&two, NULL, push, NULL);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    return 0;
}
"""
WEAK = """
int main(void) {
    atomic_int x = 0;
    int expected = 0;
    assert(atomic_compare_exchange_weak(&x, &expected, 1));
    return 0;
}
"""


#: Where the value is there first, and where the read that finds it is revisited.
WEAK_OF_ANOTHER = """
static atomic_int x;
static void *takes(void *unused) {
    int expected = 2, taken = atomic_compare_exchange_weak(&x, &expected, 1);
    assert(taken || expected != 2);
    return unused;
}
static void *gives(void *unused) {
    atomic_store(&x, 2);
    return unused;
}
int main(void) {
    pthread_t one, two;
    pthread_create(&one, 0, FIRST, 0);
    pthread_create(&two, 0, SECOND, 0);
    pthread_join(one, 0);
    pthread_join(two, 0);
    return 0;
}
"""


def test_symmetry_counts_identical_threads_once_and_says_so() -> None:
    file = program(ADDERS)
    code, every = as_json(file)
    assert (code, every["executions"], every["symmetry"]) == (0, 24, False)
    code, classes = as_json(file, "--symmetry")
    assert (code, classes["executions"], classes["symmetry"]) == (0, 1, True)
    assert (
        "up to exchanging identical threads" in heald("check", "--symmetry", file).stdout
    )


def test_symmetry_that_found_no_identical_threads_says_so() -> None:
    said = heald("check", "--symmetry", program(SOUND["store-buffering"][0])).stdout
    assert "no identical threads were found" in said


def test_symmetry_refuses_threads_that_pointers_tell_apart() -> None:
    code, found = as_json(program(OWN_NODES), "--symmetry")
    assert (code, found["verdict"]) == (2, "usage error")
    assert "pointers tell them apart" in found["failures"][0]["message"]


def test_symmetry_is_for_exhaustive_search() -> None:
    result = heald("check", "--symmetry", "--search", "pct", program(ADDERS))
    assert result.exit_code == 2
    assert "symmetry is for an exhaustive search" in result.stderr


def test_weak_compare_exchanges_fail_for_no_reason_only_if_asked_for() -> None:
    file = program(WEAK)
    assert as_json(file)[0] == 0
    code, found = as_json(file, "--weak-failures")
    assert (code, found["failures"][0]["kind"]) == (1, "assertion")
    replayed = heald("replay", found["failures"][0]["capsule"])
    assert replayed.exit_code == 1


@pytest.mark.parametrize("first", ["takes", "gives"])
def test_one_that_fails_for_no_reason_goes_on_as_one_that_failed(first: str) -> None:
    second = {"takes": "gives", "gives": "takes"}[first]
    file = program(WEAK_OF_ANOTHER.replace("FIRST", first).replace("SECOND", second))
    code, found = as_json(file)
    assert (code, found["executions"]) == (0, 2)
    code, found = as_json(file, "--weak-failures")
    assert (code, found["failures"][0]["kind"]) == (1, "assertion")


@pytest.mark.skipif(not shutil.which("clang"), reason="clang is not installed")
def test_weak_failures_are_refused_where_nobody_says_what_is_weak(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """LLVM's hooks have one compare-exchange: a program of it passed, and none had failed."""
    monkeypatch.setenv("CC", "clang")
    result = heald("check", "--weak-failures", program(WEAK))
    assert result.exit_code == 2
    assert "--weak-failures needs gcc" in result.stderr
