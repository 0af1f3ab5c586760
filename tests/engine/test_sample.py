from __future__ import annotations

import re

import pytest

from . import litmus
from .conftest import Explore

SEARCHES = ["uniform", "mixed", "pct", "pos"]
SMALL = [
    ("sb", litmus.sb(2)),
    ("iriw", litmus.iriw(2)),
    ("2+2w", "W x 1 rlx; W y 2 rlx | W y 1 rlx; W x 2 rlx"),
    ("rmw", litmus.ainc(3)),
    ("inc", litmus.inc(2)),
    ("mutex", litmus.mutex(3)),
    ("ticket", litmus.ticket(2)),
    ("sb with fences", litmus.sb(2, between="F sc;")),
    ("sb seq_cst", litmus.sb(2, "sc")),
]


@pytest.mark.slow
@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("case", SMALL, ids=lambda case: case[0])
def test_samples_are_the_executions_and_no_others(
    explore: Explore, case: tuple[str, str], search: str
) -> None:
    every = explore(case[1])
    sampled = explore(case[1], "-s", search, "-n", "1500", "-S", "11")
    assert sampled["distinct"] == every["distinct"]
    both = explore(case[1], "-s", search, "-n", "1500", "-S", "11", model="tso")
    assert both["distinct"] == explore(case[1], model="tso")["distinct"]


@pytest.mark.parametrize("search", SEARCHES)
def test_the_same_seed_gives_the_same_runs(explore: Explore, search: str) -> None:
    first, again = (
        explore(litmus.sb(3), "-s", search, "-n", "50", "-S", "5", "-p") for _ in range(2)
    )
    other = explore(litmus.sb(3), "-s", search, "-n", "50", "-S", "6", "-p")
    assert first == again
    assert first["schedule"] != other["schedule"] or first["hash"] != other["hash"]


def graphs(explore: Explore, text: str, *arguments: str) -> list[tuple[str, str]]:
    said = explore.raw(text, *arguments)
    return re.findall(r"^schedule (.*)\nhash (\w+)$", said, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.parametrize("case", SMALL, ids=lambda case: case[0])
def test_every_schedule_replays_to_its_own_graph(
    explore: Explore, case: tuple[str, str]
) -> None:
    found = graphs(explore, case[1], "-p")[:40]
    assert found
    for schedule, graph in found:
        again = graphs(explore, case[1], "-p", "-R", schedule)
        assert again == [(schedule, graph)]


def test_a_failure_replays(explore: Explore) -> None:
    text = "w x 1; W y 1 rlx | R a y rlx; ? a == 0 1; r b x"
    found = explore(text)
    again = explore(text, "-R", found["schedule"])
    assert found["failure"].startswith("data race: ")
    assert (again["failure"], again["diverged"]) == (found["failure"], "0")


def test_a_schedule_that_does_not_fit_is_told(explore: Explore) -> None:
    assert explore(litmus.sb(2), "-R", "v1:0*2 1.7 2")["diverged"] == "1"
    assert explore(litmus.sb(2), "-R", "v1:0*2 9*3")["diverged"] == "1"


def test_the_default_sampler_finds_weak_behaviour(explore: Explore) -> None:
    """Of 2,000 runs, 20 standard deviations below what was measured would still pass."""
    text = (
        "W x 1 rlx; W y 2 rlx | W y 1 rlx; W x 2 rlx"
        "{R a x rlx; R b y rlx; ? a != 1 2; ? b != 1 1; A a == 9}"
    )
    said = explore(text, "-s", "mixed", "-n", "2000", "-k")
    assert int(said["failures"]) > 400


def test_lock_order_deadlock_is_sampled(explore: Explore) -> None:
    text = "L m; L n; N n; N m | L n; L m; N m; N n"
    said = explore(text, "-s", "mixed", "-n", "50")
    assert said["failure"].startswith("deadlock: ")
    again = explore(text, "-R", said["schedule"])
    assert again["failure"] == said["failure"]


REPEATED = [
    *SMALL,
    ("2+2w with fences", "W x 1 rlx; F sc; W y 2 rlx | W y 1 rlx; F sc; W x 2 rlx"),
    ("weak", "C a x 0 1 rlx rlx; C b x 0 2 rlx rlx | C c x 0 3 rlx rlx; R d x rlx"),
    ("assertion", "W x 1 rlx; W y 1 rlx | R a y rlx; R b x rlx; ? a == 0 1; A b == 1"),
    ("deadlock", "L m; L n; N n; N m | L n; L m; N m; N n"),
    ("flag", "R a x acq; ? a == 0 -2; R b y rlx | W y 1 rlx; W x 1 rel"),
]


@pytest.mark.slow
@pytest.mark.parametrize("model", ["rc11", "tso", "sc"])
@pytest.mark.parametrize("case", REPEATED, ids=lambda case: case[0])
def test_remembered_runs_come_to_what_they_would_have_come_to(
    explore: Explore, case: tuple[str, str], model: str
) -> None:
    """With the same seed the same choices are drawn, whether runs are made or remembered."""
    counted = ("executions", "blocked", "failures", "distinct", "steps")
    for search in SEARCHES if model == "rc11" else ["mixed"]:
        options = ("-s", search, "-n", "500", "-S", "3", "-k", "-w")
        made = explore(case[1], *options, model=model)
        remembered = explore(case[1], *options, "-o", model=model)
        assert made["remembered"] == "0"
        assert int(remembered["remembered"]) > 50
        assert [made[key] for key in counted] == [remembered[key] for key in counted]


def test_a_failing_run_is_shown_each_time(explore: Explore) -> None:
    text = "W x 1 rlx; W x 2 rlx | R a x rlx; A a != 1"
    said = explore(text, "-s", "uniform", "-n", "500", "-k", "-o")
    assert int(said["failures"]) + int(said["executions"]) == 500
    assert int(said["failures"]) > 50


def test_who_wants_every_execution_is_shown_every_one(explore: Explore) -> None:
    every = explore.raw(litmus.sb(2), "-s", "uniform", "-n", "100", "-p")
    once = explore.raw(litmus.sb(2), "-s", "uniform", "-n", "100", "-p", "-o")
    assert every.count("schedule ") == 100
    assert 4 <= once.count("schedule ") < 100
