"""Weaken one order of a sound program, and mending brings it back, or something as cheap."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from heald.explorer.order import ORDERS, Operation, cost_of_change, is_weaker_or_equal
from heald.explorer.program import check
from heald.orders.mend import mend
from heald.testing.repeated import HealdRun
from heald.verdicts import Verdict

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"
QUICK = ("mcs_lock", "dekker", "epoch_reclaim")
ALL = (
    *QUICK,
    *("bakery", "bounded_queue", "clh_lock", "treiber_stack", "flag_lock"),
    *("hazard_pointer", "message_fences", "michael_scott_queue", "one_to_one_ring"),
    *("peterson", "published_list", "reference_count", "seqlock", "sense_barrier"),
    *("spinlock", "store_buffering", "ticket_lock", "mailbox"),
    *("work_stealing_deque",),
)
ORDER = re.compile(r"\bmemory_order_(acquire|release|acq_rel|seq_cst)\b")


def weaker(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the text with one operation's order made relaxed, the order, and the line."""
    for found in ORDER.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : text.find("\n", found.end())]
        if "#define" in line:
            continue  # one line for several operations, each of which is patched
        yield (
            text[: found.start()] + "memory_order_relaxed" + text[found.end() :],
            found[1],
            line,
        )


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_mending_costs_no_more_than_bringing_the_order_back(
    name: str, heald_run: HealdRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if heald_run.profile == "quick" and name not in QUICK:
        pytest.skip("in the profiles thorough and nightly")
    monkeypatch.chdir(tmp_path)
    shutil.copy(PROGRAMS / "start.h", tmp_path)
    tried = 0
    for text, order, line in weaker((PROGRAMS / f"{name}.c").read_text()):
        Path("p.c").write_text(text)
        if check(["p.c"], budget_s=60).verdict is not Verdict.FAILED:
            continue
        mending = mend(["p.c"], budget_s=120)
        assert mending.verdict is Verdict.PASSED, (line, mending.reason)
        is_fence = "fence" in line
        most = cost_of_change(
            "relaxed", order, Operation.FENCE if is_fence else Operation.UPDATE
        )
        paid = sum(
            cost_of_change(
                change.old if change.old in ORDERS else "relaxed",
                change.new,
                Operation.FENCE if "fence" in change.source else Operation.UPDATE,
            )
            for change in mending.changes
        )
        assert paid <= most, (line, [change.to_json() for change in mending.changes])
        assert all(
            change.old not in ORDERS or is_weaker_or_equal(change.old, change.new)
            for change in mending.changes
        )
        tried += 1
    assert tried or name not in QUICK
