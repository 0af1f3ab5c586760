from __future__ import annotations

from typing import Any

import pytest

from heald.explorer_process import summed


def progress(executions: int, estimate: float) -> dict[str, Any]:
    return {
        "type": "progress",
        "executions": executions,
        "blocked": 0,
        "estimate": estimate,
        "done": executions / estimate,
        "seconds": 1.0,
    }


def test_the_parts_of_a_search_add_up() -> None:
    total = summed([progress(100, 1000.0), progress(300, 1000.0)])
    assert (total["executions"], total["estimate"]) == (400, 2000.0)
    assert total["done"] == pytest.approx(0.2)


def test_a_part_that_has_said_nothing_is_taken_for_an_average_one() -> None:
    total = summed([progress(100, 1000.0), {}, progress(300, 1000.0), {}])
    assert total["estimate"] == 4000.0
    assert total["done"] == pytest.approx(0.1)


def test_more_than_was_estimated_is_no_more_than_all() -> None:
    assert summed([progress(150, 100.0)])["done"] == 1.0


def test_twins_are_the_same_in_every_part() -> None:
    lines = [
        {"executions": part, "estimate": 1.0, "twins": 3, "exhausted": True}
        for part in (1, 2)
    ]
    assert (summed(lines)["twins"], summed(lines)["executions"]) == (3, 3)


def test_no_parts_have_no_counts() -> None:
    assert summed([{}, {}]) == {}
