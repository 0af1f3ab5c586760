"""One planted flaw for each name that a bug can have, and its neighbours that have none."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

import heald
from heald.explorer.execution import bug_of, completed
from heald.explorer.exploration import explore_scenario
from heald.explorer.options import Options
from heald.explorer.program import check
from heald.orders.advice import program_advice, with_change
from heald.scenario import Call, Scenario
from heald.showing.diagnosis import Diagnosis, diagnose
from heald.showing.told import told_steps
from heald.subject.subject import Subject

SOURCE = Path(__file__).parent / "diagnoses.c"
ORDERS = "orders"  # what is to change is known, and was tried
FLAW = "flaw"  # no memory order mends it

NAMES = [
    (1, "ABA", FLAW),
    (2, "lost wake-up", FLAW),
    (3, "double free", FLAW),
    (4, "publication before initialisation", FLAW),
    (5, "data race", ORDERS),
    (6, "store buffering", ORDERS),
    (7, "lost update", FLAW),
    (8, "deadlock", FLAW),
    (9, "use after free", FLAW),
    (10, "assertion", FLAW),
    (11, "assertion", FLAW),
    (12, "stale publication", ORDERS),
    (13, "data race", FLAW),
    (14, "uninitialised read", FLAW),
    (15, "lost update", FLAW),
    (16, "data race", ORDERS),
]

IN_SCENARIOS = [row for row in NAMES if row[0] in (1, 2, 3, 4, 5, 6, 8, 9, 12)]


@cache
def failure(which: int) -> dict[str, Any]:
    result = check([SOURCE], arguments=[str(which)], budget_s=60)
    assert result.failures, which
    return dict(result.failures[0])


def bug(which: int) -> Diagnosis:
    failed = failure(which)
    trace = {**failed["trace"], "steps": told_steps(failed)}
    return diagnose({**failed, "trace": trace})


@pytest.mark.parametrize(("which", "name", "mended"), NAMES)
def test_a_program_s_flaw_has_its_name(which: int, name: str, mended: str) -> None:
    found = bug(which)
    assert found.name == name
    if name == "assertion":
        assert not found.is_by_rule  # two steps that belong together: no name is claimed
    advice = program_advice([str(SOURCE)], Options(budget_s=60), arguments=[str(which)])
    if mended == FLAW:
        assert advice == {"is_algorithms": True}
    else:
        assert "diagnoses.c:" in advice["change"]
        assert "(tried: all " in advice["change"]


@cache
def calls() -> Subject:
    """Return a subject whose calls are the threads of `SOURCE`."""
    names = {"begin": "begin", "left": "one", "right": "another"}
    ops = {
        name: heald.op(
            f"void {function}(struct nothing *, int which)", which=st.integers()
        )
        for name, function in names.items()
    }
    return Subject(
        str(SOURCE.with_name("diagnosed_calls.c")), state="struct nothing", ops=ops
    )


@pytest.mark.parametrize(("which", "name", "mended"), IN_SCENARIOS)
def test_a_scenario_s_flaw_has_its_name(which: int, name: str, mended: str) -> None:
    threads = (Call("left", (which,)),), (Call("right", (which,)),)
    found = explore_scenario(
        calls(), Scenario(threads, before=(Call("begin", (which,)),))
    )
    assert found.findings
    told = completed(calls(), found.findings[0], found.options)
    assert bug_of(told).name == name
    tried = with_change(calls(), told, found.options).detail
    assert ("change" in tried) == (mended == ORDERS)
    assert tried.get("is_algorithms", False) == (mended == FLAW)


def test_what_is_to_change_is_only_what_was_tried() -> None:
    cut_off = program_advice(
        [str(SOURCE)], Options(budget_s=60), arguments=["6"], most_explorations=3
    )
    assert cut_off == {}


def test_a_place_that_is_used_again_was_not_published_too_early() -> None:
    steps: list[dict[str, Any]] = [
        {"thread": 1, "op": "write", "at": "slot", "line": 1, "file": "a.c", "new": "1"},
        {"thread": 1, "op": "store", "at": "flag", "line": 2, "file": "a.c", "new": "1"},
        {
            "thread": 2,
            "op": "load",
            "at": "flag",
            "line": 8,
            "file": "a.c",
            "old": "1",
            "from": 1,
        },
        {"thread": 1, "op": "write", "at": "slot", "line": 3, "file": "a.c", "new": "2"},
    ]
    where = [
        {"thread": 2, "access": "read", "at": "slot", "line": 9, "file": "a.c"},
        {"thread": 1, "access": "write", "at": "slot", "line": 3, "file": "a.c"},
    ]
    failed = {"kind": "data race", "message": "", "where": where}
    assert diagnose({**failed, "trace": {"steps": steps}}).name == "data race"
    early = [steps[1], {**steps[2], "from": 0}, steps[3]]
    found = diagnose({**failed, "trace": {"steps": early}})
    assert found.name == "publication before initialisation"
    assert "writes only later, at a.c:3" in found.line


BOX = """
#include <stdatomic.h>
struct box {{ atomic_int full, value; }};
void box_init(struct box *box) {{ atomic_store(&box->full, 0); }}
void put(struct box *box, int value) {{
    atomic_store(&box->{0});
    atomic_store(&box->{1});
}}
int get(struct box *box) {{ return atomic_load(&box->full) ? atomic_load(&box->value) : -1; }}
"""
STEPS = ("full, 1", "value, value")


class Box:
    def __init__(self) -> None:
        self.value = -1

    def put(self, value: int) -> None:
        self.value = value

    def get(self) -> int:
        return self.value


@pytest.mark.parametrize("is_early", [True, False])
def test_a_scenario_s_early_publication_has_its_name(
    tmp_path: Path, is_early: bool
) -> None:
    steps = STEPS if is_early else STEPS[::-1]
    (tmp_path / "box.c").write_text(BOX.format(*steps))
    box = Subject(
        str(tmp_path / "box.c"),
        state="struct box",
        init="void box_init(struct box *)",
        ops={
            "put": heald.op("void put(struct box *, int value)", value=st.integers(1, 9)),
            "get": heald.op("int get(struct box *)"),
        },
        model=Box,
    )
    scenario = Scenario(threads=((Call("put", (7,)),), (Call("get"),)))
    found = explore_scenario(box, scenario)
    assert bool(found.findings) is is_early
    if is_early:
        named = bug_of(completed(box, found.findings[0], found.options))
        assert named.name == "publication before initialisation"


SHARED = """
#include <stdatomic.h>
struct mine {{ int rounds; }};
int bump({state} *number, struct mine *self) {{
    self->rounds++;
    int seen = atomic_load({place});
    atomic_store({place}, seen + 1);
    return seen;
}}
"""


class Bumped:
    def __init__(self) -> None:
        self.value = 0

    def bump(self) -> int:
        self.value += 1
        return self.value - 1


@pytest.mark.parametrize(
    ("state", "place", "name"),
    [
        ("struct box", "&number->value", "number->value"),
        ("atomic_int", "number", "*number"),
    ],
)
def test_the_state_is_called_as_the_function_has_it(
    tmp_path: Path, state: str, place: str, name: str
) -> None:
    text = SHARED.format(state=state, place=place)
    declared = "struct box { atomic_int value; };\nint bump"
    (tmp_path / "bump.c").write_text(text.replace("int bump", declared))
    signature = f"int bump({state} *, struct mine *)"
    ops = {"bump": heald.op(signature)}
    source = str(tmp_path / "bump.c")
    bumped = Subject(source, state=state, local="struct mine", ops=ops, model=Bumped)
    scenario = Scenario(threads=((Call("bump"),), (Call("bump"),)))
    found = explore_scenario(bumped, scenario)
    told = completed(bumped, found.findings[0], found.options)
    assert f"both read 0 from {name} and both wrote 1" in bug_of(told).line
    names = {step.get("name") for step in told.detail["trace"]["steps"]}
    assert {name, "thread 1's self->rounds"} <= names
    assert any(
        step.get("at", "").startswith("state+") for step in told.detail["trace"]["steps"]
    )


@pytest.mark.parametrize(
    ("first", "advice"),
    [(1, "forget the pointer there"), (2, "exactly one thread may come to free it")],
)
def test_a_block_that_one_thread_frees_twice_is_not_two_owners(
    first: int, advice: str
) -> None:
    where = [
        {"thread": 1, "access": "free", "at": "block", "line": 9, "file": "a.c"},
        {"thread": first, "access": "freed", "at": "block", "line": 3, "file": "a.c"},
    ]
    found = diagnose({"kind": "double free", "message": "", "where": where})
    assert advice in found.advice
