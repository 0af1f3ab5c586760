"""A round of a loop that is in vain is left out; what is wrong about reading in it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from .command import as_json, program


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


#: A CLH lock: who comes waits for the one before by a node of the heap.
CLH = """
struct node { atomic_int locked; };
static struct node none;
static _Atomic(struct node *) tail = &none;
static int inside;
static void *takes(void *unused) {
    struct node *me = malloc(sizeof *me);
    atomic_store_explicit(&me->locked, 1, memory_order_relaxed);
    struct node *before = atomic_exchange_explicit(&tail, me, memory_order_ORDER);
    while (atomic_load_explicit(&before->locked, memory_order_acquire)) ;
    inside++;
    atomic_store_explicit(&me->locked, 0, memory_order_release);
    return unused;
}
int main(void) {
    pthread_t t[2];
    for (int i = 0; i < 2; i++) pthread_create(&t[i], 0, takes, 0);
    for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
    assert(inside == 2);
    return 0;
}
"""

#: A flag is cleared with an ordinary write, and where it is may be seen too early.
CLEARED = """
static int flag, *_Atomic place;
static void *clears(void *unused) {
    memset(&flag, 0, sizeof flag);
    atomic_store_explicit(&place, &flag, memory_order_ORDER);
    __atomic_store_n(&flag, 1, __ATOMIC_RELEASE);
    return unused;
}
static void *waits(void *unused) {
    int *at = atomic_load_explicit(&place, memory_order_acquire);
    if (at)
        while (!__atomic_load_n(at, __ATOMIC_ACQUIRE)) ;
    return unused;
}
int main(void) {
    pthread_t t[2];
    pthread_create(&t[0], 0, FIRST, 0);
    pthread_create(&t[1], 0, SECOND, 0);
    for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
    return 0;
}
"""


@pytest.mark.parametrize("order", ["acquire", "release", "acq_rel"])
def test_a_node_that_is_not_initialised_is_read_in_vain_first(order: str) -> None:
    code, found = as_json(program(CLH.replace("ORDER", order)))
    kinds = [failure["kind"] for failure in found["failures"]]
    assert (code, kinds) == (
        (0, []) if order == "acq_rel" else (1, ["uninitialised read"])
    )


@pytest.mark.parametrize("order", ["relaxed", "release"])
@pytest.mark.parametrize("first", ["clears", "waits"])
def test_a_race_is_one_in_vain_as_well(order: str, first: str) -> None:
    second = {"clears": "waits", "waits": "clears"}[first]
    text = CLEARED.replace("FIRST", first).replace("SECOND", second)
    code, found = as_json(program(text.replace("ORDER", order)))
    kinds = [failure["kind"] for failure in found["failures"]]
    assert (code, kinds) == ((0, []) if order == "release" else (1, ["data race"]))


#: Who sees `w` has been overtaken by nobody in the one order of all seq_cst: `x` is 1 by then,
#: although nothing has handed it on. INIT is what is there before.
ONE_ORDER = """
static atomic_int y, w, *x;
static int room;
static void *one(void *unused) {
    INIT;
    atomic_store(x, 1);
    if (atomic_load(&y) == 0)
        atomic_store_explicit(&w, 1, memory_order_relaxed);
    return unused;
}
static void *two(void *unused) {
    atomic_store(&y, 1);
    if (atomic_load_explicit(&w, memory_order_relaxed))
        LOOK;
    return unused;
}
int main(void) {
    pthread_t t[2];
    x = WHERE;
    pthread_create(&t[0], 0, FIRST, 0);
    pthread_create(&t[1], 0, SECOND, 0);
    for (int i = 0; i < 2; i++) pthread_join(t[i], 0);
    return room;
}
"""
LOOKS = ("assert(atomic_load(x) == 1)", "while (atomic_load(x) != 1)")
HEAP = ("malloc(sizeof *x)", "room = 0")
CLEARED_FIRST = ("(atomic_int *)&room", "*(int *)x = 0")


@pytest.mark.parametrize("look", LOOKS, ids=["once", "in a loop"])
@pytest.mark.parametrize("where", [HEAP, CLEARED_FIRST], ids=["heap", "ordinary write"])
@pytest.mark.parametrize("first", ["one", "two"])
def test_what_no_execution_reads_is_not_judged(
    look: str, where: tuple[str, str], first: str
) -> None:
    second = {"one": "two", "two": "one"}[first]
    text = ONE_ORDER.replace("FIRST", first).replace("SECOND", second)
    text = text.replace("WHERE", where[0]).replace("INIT", where[1])
    if where is HEAP:
        text = text.replace("return room", "free((void *)x); return room")
    else:
        text = text.replace("return room", "return 0")
    code, found = as_json(program(text.replace("LOOK", f"{look}\n        ")))
    assert (code, found["failures"]) == (0, [])
