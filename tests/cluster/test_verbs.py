"""Verify and mutate say the same whether agents explore or this machine does."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

import heald
from heald import Scenario
from heald.cluster.pipes import local_backend
from heald.cluster.searching import ClusterSearch
from heald.explorer.exploration import explore_scenario
from heald.orders.mutate import mutate_program
from tests.cluster.asked import asking

pytestmark = pytest.mark.slow

MESSAGE = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static int data;
static atomic_int flag;
static void *send(void *unused) {
    data = 1;
    atomic_store_explicit(&flag, 1, memory_order_release);
    return unused;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, send, 0);
    if (atomic_load_explicit(&flag, memory_order_acquire)) assert(data == 1);
    return pthread_join(thread, 0);
}
"""
COUNTER = """
#include <stdatomic.h>
struct counter { atomic_int value; };
int add(struct counter *c);
int add(struct counter *c) {
    int seen = atomic_load(&c->value);
    atomic_store(&c->value, seen + 1);
    return seen + 1;
}
"""


class Model:
    def __init__(self) -> None:
        self.value = 0

    def add(self) -> int:
        self.value += 1
        return self.value


def agents() -> AbstractContextManager[ClusterSearch]:
    return asking(local_backend(1))


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("message.c").write_text(MESSAGE)
    Path("counter.c").write_text(COUNTER)


def without_times(data: Any) -> Any:
    if isinstance(data, dict):
        return {k: without_times(v) for k, v in data.items() if "seconds" not in k}
    return list(map(without_times, data)) if isinstance(data, list) else data


def test_mutating_a_program_decides_the_same() -> None:
    here = mutate_program(["message.c"], budget_s=100.0).to_json()
    with agents() as search:
        there = mutate_program(["message.c"], budget_s=100.0).to_json()
    assert search.by_machine["local-0"] > 0
    assert without_times(there) == without_times(here)


def test_a_subjects_scenario_has_the_same_histories() -> None:
    subject = heald.Subject(
        Path("counter.c").absolute(),
        state="struct counter",
        ops={"add": heald.op("int add(struct counter *)")},
        model=Model,
    )
    scenario = Scenario(threads=((heald.Call("add"),), (heald.Call("add"),)))
    here = explore_scenario(subject, scenario, keep_going=True)
    with agents() as search:
        there = explore_scenario(subject, scenario, keep_going=True)
    assert search.by_machine["local-0"] == here.executions
    assert (there.verdict, there.executions) == (here.verdict, here.executions)
    assert {(h.outcome, h.executions) for h in there.histories} == {
        (h.outcome, h.executions) for h in here.histories
    }
    assert [f.kind for f in there.findings] == [f.kind for f in here.findings]
