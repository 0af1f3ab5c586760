"""Whether somebody has written to a block is a question to each execution, not to the first one.

The thread that looks gets the same replies, whichever of the two had the lock first: what it does
is remembered, what lay in memory must not be.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .command import as_json, program


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


UNDER_A_LOCK = """
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int *slot, is_full;
static void *puts_it(void *unused) {
    pthread_mutex_lock(&lock);
    *slot = 7;
    is_full = 1;
    pthread_mutex_unlock(&lock);
    return unused;
}
static void *gets_it(void *unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    intptr_t found = LOOKS ? *slot : 0;
    pthread_mutex_unlock(&lock);
    return (void *)found;
}
int main(void) {
    pthread_t first, second;
    void *results[2];
    slot = malloc(sizeof *slot);
    pthread_create(&first, 0, FIRST, 0);
    pthread_create(&second, 0, SECOND, 0);
    pthread_join(first, &results[0]);
    pthread_join(second, &results[1]);
    free(slot);
    return results[0] == results[1] && results[0];
}
"""

SEARCHES = ("exhaustive", "uniform", "pct", "pos", "random")


def _answer(search: str, looks: str, order: tuple[str, str]) -> tuple[int, str]:
    name = program("#include <stdint.h>\n" + UNDER_A_LOCK)
    first, second = order
    defines = (f"-DLOOKS={looks}", f"-DFIRST={first}", f"-DSECOND={second}")
    limit = () if search == "exhaustive" else ("--max-executions", "200")
    status, said = as_json(name, "--search", search, *limit, "--", *defines)
    return status, said["failures"][0]["kind"] if said["failures"] else said["verdict"]


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("order", [("puts_it", "gets_it"), ("gets_it", "puts_it")])
def test_a_read_before_the_write_under_a_lock_is_found_as_what_it_is(
    search: str, order: tuple[str, str]
) -> None:
    assert _answer(search, "1", order) == (1, "uninitialised read")


@pytest.mark.parametrize("search", SEARCHES)
def test_a_read_that_asks_first_is_sound(search: str) -> None:
    assert _answer(search, "is_full", ("puts_it", "gets_it")) == (0, "passed")
