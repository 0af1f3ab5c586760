"""The lanes of conftest.py name what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

import conftest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", [*conftest.ALONE, *conftest.LONG])
def test_a_lane_names_what_there_is(name: str) -> None:
    assert (ROOT / name).exists()


def test_what_is_long_is_not_alone() -> None:
    assert not [file for file in conftest.LONG if file.startswith(conftest.ALONE)]
