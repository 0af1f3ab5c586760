"""Subjects: judged over small scenarios, mended and tightened like programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import strategies as st

from heald import Call, Scenario, op
from heald.explorer.exploration import explore_scenario, program_of
from heald.orders.mend import mend_subject
from heald.orders.tighten import tighten_subject
from heald.subject.subject import Subject
from heald.verdicts import Verdict
from subjects import publish, refcount

FEW = 12


def subject(name: str) -> Subject:
    found = [*publish.TARGETS, *refcount.TARGETS]
    return next(each for each in found if each.variant == name)


def test_a_relaxed_publication_gets_its_pair() -> None:
    mending = mend_subject(subject("relaxed-relaxed"), scenarios=FEW, budget_s=120)
    assert mending.verdict is Verdict.PASSED
    assert {change.new for change in mending.changes} == {"release", "acquire"}
    assert all(change.without["scenario"] for change in mending.changes)


def test_only_the_side_that_lacks_an_order_is_changed() -> None:
    mending = mend_subject(subject("relaxed-acquire"), scenarios=FEW, budget_s=120)
    assert [change.new for change in mending.changes] == ["release"]


def test_a_plain_flag_is_no_matter_of_orders() -> None:
    mending = mend_subject(subject("plain-flag"), scenarios=FEW, budget_s=120)
    assert mending.verdict is Verdict.FAILED
    assert "sequential consistency" in mending.reason


def test_a_sound_subject_needs_no_patch() -> None:
    mending = mend_subject(subject("release-acquire"), scenarios=FEW, budget_s=120)
    assert (mending.verdict, mending.patch) == (Verdict.PASSED, "")


def test_seq_cst_is_more_than_a_publication_needs() -> None:
    result = tighten_subject(subject("seq-cst"), scenarios=FEW, budget_s=120)
    assert result.verdict is Verdict.PASSED
    assert {change.new for change in result.changes} == {"relaxed", "release", "acquire"}


def test_the_last_reference_needs_both_sides() -> None:
    result = tighten_subject(subject("acq-rel"), scenarios=FEW, budget_s=120)
    assert result.verdict is Verdict.PASSED
    # What its invariant reads when no operation is in progress needs no order.
    assert [(c.old, c.new) for c in result.changes] == [("seq_cst", "relaxed")]
    assert "refcount->object == NULL ||" in result.changes[0].source


def test_a_failure_under_sc_is_told_by_its_calls() -> None:
    mending = mend_subject(subject("plain-flag"), scenarios=FEW, budget_s=120)
    assert mending.failure is not None
    steps = mending.failure["trace"]["steps"]
    assert {"call", "read"} <= {step["op"] for step in steps}
    assert not [s for s in steps if str(s.get("file", "")).endswith("scenario_main.c")]


QUEUE = """
#include <stdatomic.h>
#include <stdbool.h>
#define ORDER memory_order_relaxed
struct queue { atomic_uint head, tail; atomic_int slots[8]; };
void put(struct queue *q, int value)
{
    const unsigned ticket = atomic_fetch_add_explicit(&q->tail, 1, memory_order_relaxed);
    atomic_store_explicit(&q->slots[ticket], value, memory_order_release);
}
bool take(struct queue *q, int *value)
{
    unsigned ticket = atomic_load_explicit(&q->head, ORDER);
    do {
        if (atomic_load_explicit(&q->tail, ORDER) == ticket)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&q->head, &ticket, ticket + 1, ORDER, ORDER));
    while (!(*value = atomic_load_explicit(&q->slots[ticket], memory_order_acquire)))
        ;
    return true;
}
"""


class QueueModel:
    def __init__(self) -> None:
        self.items: list[int] = []

    def put(self, value: int) -> None:
        self.items.append(value)

    def take(self) -> int | None:
        return self.items.pop(0) if self.items else None


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
def test_the_patch_of_a_subject_applies_and_nothing_fails_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("queue.c").write_text(QUEUE)
    each = (Call("put", (1,)), Call("take"))
    queue = Subject(
        tmp_path / "queue.c",
        state="struct queue",
        ops={
            "put": op("void put(struct queue *, int value)", value=st.just(1)),
            "take": op(
                "bool take(struct queue *, int *value)",
                result=lambda ok, value: value if ok else None,
            ),
        },
        model=QueueModel,
        interesting=[Scenario(threads=(each, each))],
    )
    mending = mend_subject(queue, scenarios=0, budget_s=120)
    assert mending.verdict is Verdict.PASSED, mending.reason
    assert {change.new for change in mending.changes} == {"acquire", "acq_rel"}
    (scenario,) = queue.interesting
    assert explore_scenario(queue, scenario).findings
    subprocess.run(["patch", "-p1"], input=mending.patch, text=True, check=True)
    program_of.cache_clear()
    patched = explore_scenario(queue.with_changes("patched", expected="sound"), scenario)
    assert patched.verdict is Verdict.PASSED
    assert patched.exhaustive
