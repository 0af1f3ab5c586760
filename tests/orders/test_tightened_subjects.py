"""``heald tighten`` finds what ``docs/mutation.md`` calls stronger than needed, and nothing else.

Only orders that a text gives can be written anew: those of operators and of functions that name
none stay, and are left out here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.explorer.options import Options
from heald.orders.grounds import Bounds
from heald.orders.subject import OrderedSubject
from heald.orders.tighten import tighten_explorable
from heald.subject.subject import Subject
from heald.testing.repeated import HealdRun
from heald.verdicts import Verdict
from subjects.stronger_than_needed import SOUND, table_in

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "mutation.md").read_text()
QUICK = ("publish/seq-cst", "ring/release-acquire", "refcount/acq-rel")
BOUNDS = Bounds(scenarios=20, executions=2000, all_executions=10_000)


def named_stronger(subject: Subject) -> set[str]:
    """Return the orders with a name that the page calls stronger than needed."""
    cells = (row for row in table_in(PAGE) if row[0] == subject.name)
    return {
        row[1].split("`")[1]
        for row in cells
        if row[3] == "stronger" and row[1].split("`")[1].isupper()
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("subject", SOUND, ids=lambda subject: subject.name)
def test_what_can_be_weaker_is_what_the_page_says(
    subject: Subject, heald_run: HealdRun
) -> None:
    if heald_run.profile == "quick" and subject.name not in QUICK:
        pytest.skip("in the profiles thorough and nightly")
    bounds = BOUNDS if heald_run.profile == "quick" else Bounds()
    program = OrderedSubject(subject, (), Options(budget_s=500))
    program.lay_grounds(bounds)
    result = tighten_explorable(program)
    assert result.verdict is Verdict.PASSED, result.reason
    lines = [change.source for change in result.changes]
    found = {
        name
        for line in lines
        for name in line.replace("(", " ")
        .replace(")", " ")
        .replace(",", " ")
        .replace(";", " ")
        .split()
        if name.isupper() and "_" in name and not name.startswith("__")
    }
    assert found == named_stronger(subject), lines
