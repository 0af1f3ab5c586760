"""What mends the algorithms that everybody gets wrong once, and that nothing less does.

The patch is applied and the patched program explored. That no smaller one would do is proved by
trying: every assignment of orders that costs less fails, the highest ones of them are explored.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from heald.explorer.options import Options
from heald.explorer.program import check
from heald.orders.cheapest import SEPARATOR
from heald.orders.mend import cheapest_orders, mend
from heald.orders.program import OrderedProgram
from heald.orders.variables import OrderText, Texts
from heald.verdicts import Verdict
from tests.orders.lattice import highest_below

pytestmark = pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
PROGRAMS = Path(__file__).resolve().parents[1] / "programs"
MOST = 3000


def without(fence: str) -> Callable[[str], str]:
    """Remove every fence with this name."""
    return lambda text: re.sub(rf"\n *atomic_thread_fence\({fence}\);", "", text)


def relaxed(*names: str) -> Callable[[str], str]:
    """Make the orders of these names relaxed, and those that are written out, too."""

    def changed(text: str) -> str:
        for name in names:
            text = re.sub(
                rf"(#define {name} )memory_order_\w+", r"\1memory_order_relaxed", text
            )
        return text

    return changed


@dataclass(frozen=True)
class Flaw:
    """A program of tests/programs, and what is taken from it."""

    program: str
    flaw: Callable[[str], str]
    wanted: tuple[str, ...]
    """Orders that the patch writes, the strongest last."""


FLAWS = {
    "publication that is relaxed": Flaw(
        "message_passing",
        relaxed("RAISE", "LOOK"),
        ("acquire", "release"),
    ),
    "sequence lock without its fences": Flaw(
        "seqlock",
        lambda text: without("END_FENCE")(without("BEGIN_FENCE")(text)),
        ("acquire", "acquire", "release", "release"),
    ),
    "deque without the fence of take": Flaw(
        "work_stealing_deque", without("TAKE_FENCE"), ("seq_cst", "seq_cst")
    ),
    "deque without the fence of steal": Flaw(
        "work_stealing_deque", without("STEAL_FENCE"), ("seq_cst",)
    ),
    "deque without the fence of push": Flaw(
        "work_stealing_deque", without("PUBLISH"), ("release", "release")
    ),
    "hazard pointer without its fence": Flaw(
        "hazard_pointer", without("ANNOUNCE"), ("seq_cst", "seq_cst")
    ),
    "ring of two that is relaxed": Flaw(
        "one_to_one_ring",
        relaxed("PUBLISH", "OBSERVE", "RECYCLE", "REUSE"),
        ("acquire", "acquire", "release", "release"),
    ),
    "mutual exclusion without its fences": Flaw(
        "dekker", without("FENCE"), ("seq_cst", "seq_cst")
    ),
    "queue of many with one order relaxed": Flaw(
        "bounded_queue", relaxed("PUBLISH"), ("release",)
    ),
    "queue of many that observes nothing": Flaw(
        "bounded_queue", relaxed("OBSERVE"), ("acquire",)
    ),
    "reference count that is relaxed": Flaw(
        "reference_count", relaxed("DROP"), ("acq_rel",)
    ),
    "lock that joins with acquire alone": Flaw(
        "clh_lock",
        lambda text: text.replace(
            "#define JOIN memory_order_acq_rel", "#define JOIN memory_order_acquire"
        ),
        ("acq_rel",),
    ),
    "sleeper and waker without their fences": Flaw(
        "../orders/programs/parking",
        without("FENCE"),
        ("seq_cst", "seq_cst", "seq_cst"),
    ),
    "chain whose last letter is relaxed": Flaw(
        "../orders/programs/letters", relaxed("JOIN"), ("acq_rel",)
    ),
    "last user whose fence pairs with nothing": Flaw(
        "../orders/programs/last_user", relaxed("LEAVE"), ("release",)
    ),
    "queue of tickets that is relaxed": Flaw(
        "../orders/programs/tickets",
        relaxed("LOOK", "TAKE", "AGAIN"),
        ("acq_rel", "acquire", "acquire"),
    ),
}
ALGORITHMS = {
    "a top that comes back (ABA)": ("tagged_stack", "NO_TAG"),
    "a wake-up that is lost": ("lost_wakeup", "SET_OUTSIDE"),
}


def flawed(name: str, folder: Path) -> None:
    """Write the program with its flaw as p.c."""
    flaw = FLAWS[name]
    text = (PROGRAMS / f"{flaw.program}.c").read_text()
    changed = flaw.flaw(text)
    assert changed != text
    shutil.copy(PROGRAMS / "start.h", folder)
    (folder / "p.c").write_text(changed)


def cheapest_price(program: OrderedProgram) -> tuple[Texts, int]:
    """Return what the search paid, and what there was to be bought."""
    found = cheapest_orders(program)
    assert found is not None
    texts, assignment = found
    variables = texts.for_search(OrderText.stronger)
    paid = 0
    for variable in variables:
        level = assignment[variable.name]
        if level not in variable.levels:  # the two orders of a compare-exchange
            ((fail, _),) = (
                each for each in texts._fails().items() if each[1] == variable.name
            )
            level = f"{level}{SEPARATOR}{assignment[fail]}"
        paid += variable.levels[level]
    return texts, paid


@pytest.mark.parametrize("name", FLAWS)
def test_the_patch_mends_and_nothing_less_does(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flawed(name, tmp_path)
    assert check(["p.c"], budget_s=60).verdict is Verdict.FAILED
    mending = mend(["p.c"], budget_s=120)
    assert mending.verdict is Verdict.PASSED, mending.reason
    assert sorted(change.new for change in mending.changes) == sorted(FLAWS[name].wanted)
    # Nothing that costs less passes.
    program = OrderedProgram(["p.c"], (), (), Options(budget_s=120))
    texts, paid = cheapest_price(program)
    tried = 0
    for assignment in highest_below(texts.for_search(OrderText.stronger), paid):
        each = texts.each(assignment)
        answer = program.explore(texts.orders(each), fences=texts.fenced(each))
        assert not answer.passes, assignment
        tried += 1
    assert 0 < tried < MOST
    # The patch is what was explored.
    subprocess.run(["patch", "-p1"], input=mending.patch, text=True, check=True)
    result = check(["p.c"], budget_s=60)
    assert result.verdict is Verdict.PASSED
    assert result.exhaustive


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_is_no_matter_of_orders_is_said_to_be_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, macro = ALGORITHMS[name]
    monkeypatch.chdir(tmp_path)
    shutil.copy(PROGRAMS / "start.h", tmp_path)
    shutil.copy(PROGRAMS / f"{program}.c", tmp_path)
    mending = mend([f"{program}.c"], cflags=[f"-D{macro}"], budget_s=120)
    assert (mending.verdict, mending.patch) == (Verdict.FAILED, "")
    assert mending.reason.startswith("no memory order mends it")
