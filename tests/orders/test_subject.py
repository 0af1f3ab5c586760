"""Subjects: judged over small scenarios, mended and tightened like programs."""

from __future__ import annotations

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
