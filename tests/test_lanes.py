"""The lanes of conftest.py name what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

import conftest

ROOT = Path(__file__).resolve().parents[1]


NAMES = (*conftest.ALONE, *conftest.LONG, *conftest.SAMPLED, *conftest.NIGHTLY)


@pytest.mark.parametrize("name", NAMES)
def test_a_lane_names_what_there_is(name: str) -> None:
    assert (ROOT / name).exists()


def test_what_is_long_is_not_alone() -> None:
    assert not [file for file in conftest.LONG if file.startswith(conftest.ALONE)]


@pytest.mark.parametrize("first", range(9))
def test_of_each_test_a_row_is_asked_and_in_turn_all(first: int) -> None:
    table = [f"tests/oracle/test_x.py::test_table[{n}]" for n in range(9)]
    one = ["tests/oracle/test_x.py::test_one", "tests/oracle/test_x.py::test_single[3]"]
    other = [f"tests/targets/test_x.py::test_table[{n}]" for n in range(9)]
    asked = conftest.rows([*table, *one, *other], first)
    assert {*one, *other} <= asked
    one_of = conftest.SAMPLED["tests/oracle/"]
    assert 1 <= len(asked & {*table}) <= len(table) // one_of + 1
    turns = (conftest.rows(table, first + turn) for turn in range(one_of))
    assert set().union(*turns) == {*table}


def test_what_is_nightly_is_asked_by_no_lane() -> None:
    assert conftest.rows([f"{file}::test_x" for file in conftest.NIGHTLY]) == set()
