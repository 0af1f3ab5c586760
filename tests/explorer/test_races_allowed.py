"""With races allowed plain accesses are relaxed atomic ones; no more than that changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import heald
from heald import Call, Scenario, Subject
from heald.explorer.exploration import explore_scenario
from heald.explorer.program import check

LOOP = """\
#include <stdatomic.h>
#include <string.h>
struct pair { atomic_int first; int second; long third; };
void pair_init(struct pair *pair);
int pair_add(struct pair *pair);
void pair_init(struct pair *pair) { memset(pair, 0, sizeof *pair); }
int pair_add(struct pair *pair) {
    int old = atomic_load(&pair->first);
    while (!atomic_compare_exchange_weak(&pair->first, &old, old + 1)) {
    }
    pair->second++;
    return old;
}
"""
BOTH = Scenario(threads=((Call("add"),),) * 2)


def pair(folder: Path) -> Subject:
    (folder / "pair.c").write_text(LOOP)
    return Subject(
        folder / "pair.c",
        state="struct pair",
        init="void pair_init(struct pair *)",
        ops={"add": heald.op("int pair_add(struct pair *)")},
    )


def test_failed_exchange_updates_what_was_expected(tmp_path: Path) -> None:
    # `old` is on the stack and written by the exchange itself, without a hook: read as a
    # modelled variable it would keep its first value, and the loop would have no end.
    found = explore_scenario(pair(tmp_path), BOTH, races="allow")
    assert found.exhaustive
    assert set(found.outcomes) == {((), (0,), (1,), ()), ((), (1,), (0,), ())}


def test_clearing_a_whole_struct_is_not_one_atomic_store(tmp_path: Path) -> None:
    # 16 bytes are a natural size: an atomic store of them would overlap `first`.
    assert not explore_scenario(pair(tmp_path), BOTH, races="allow").findings


def test_race_is_still_reported_where_it_is_not_allowed(tmp_path: Path) -> None:
    found = explore_scenario(pair(tmp_path), BOTH)
    assert [each.kind for each in found.findings] == ["data race"]


GIVEN = """\
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static atomic_int ready;
static struct pair { int number, other; } given, *place = &given;
static void *give(void *unused) {
    int number = 1;
    struct pair both = {2, 3};
    place->number = number;
    *place = both;
    place->number = number;
    atomic_store_explicit(&ready, 1, ORDER);
    return unused;
}
int main(void) {
    pthread_t giver;
    pthread_create(&giver, 0, give, 0);
    if (atomic_load(&ready)) assert(given.number == 1 && given.other == 3);
    pthread_join(giver, 0);
    return 0;
}
"""


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
@pytest.mark.parametrize("level", ["-O0", "-O1"])
def test_a_store_has_the_value_of_the_local_that_is_read_after_its_hook(
    tmp_path: Path, level: str, model: str
) -> None:
    (tmp_path / "given.c").write_text(GIVEN)
    allowed: dict[str, Any] = {"races": "allow", "model": model}
    for order, wrong in (("memory_order_seq_cst", False), ("memory_order_relaxed", True)):
        found = check(
            [tmp_path / "given.c"], cflags=[level, f"-DORDER={order}"], **allowed
        )
        assert bool(found.failures) == (wrong and model == "rc11"), order
