"""Weaken one order of a sound subject, and mending brings it back, or what costs no more.

The order is weakened in the text: the subject is compiled anew, and knows nothing of what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from heald.explorer.options import Options
from heald.explorer.order import (
    ORDERS,
    Operation,
    cost_of_change,
    is_weaker_or_equal,
    weaker_than,
)
from heald.orders.grounds import Bounds
from heald.orders.mend import mend_explorable
from heald.orders.patch import Change
from heald.orders.subject import OrderedSubject
from heald.orders.variables import OrderText, Texts
from heald.subject.subject import Subject
from heald.testing.repeated import HealdRun
from heald.verdicts import Verdict
from subjects.stronger_than_needed import SOUND, table_in

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "mutation.md").read_text()
QUICK = ("publish/fences", "ring/release-acquire", "refcount/acq-rel")
BOUNDS = {
    "quick": Bounds(scenarios=8, executions=2000, all_executions=10_000),
    "nightly": Bounds(scenarios=40, executions=5000, all_executions=40_000),
}


def one_weaker(texts: Texts) -> list[tuple[OrderText, str]]:
    """Return each order of the text with the next weaker ones."""
    found = []
    for text in texts.variables():
        if len(text.orders) != 1:
            continue
        below = [
            each
            for each in weaker_than(text.order, text.operation)
            if each in text.levels()
        ]
        nearest = [
            each
            for each in below
            if not any(
                each != other and is_weaker_or_equal(each, other) for other in below
            )
        ]
        found += [(text, each) for each in nearest]
    return found


def price(change: Change) -> int:
    old = change.old if change.old in ORDERS else "relaxed"
    is_fence = "fence" in change.source
    return cost_of_change(
        old, change.new, Operation.FENCE if is_fence else Operation.UPDATE
    )


def failures_under_sc(program: OrderedSubject) -> Sequence[Mapping[str, Any]]:
    return program.explore(model="sc").failures


def ordered(subject: Subject, bounds: Bounds) -> OrderedSubject:
    program = OrderedSubject(subject, (), Options(budget_s=500))
    program.lay_grounds(bounds)
    return program


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("subject", SOUND, ids=lambda subject: subject.name)
def test_mending_costs_no_more_than_bringing_the_order_back(
    subject: Subject, heald_run: HealdRun, tmp_path: Path
) -> None:
    if heald_run.profile == "quick" and subject.name not in QUICK:
        pytest.skip("in the profiles thorough and nightly")
    program = ordered(subject, BOUNDS.get(heald_run.profile, BOUNDS["quick"]))
    assert program.explore().passes
    texts = Texts(program)
    texts.learn()
    mended = 0
    for number, (text, order) in enumerate(one_weaker(texts)):
        written = texts.applied({text.name: order})
        weakened = program.from_texts(written, tmp_path / str(number))
        if weakened.explore().passes:
            continue  # stronger than these scenarios need
        mending = mend_explorable(weakened, partial(failures_under_sc, weakened))
        assert mending.verdict is Verdict.PASSED, (text.argument, order, mending.reason)
        back = cost_of_change(order, text.order, text.operation)
        assert sum(map(price, mending.changes)) <= back, (text.argument, mending.patch)
        mended += 1
    page = [row[1:4:2] for row in table_in(PAGE) if row[0] == subject.name]
    too_strong = {order for order, state in page if state == "stronger"}
    needed = sum(state == "needed" and order not in too_strong for order, state in page)
    assert mended >= (2 if subject.name in QUICK else min(1, needed))
