"""``heald tighten`` finds what ``docs/mutation.md`` calls stronger than needed, and nothing else.

Orders with a name are compared by it, others by the file that they are in.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heald.explorer.options import Options
from heald.orders.grounds import Bounds
from heald.orders.subject import OrderedSubject
from heald.orders.tighten import tighten, tighten_explorable
from heald.subject.subject import Subject
from heald.testing.repeated import HealdRun
from heald.verdicts import Verdict
from subjects.stronger_than_needed import SOUND, table_in

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "mutation.md").read_text()
QUICK = ("publish/seq-cst", "ring/release-acquire", "refcount/acq-rel")
_WORD = re.compile(r"\w+")
BOUNDS = Bounds(scenarios=20, executions=2000, all_executions=10_000)


def called(subject: Subject, *results: str) -> set[str]:
    """Return the names of the orders of which the page says that, or the files they are in."""
    cells = (row for row in table_in(PAGE) if row[0] == subject.name)
    return {row[1].split("`")[1] for row in cells if row[3] in results}


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
    names = called(subject, "stronger", "needed")
    found: set[str] = set()
    for change in result.changes:
        words = set(_WORD.findall(change.source))
        found |= words & names or {Path(change.file).name}
    untouched = {Path(line.split(":")[0]).name for line in result.unchanged}
    assert found == called(subject, "stronger") - (untouched - found), result.changes


AGREED = """\
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#define SEND(p, v, order) do { \\
    _Static_assert((order) == memory_order_seq_cst, "agreed"); \\
    atomic_store_explicit(p, v, order); } while (0)
static atomic_int flag;
static int data;
static void *sender(void *arg) {
    data = 1;
    SEND(&flag, 1, memory_order_seq_cst);
    return arg;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, sender, 0);
    if (atomic_load_explicit(&flag, memory_order_seq_cst))
        assert(data == 1);
    pthread_join(thread, 0);
    return 0;
}
"""


def test_what_the_compiler_refuses_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "agreed.c"
    file.write_text(AGREED)
    found = tighten([str(file)])
    assert found.verdict is Verdict.PASSED
    assert [(change.line, change.new) for change in found.changes] == [(17, "acquire")]
