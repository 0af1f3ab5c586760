"""Samples without a graph (csrc/explore/lean/), compared with the graphs of the same choices.

``--lean audited`` makes the graph of every run, step by step: each step must be one that the model
allows, read the same value and come to the same end, or the engine says that it is wrong.
"""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from tests.programs.explore_program import explore_program
from tests.programs.reference import SAMPLED, SHOWN, Sampled, Shown

SEARCHES = ("mixed", "uniform", "pct", "pos")
BIG = next(sampled for sampled in SAMPLED if sampled.name == "fadd 4x10")
STACK = next(sampled for sampled in SAMPLED if sampled.name == "treiber_4x3")
#: Locks, conditions, the heap, fences, compare-exchange, threads of threads.
AUDITED = (
    "bounded_queue",
    "condition_queue",
    "freeing_stack",
    "hazard_pointer",
    "lock_coupling",
    "lock_order",
    "message_fences",
    "michael_scott_queue",
    "published_list",
    "reference_count",
    "store_buffering",
    "tagged_stack",
    "treiber_stack",
    "work_stealing_deque",
)


def sampled(
    source: str, *options: str, defines: tuple[str, ...] = (), model: str = "rc11"
) -> dict[str, Any]:
    words = ("--failures", "0", "--leaks", "allow", *options)
    return explore_program(source, model, *words, defines=defines).result


@pytest.mark.parametrize("source", AUDITED)
def test_each_run_is_an_execution(source: str) -> None:
    for at, model in enumerate(("rc11", "sc")):
        words = ("--search", SEARCHES[at], "--lean", "audited", "--max-executions", "100")
        result = sampled(source, *words, model=model)
        assert result["lean"] > 0


@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.name)
def test_what_is_shown_is_shown_as_often(shown: Shown) -> None:
    """Of 4,000 runs each: five standard deviations apart would be another policy."""
    count = 4000
    rates = []
    for lean in ("never", "always"):
        words = ("--search", "mixed", "--max-executions", str(count), "--lean", lean)
        result = sampled(f"sampled/{shown.program}", *words, defines=shown.defines)
        assert result["lean"] == (count if lean == "always" else 0)
        assert result["lean_doubts"] == 0
        rates.append(result["failures"] / count)
    graph, lean_ = rates
    deviation = sqrt((graph * (1 - graph) + lean_ * (1 - lean_)) / count)
    assert abs(graph - lean_) < 5 * deviation


@pytest.mark.parametrize("big", [BIG, STACK], ids=lambda big: big.name)
def test_where_every_run_is_new_none_needs_a_graph(big: Sampled) -> None:
    words = ("--search", "mixed", "--max-executions", "3000")
    result = sampled(big.source, *words, defines=big.defines)
    assert result["executions"] == 3000
    assert result["lean"] > 2500
    assert "lean_left" not in result


def test_where_runs_are_known_graphs_make_them() -> None:
    result = sampled("sampled/mp", "--search", "mixed", "--max-executions", "1000")
    assert (result["lean"], result["lean_left"]) == (0, "many runs are known")
    assert result["remembered"] > 900


def test_the_same_seed_gives_the_same_runs() -> None:
    words = ("--search", "mixed", "--max-executions", "1000", "--lean", "always")
    first, again, other = (
        sampled(STACK.source, *words, "--seed", seed, defines=STACK.defines)["steps"]
        for seed in ("3", "3", "4")
    )
    assert first == again != other


def test_what_fails_is_told_as_a_graph_and_replays() -> None:
    shown = next(one for one in SHOWN if one.name == "treiber_aba")
    source = f"sampled/{shown.program}"
    words = ("--search", "mixed", "--max-executions", "2000", "--lean", "always")
    found = explore_program(source, "rc11", *words, defines=shown.defines)
    assert found.kinds == ["assertion"]
    schedule = found.failures[0]["schedule"]
    again = explore_program(source, "rc11", "--schedule", schedule, defines=shown.defines)
    assert again.kinds == found.kinds
    assert again.failures[0]["schedule"] == schedule


@pytest.mark.parametrize(
    ("source", "model", "options", "left"),
    [
        ("treiber_stack", "tso", (), "the model"),
        ("treiber_stack", "rc11", ("--races", "allow"), "plain accesses"),
        ("treiber_stack", "rc11", ("--bound", "3"), "the options"),
        ("mcs_lock", "rc11", (), "a thread uses the stack of another one"),
    ],
)
def test_what_is_not_modelled_is_left_by_name(
    source: str, model: str, options: tuple[str, ...], left: str
) -> None:
    words = ("--search", "mixed", "--max-executions", "50", "--lean", "always", *options)
    result = sampled(source, *words, model=model)
    assert result["lean"] == 0
    assert result["lean_left"].startswith(left)
    assert result["executions"] > 0
