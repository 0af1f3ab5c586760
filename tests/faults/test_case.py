"""The records that Python and C share."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heald.building.engine import engine_sources
from heald.faults.case import (
    CALLS,
    FLAGS,
    Action,
    Case,
    Shape,
    Sink,
    Source,
    Step,
)
from heald.faults.choose import Drawn
from heald.faults.clauses import KINDS, Clause
from heald.faults.contract import Contract
from heald.faults.methods import METHODS
from heald.faults.records import case_of, pack_case, read

HEADER = (engine_sources() / "include" / "heald" / "faults.h").read_text()
SHIM = (engine_sources() / "faults" / "shim.h").read_text()


@st.composite
def any_case(draw: st.DrawFn) -> Case:
    method = draw(st.sampled_from(METHODS))
    case = method.draw(Drawn(draw), Contract())
    return case or Case()


@given(any_case())
def test_a_case_survives_its_record(case: Case) -> None:
    assert case_of(read("fault_case", pack_case(case))) == case


@given(any_case())
def test_a_case_survives_its_capsule(case: Case) -> None:
    assert Case.from_json(case.to_json()) == case


def enumerators(text: str, name: str) -> list[str]:
    body = re.search(rf"enum {name} {{(.*?)}};", text, re.DOTALL)
    assert body is not None
    bare = re.sub(r"/\*.*?\*/", "", body[1], flags=re.DOTALL)
    return [line.split("=")[0].strip() for line in bare.split(",") if line.strip()]


SEEN_BY_PARENT = Clause.HANG | Clause.CRASH


@pytest.mark.parametrize(
    ("name", "prefix", "ours"),
    [
        ("fault_source", "SOURCE_", [member.name for member in Source]),
        ("fault_sink", "SINK_", [member.name for member in Sink]),
        ("fault_action", "STEP_", [member.name for member in Action]),
        ("fault_shape", "SHAPE_", [member.name for member in Shape]),
        ("fault_flag", "FLAG_", [flag.upper() for flag in FLAGS]),
        ("fault_clause", "BROKEN_", [c.name for c in Clause if c not in SEEN_BY_PARENT]),
    ],
)
def test_names_are_in_the_order_of_the_header(
    name: str, prefix: str, ours: list[str]
) -> None:
    assert [each.removeprefix(prefix) for each in enumerators(HEADER, name)] == ours


def test_calls_are_in_the_order_of_the_shim() -> None:
    names = [
        each.removeprefix("SHIM_").lower() for each in enumerators(SHIM, "shim_call")
    ]
    assert names == list(CALLS)


def test_every_clause_has_a_word() -> None:
    assert set(KINDS) == set(Clause)


def test_a_step_says_its_errno_by_name() -> None:
    assert str(Step(Action.ERRNO, 4)) == "EINTR"
