"""The explorer's executions of programs with overlapping atomics are those of a brute force.

200 programs by default, 5,000 with ``--heald-profile nightly``; more by
``python -m tests.oracle.sizes FIRST LAST``.
"""

from __future__ import annotations

import shutil

import pytest
from hypothesis import settings

from tests.oracle.sizes.answer import TooBigError
from tests.oracle.sizes.campaign import judge
from tests.oracle.sizes.decide import decide
from tests.oracle.sizes.program import Sized, Step, drawn
from tests.oracle.sizes.reordered import Reordered

BATCHES = 125 if settings.get_current_profile_name() == "nightly" else 5


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_explorer_visits_each_execution_once(batch: int) -> None:
    compiler = "clang" if batch % 5 == 4 and shutil.which("clang") else "gcc"
    judged = judge(range(40 * batch, 40 * batch + 40), compiler)
    assert not judged.differences, "\n".join(judged.differences)
    assert judged.too_big <= 10
    assert judged.needlessly <= 1


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES // 5))
def test_it_does_under_the_orders_that_are_asked_for(batch: int) -> None:
    judged = judge(range(30 * batch, 30 * batch + 30), form=Reordered)
    assert not judged.differences, "\n".join(judged.differences)
    assert judged.programs > 20


@pytest.mark.slow
def test_what_tso_allows_rc11_allows() -> None:
    compared = 0
    for seed in range(120):
        try:
            answers = decide(drawn(seed))
        except TooBigError:
            continue
        if not answers["rc11"].races:
            compared += 1
            assert answers["sc"].graphs <= answers["tso"].graphs, seed
            assert answers["tso"].graphs <= answers["rc11"].graphs, seed
    assert compared > 80


LOW, HIGH = Step("store", at=0, value=1), Step("store", at=4, value=1)
WHOLE = Step("load", size=8)


def halves(*threads: tuple[Step, ...]) -> Sized:
    """Threads over the two halves of one object, which main reads at the end."""
    return Sized(threads, (WHOLE,), bytes(16))


@pytest.mark.parametrize(
    ("threads", "counts"),
    [
        # Two writes to parts have two orders, though their bytes differ.
        (((LOW,), (HIGH,)), (2, 2, 2)),
        # A read sees none, either or both of two.
        (((LOW,), (HIGH,), (WHOLE,)), (6, 6, 6)),
        # Both writes of one thread are seen in its order.
        (((LOW, HIGH), (WHOLE,)), (3, 3, 3)),
        # A read of other bytes than those just written need not wait for the store.
        (((LOW, Step("load", at=4)), (HIGH, Step("load", at=0))), (8, 8, 4)),
        # It does if it gets some of those.
        (((LOW, WHOLE), (HIGH, WHOLE)), (4, 4, 4)),
    ],
)
def test_the_brute_force_counts_what_can_be_counted_by_hand(
    threads: tuple[tuple[Step, ...], ...], counts: tuple[int, int, int]
) -> None:
    answers = decide(halves(*threads))
    objects = {"rc11": counts[0], "tso": counts[1], "sc": counts[2]}
    assert {model: len(answer.graphs) for model, answer in answers.items()} == objects
