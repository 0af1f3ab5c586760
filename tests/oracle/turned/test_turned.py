"""A program has the same executions in whatever order its threads are created.

3 programs and 2 idioms by default, 900 and 600 with ``--heald-profile nightly``; more by
``python -m tests.oracle.turned FIRST LAST`` and ``python -m tests.oracle.turned.idiom_campaign``.
"""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
from hypothesis import settings

from tests.oracle.program import Load, Order, Store, Value
from tests.oracle.turned import idiom_campaign, idioms
from tests.oracle.turned.campaign import difference, judge
from tests.oracle.turned.turning import is_turnable, turned
from tests.oracle.whole.explored import Answer
from tests.oracle.whole.program import Join, Spawn, Whole

BATCHES = 300 if settings.get_current_profile_name() == "nightly" else 1


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_order_of_creation_means_nothing(batch: int) -> None:
    compiler = "clang" if batch % 2 and shutil.which("clang") else None
    judged = judge(range(3 * batch, 3 * batch + 3), compiler)
    assert not judged.differences, "\n".join(judged.differences)
    assert judged.executions > 0


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_nor_does_it_for_what_lock_free_code_is_made_of(batch: int) -> None:
    compiler = "clang" if batch % 2 and shutil.which("clang") else None
    judged = idiom_campaign.judge(range(2 * batch, 2 * batch + 2), compiler)
    assert not judged.differences, "\n".join(judged.differences)


def test_every_idiom_can_be_drawn() -> None:
    assert {idioms.drawn(seed).name for seed in range(300)} == set(idioms.IDIOMS)


TWO = Whole(
    (
        (Spawn(1), Spawn(2), Join(1), Join(2)),
        (Store("x", Value(1), Order.RLX),),
        (Load("r0", "x", Order.RLX),),
    )
)


def test_threads_are_turned_with_what_they_do() -> None:
    assert is_turnable(TWO)
    other = turned(TWO, (2, 1))
    assert other.threads == (TWO.threads[0], TWO.threads[2], TWO.threads[1])


def test_an_execution_that_one_search_has_alone_is_told() -> None:
    from tests.oracle.graph import Graph

    one = Graph(((), (("W", "rlx", "x", None, 1, None),), ()), (("x", ((1, 0),)),))
    right = Answer({}, Counter([one]), ())
    assert "1 only in the first" in difference(
        TWO, "sc", right, Answer({}, Counter(), ()), (1, 2)
    )
    assert difference(TWO, "sc", right, right, (1, 2)) == ""
    assert "only in the" in difference(TWO, "sc", right, right, (2, 1))
