from __future__ import annotations

import pytest

from . import litmus
from .conftest import Explore

PROGRAMS = [
    ("sb", litmus.sb(6)),
    ("inc", litmus.inc(4)),
    ("ainc", litmus.ainc(5)),
    ("mutex", litmus.mutex(4)),
    ("ticket", litmus.ticket(4)),
    ("ttas", litmus.ttas(3)),
    ("seqlock", litmus.seqlock(2)),
    ("one execution", "W x 1 rlx"),
]


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda case: case[0])
def test_remembering_changes_nothing(explore: Explore, case: tuple[str, str]) -> None:
    with_memo, without = explore(case[1]), explore(case[1], "-M")
    assert without["executions"] == with_memo["executions"]
    assert without["distinct"] == with_memo["distinct"]
    assert int(without["runs"]) >= int(with_memo["runs"])


@pytest.mark.parametrize("threads", [2, 3, 4])
def test_allowed_races_are_relaxed_accesses(explore: Explore, threads: int) -> None:
    plain = explore(litmus.beside(*["r a x; w x a+1"] * threads), "-r")
    assert plain["failures"] == "0"
    assert plain["executions"] == explore(litmus.inc(threads))["executions"]


def test_a_lost_update_shows_where_races_are_allowed(explore: Explore) -> None:
    text = "r a x; w x a+1 | r a x; w x a+1 {r a x; A a == 2}"
    assert explore(text)["failure"].startswith("data race: ")
    assert explore(text, "-r")["failure"].startswith("assertion: ")


RACES = [
    ("two writes", "w x 1 | w x 2", True),
    ("read and write", "r a x | w x 2", True),
    ("two reads", "r a x | r a x", False),
    ("plain and atomic write", "w x 1 | W x 2 rlx", True),
    ("plain read, atomic write", "r a x | W x 2 rlx", True),
    ("plain read, atomic read", "r a x | R a x rlx", False),
    ("plain write, atomic read", "w x 1 | R a x rlx", True),
    (
        "ordered by release and acquire",
        "w x 1; W y 1 rel | R a y acq; ? a == 0 1; r b x",
        False,
    ),
    ("not ordered by relaxed", "w x 1; W y 1 rlx | R a y acq; ? a == 0 1; r b x", True),
    (
        "ordered by fences",
        "w x 1; F rel; W y 1 rlx | R a y rlx; ? a == 0 2; F acq; r b x",
        False,
    ),
    (
        "ordered through an RMW of a third thread",
        "w x 1; W y 1 rel | U a y add 1 rlx | R a y acq; ? a < 2 1; r b x",
        False,
    ),
    (
        "not ordered through a store of a third thread",
        "w x 1; W y 1 rel | R a y rlx; ? a != 1 1; W y 2 rlx | R a y acq; ? a != 2 1; r b x",
        True,
    ),
    ("ordered by a lock", "L m; w x 1; N m | L m; w x 2; N m", False),
    ("different locks", "L m; w x 1; N m | L n; w x 2; N n", True),
]


@pytest.mark.parametrize("case", RACES, ids=lambda case: case[0])
def test_races_are_what_happens_before_does_not_order(
    explore: Explore, case: tuple[str, str, bool]
) -> None:
    assert explore(case[1])["failures"] == str(int(case[2]))


def test_relaxed_publication_has_no_race_under_sc_and_tso(explore: Explore) -> None:
    text = "w x 1; W y 1 rlx | R a y rlx; ? a == 0 1; r b x"
    assert [explore(text, model=m)["failures"] for m in ("rc11", "sc", "tso")] == [
        "1",
        "0",
        "0",
    ]


def test_lock_order_is_a_deadlock(explore: Explore) -> None:
    assert explore("L m; L n; N n; N m | L n; L m; N m; N n")["failure"].startswith(
        "deadlock: "
    )


def test_a_loop_that_nobody_ends_is_a_livelock(explore: Explore) -> None:
    assert explore("R a y acq; ? a != 1 -2 | W y 2 rel")["failure"].startswith(
        "livelock: "
    )


def test_a_loop_that_somebody_ends_is_none(explore: Explore) -> None:
    said = explore("R a y acq; ? a != 2 -2 | W y 1 rel; W y 2 rel")
    assert (said["failures"], said["executions"], said["blocked"]) == ("0", "1", "0")
