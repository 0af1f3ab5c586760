"""The litmus matrix: outcomes and counts under each model, and what the machine may show."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from heald import Verdict
from heald.cli import main
from heald.litmus import MODELS, Row, litmus_row, machine_model, overall, show
from heald.native import NativeResult, NativeSession
from subjects.litmus import ORDERS, SHAPES, TABLE, litmus
from tests.litmus.shapes import SHAPES as TEXTS

BY_NAME = {subject.variant: subject for subject in TABLE.values()}

#: Ways to order a shape as tests/litmus calls them, where all accesses of ours are ordered so.
WAYS = {
    "relaxed": "relaxed",
    "release-acquire": "release-acquire",
    "seq-cst": "seq_cst",
    "acq-rel-fences": "fences acq_rel",
    "seq-cst-fences": "fences seq_cst",
}

#: Executions under sc, tso and rc11.
COUNTS = {
    "sb-relaxed": (3, 4, 4),
    "sb-seq-cst": (3, 3, 3),
    "sb-seq-cst-fences": (3, 3, 3),
    "mp-relaxed": (3, 3, 4),
    "mp-release-acquire": (3, 3, 3),
    "lb-relaxed": (3, 3, 3),
    "iriw-release-acquire": (15, 15, 16),
    "iriw-seq-cst": (15, 15, 15),
    "2-2w-acq-rel-fences": (3, 3, 4),
    "wrc-relaxed": (7, 7, 8),
    "isa2-release-acquire": (7, 7, 7),
    "r-relaxed": (3, 4, 4),
    "s-relaxed": (3, 3, 4),
    "corr-relaxed": (3, 3, 3),
    "corr2-relaxed": (72, 72, 72),
    "coww-relaxed": (6, 6, 6),
}


@pytest.mark.parametrize("name", COUNTS)
def test_executions_and_outcomes_are_those_of_the_models(name: str) -> None:
    row = litmus_row(BY_NAME[name])
    assert row.problems == ()
    assert tuple(row.explored[model].executions for model in MODELS) == COUNTS[name]
    assert row.allowed("rc11") == row.declared


def test_counts_are_the_same_as_those_of_the_axioms() -> None:
    compared = 0
    for name, counts in COUNTS.items():
        shape, order = next(
            (shape, order)
            for shape in SHAPES
            for order in ORDERS
            if f"{shape.name}-{order.name}" == name
        )
        text = TEXTS.get(shape.name.upper().replace("2-2W", "2+2W"))
        way = WAYS.get(order.name)
        if text is None or way not in text.rows:
            continue
        row = text.rows[way]
        assert (row.sc, row.tso, row.rc11) == counts, name
        compared += 1
    assert compared >= 10


@pytest.fixture(scope="module")
def relaxed() -> Row:
    with NativeSession() as session:
        return litmus_row(BY_NAME["sb-relaxed"], session=session, native_s=0.3)


def test_real_threads_stay_within_the_machines_model(relaxed: Row) -> None:
    assert relaxed.native is not None
    assert relaxed.native.samples > 0
    assert set(relaxed.native.histogram) <= relaxed.allowed(machine_model())
    assert relaxed.verdict is Verdict.PASSED


def test_an_outcome_that_the_model_forbids_fails(relaxed: Row) -> None:
    # Sequentially consistent accesses forbid what relaxed ones have shown: as if a compiler
    # had lost the barrier.
    strict = litmus_row(BY_NAME["sb-seq-cst"])
    weak = next(iter(relaxed.weak))
    broken = replace(strict, native=_with(relaxed, {weak: 7}))
    assert broken.verdict is Verdict.FAILED
    (problem,) = broken.problems
    assert problem.startswith("real threads gave 0 | 0 7 times in ")
    assert problem.endswith(f"which {machine_model()} forbids")


def _with(row: Row, histogram: dict[object, int]) -> NativeResult:
    assert row.native is not None
    return replace(row.native, histogram=histogram)  # type: ignore[arg-type]


def test_a_table_that_forbids_too_little_or_too_much_fails() -> None:
    shape = next(shape for shape in SHAPES if shape.name == "mp")
    order = ORDERS[0]
    stricter = litmus(replace(shape, forbidden_from=0), order)
    assert litmus_row(stricter).problems == (
        "rc11 allows - | 1 0, which the table forbids",
    )
    looser = litmus(replace(shape, forbidden_from=3), ORDERS[3])
    assert litmus_row(looser).problems == (
        "the table allows - | 1 0, which no execution gives",
    )


def test_threads_that_never_meet_are_no_evidence(relaxed: Row) -> None:
    never_weak = dict.fromkeys(relaxed.allowed("sc"), 5)
    blind = replace(relaxed, native=_with(relaxed, dict(never_weak)))
    assert blind.verdict is Verdict.PASSED
    assert overall([blind]) is Verdict.UNTRUSTWORTHY
    no_sample = replace(relaxed, native=_with(relaxed, {}))
    assert no_sample.native is not None
    empty = replace(no_sample, native=replace(no_sample.native, samples=0))
    assert empty.verdict is Verdict.UNTRUSTWORTHY


def test_outcomes_are_shown_by_their_values() -> None:
    assert show(((), (None,), ((1, 0),), ())) == "- | 1 0"
    assert show(((), (None,), (None,), ((1, 2),))) == "- | - ; 1 2"


def test_command_prints_the_matrix() -> None:
    done = CliRunner().invoke(main, ["litmus", "subjects/litmus.py:sb-*", "--model-only"])
    assert done.exit_code == 0, done.output
    line = next(x for x in done.output.splitlines() if x.startswith("litmus/sb-relaxed "))
    assert line.split() == [
        "litmus/sb-relaxed",
        *["3", "4", "4", "0", "|", "0:", "tso", "rc11"],
    ]
    assert "passed: 7 tests; 5 outcomes beyond sc" in done.output


def test_json_lists_every_outcome_with_its_models() -> None:
    place = "subjects/litmus.py:mp-relaxed"
    done = CliRunner().invoke(main, ["litmus", place, "--model-only", "--json"])
    (test,) = json.loads(done.stdout)["tests"]
    assert test["executions"] == {"sc": 3, "tso": 3, "rc11": 4}
    weak = [o for o in test["outcomes"] if o["allowed"] == ["rc11"]]
    assert weak == [
        {
            "outcome": [[], [None], [[1, 0]], []],
            "allowed": ["rc11"],
            "declared": True,
            "seen": 0,
        }
    ]


def test_a_place_without_litmus_tests_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("")
    done = CliRunner().invoke(main, ["litmus", str(tmp_path / "empty.py")])
    assert done.exit_code == 2
    assert "no litmus test in" in done.output
