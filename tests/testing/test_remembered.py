"""A test that failed once fails every time, and shows the same scenario."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

import heald
from heald.generating.scope import Scope
from heald.generating.strategies import scenarios
from heald.testing import explored
from heald.testing.explored import ExploredSearch
from heald.testing.remembered import Remembered

TICKETS = """\
#include <stdatomic.h>
#include <stdbool.h>
enum { SIZE = 8 };
struct queue { _Atomic unsigned long head, tail; atomic_int slot[SIZE]; };
void queue_push(struct queue *queue, int value) {
    unsigned long at = atomic_fetch_add_explicit(&queue->tail, 1, memory_order_relaxed);
    atomic_store_explicit(&queue->slot[at % SIZE], value + 1, memory_order_release);
}
bool queue_pop(struct queue *queue, int *value) {
    unsigned long at = atomic_load_explicit(&queue->head, memory_order_relaxed);
    do {
        if ((long)(atomic_load_explicit(&queue->tail, memory_order_relaxed) - at) <= 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(
        &queue->head, &at, at + 1, memory_order_relaxed, memory_order_relaxed));
    int found;
    while (!(found = atomic_load_explicit(&queue->slot[at % SIZE], memory_order_acquire)))
        ;
    *value = found - 1;
    return true;
}
"""


class Queue:
    def __init__(self) -> None:
        self.items: list[int] = []

    def push(self, value: int) -> None:
        self.items.append(value)

    def pop(self) -> int | None:
        return self.items.pop(0) if self.items else None


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory) -> heald.Subject:
    source = tmp_path_factory.mktemp("queue") / "queue.c"
    source.write_text(TICKETS)
    return heald.Subject(
        source,
        state="struct queue",
        ops={
            "push": heald.op(
                "void queue_push(struct queue *, int value)", value=st.integers(0, 3)
            ),
            "pop": heald.op(
                "bool queue_pop(struct queue *, int *value)",
                result=lambda ok, value: value if ok else None,
            ),
        },
        model=Queue,
    )


def test_twenty_runs_fail_in_the_same_scenario(queue: heald.Subject) -> None:
    shown = set()
    for seed in range(20):
        search = ExploredSearch(queue, ("rc11",), "fail", 1.0, seed)
        drawn = scenarios(queue, threads=2, ops=2, before=1, after=1)
        search.run(drawn, Scope.of(queue, 2, 2))
        assert search.smallest is not None
        shown.add((str(search.smallest.scenario), search.smallest.findings[0].message))
    assert len(shown) == 1


def test_what_its_author_finds_interesting_is_made_the_same_smaller_one(
    queue: heald.Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Next to nothing is drawn: on a machine that is busy there may be no time for it."""
    monkeypatch.setattr(explored, "_SMALLER_SCENARIOS", 1)
    shown = set()
    own, others = ((heald.Call("push", (value,)), heald.Call("pop")) for value in (1, 2))
    for threads in ((own, others), (others, own), (own, own, others)):
        queue.interesting = (heald.Scenario(threads=threads),)
        search = ExploredSearch(queue, ("rc11",), "fail", 1.0, 0)
        search.run(scenarios(queue, threads=2, ops=2), Scope.of(queue, 2, 2))
        assert search.smallest is not None
        shown.add(str(search.smallest.scenario))
    queue.interesting = ()
    assert len(shown) == 1


@pytest.fixture
def counter(tmp_path: Path) -> heald.Subject:
    source = tmp_path / "counter.c"
    source.write_text(
        "#include <stdatomic.h>\nstruct counter { atomic_int value; };\n"
        "void add(struct counter *c) { atomic_fetch_add(&c->value, 1); }\n"
        "void sub(struct counter *c) { atomic_fetch_sub(&c->value, 1); }\n"
    )
    return heald.Subject(
        str(source),
        state="struct counter",
        ops={
            "add": heald.op("void add(struct counter *)"),
            "sub": heald.op("void sub(struct counter *)"),
        },
    )


def explored_once(subject: heald.Subject, file: Path) -> ExploredSearch:
    search = ExploredSearch(subject, ("rc11",), "fail", 0.1, 1)
    search.remembered = Remembered(file)
    search.run(scenarios(subject, threads=2, ops=2), Scope.of(subject, 2, 2))
    return search


def test_a_night_goes_on_where_the_last_one_stopped(
    counter: heald.Subject, tmp_path: Path
) -> None:
    first = explored_once(counter, tmp_path / "known")
    assert (first.earlier, first.smallest) == (0, None)
    again = explored_once(counter, tmp_path / "known")
    assert again.earlier >= first.of_scope
    assert again.scope is not None
    assert again.of_scope == again.scope.count
    assert f"{again.earlier:,} of them in earlier runs" in again.effort()


def test_what_failed_is_explored_every_night(
    queue: heald.Subject, tmp_path: Path
) -> None:
    for _ in range(2):
        assert explored_once(queue, tmp_path / "known").smallest is not None


def test_what_is_remembered_is_of_one_program_and_one_model(
    counter: heald.Subject, tmp_path: Path
) -> None:
    files = {
        Remembered.of(counter, models, "fail").file for models in (("sc",), ("rc11",))
    }
    (source,) = counter.sources
    source.write_text(source.read_text() + "int more;\n")
    changed = counter.with_changes("changed", expected="sound")
    files.add(Remembered.of(changed, ("rc11",), "fail").file)
    assert len(files) == 3
