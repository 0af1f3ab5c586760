"""Capsules of orders that are needed."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from heald import UsageError, Verdict
from heald.capsule import load_capsule
from heald.replaying.replay import replay
from tests.cli.test_mutate import heald_mutate


def test_needed_orders_are_capsules_that_replay(tmp_path: Path) -> None:
    done = heald_mutate(
        "subjects/publish.py:fences", "--scenarios", "0", "--capsules", str(tmp_path)
    )
    assert done.exit_code == 0, done.output
    capsules = sorted(tmp_path.iterdir())
    assert len(capsules) == 3
    for path in capsules:
        assert f"heald replay {path}" in done.output
        replayed = replay(load_capsule(path), budget_s=60)
        assert (replayed.verdict, replayed.failures) == (Verdict.FAILED, 1)
        assert replayed.samples == 1  # its one execution, not a new search
        assert not replayed.changed


def test_a_capsule_shows_the_order_at_its_place(tmp_path: Path) -> None:
    heald_mutate(
        "subjects/publish.py:fences", "--scenarios", "0", "--capsules", str(tmp_path)
    )
    capsules = [load_capsule(path) for path in tmp_path.iterdir()]
    orders = sorted(capsule.settings["orders"][0] for capsule in capsules)
    assert orders[0] == "publish_fence.c:38:5@fence=release->relaxed"
    assert all("-> true" not in capsule.message for capsule in capsules)
    assert all(
        capsule.message.startswith("with publish_fence.c:") for capsule in capsules
    )


def test_capsule_of_an_order_that_is_gone_says_so(tmp_path: Path) -> None:
    heald_mutate(
        "subjects/publish.py:fences", "--scenarios", "0", "--capsules", str(tmp_path)
    )
    capsule = load_capsule(min(tmp_path.iterdir()))
    moved = {**capsule.settings, "orders": ["publish_fence.c:1=relaxed"]}
    with pytest.raises(UsageError, match=r"no atomic operation or fence was executed at"):
        replay(dataclasses.replace(capsule, settings=moved), budget_s=60)


def test_capsule_of_a_changed_text_says_what_to_do(tmp_path: Path) -> None:
    heald_mutate(
        "subjects/publish.py:fences", "--scenarios", "0", "--capsules", str(tmp_path)
    )
    capsule = load_capsule(min(tmp_path.iterdir()))
    old = {**capsule.settings, "mutant": "publish_fence.c:18: acquire -> relaxed"}
    with pytest.raises(UsageError, match="run heald mutate again"):
        replay(dataclasses.replace(capsule, settings=old), budget_s=60)
