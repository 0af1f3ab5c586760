from __future__ import annotations

import os

import pytest

from heald.campaign.processors import Processors


@pytest.fixture(autouse=True)
def five_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3, 6})


def test_jobs_divide_the_processors_and_nobody_shares_one() -> None:
    processors = Processors(2)
    first, second = processors.take(None), processors.take(None)
    assert (first, second) == ((0, 1), (2, 3))
    assert processors.take(None) is None
    assert processors.take(1) == (6,)


def test_one_job_takes_all_and_waits_for_all() -> None:
    processors = Processors(1)
    one = processors.take(1)
    assert one == (0,)
    assert processors.take(None) is None
    processors.give_back(one)
    assert processors.take(None) == (0, 1, 2, 3, 6)


def test_small_slices_run_side_by_side() -> None:
    processors = Processors(1)
    assert [processors.take(1) for _ in range(6)] == [(0,), (1,), (2,), (3,), (6,), None]


def test_more_than_there_are_is_all_there_are() -> None:
    assert Processors(1).take(64) == (0, 1, 2, 3, 6)


def test_more_jobs_than_processors_are_not_pinned() -> None:
    processors = Processors(8)
    taken = [processors.take(None) for _ in range(9)]
    assert taken[-1] is None
    assert all(
        places is not None and processors.pinned(places) == () for places in taken[:8]
    )
