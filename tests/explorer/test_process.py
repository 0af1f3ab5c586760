"""The engine's processes end when they should, and what they say of their parts adds up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from heald.explorer import process as explorer_process
from heald.explorer.process import explore, must_be_of_one_tree, summed
from heald.explorer.program import check
from heald.verdicts import EngineError, Verdict

DEAF = """#!{python}
import json, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(json.dumps(dict(type="progress", executions=7, blocked=0, seconds=0.1)), flush=True)
time.sleep(600)
"""
FIRST_PART_FAILS = """#!{python}
import json, sys, time
if "--after" not in sys.argv:
    print(json.dumps(dict(type="given", after="1", until="", size=0.5)), flush=True)
    time.sleep(1)
    counts = dict.fromkeys(("executions", "blocked", "steps", "runs", "peak_bytes"), 1)
    print(json.dumps(counts | dict(type="result", failures=1, exhausted=False, given=1,
                                   reason="failure", seconds=0.0, estimate=0.0, done=0.0)),
          flush=True)
else:
    time.sleep(600)
"""
ALLOCATES = """
#include <stdlib.h>
#include <string.h>
int main(void)
{
    for (;;) {
        char *more = malloc(1u << 20);
        if (more == NULL)
            abort();
        memset(more, 1, 1u << 20);
    }
}
"""


def test_engine_that_does_not_end_is_killed_and_its_counts_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = tmp_path / "engine"
    deaf.write_text(DEAF.format(python=sys.executable))
    deaf.chmod(0o755)
    monkeypatch.setattr(explorer_process, "_LATE_S", 3.0)
    explored = explore(deaf, tmp_path, [], [], budget_s=0.1)
    assert explored.result["executions"] in (0, 7)  # 0: killed before it could speak
    assert explored.result["exhausted"] is False
    assert explored.result["reason"] == "budget"


def test_a_part_that_is_stopped_before_it_can_listen_is_no_fault_of_the_engine(
    tmp_path: Path,
) -> None:
    engine = tmp_path / "engine"
    engine.write_text(FIRST_PART_FAILS.format(python=sys.executable))
    engine.chmod(0o755)
    explored = explore(engine, tmp_path, [], [], jobs=2)
    assert explored.result["reason"] == "failure"
    assert explored.result["executions"] == 1
    assert explored.result["exhausted"] is False


def test_budget_holds_within_an_execution_of_few_but_long_steps(tmp_path: Path) -> None:
    program = tmp_path / "allocates.c"
    program.write_text(ALLOCATES)
    result = check([program], budget_s=0.2)
    assert (result.verdict, result.reason) == (Verdict.UNDECIDED, "budget")
    assert result.engine["steps"] < 1024  # when the engine used to ask for the first time


def test_program_that_allocates_without_end_does_not_take_all_memory(
    tmp_path: Path,
) -> None:
    program = tmp_path / "allocates.c"
    program.write_text(ALLOCATES)
    result = check([program], budget_s=600)
    assert (result.verdict, result.reason) == (Verdict.UNDECIDED, "memory")
    assert result.engine["peak_bytes"] < 0.75 * 2**30


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
    total = summed([progress(100, 2000.0), progress(300, 300.0)])
    assert (total["executions"], total["estimate"]) == (400, 2000.0)
    assert total["done"] == pytest.approx(0.2)


def test_a_whole_that_was_visited_is_its_own_estimate() -> None:
    lines = [{**progress(100, 2000.0), "exhausted": True}, {**progress(300, 300.0)}]
    assert summed(lines)["estimate"] == 2000.0
    lines[1]["exhausted"] = True
    assert summed(lines)["estimate"] == 400


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


def part_of(tree: int, *, exhausted: bool = True) -> dict[str, Any]:
    return {"exhausted": exhausted, "tree": tree}


def test_parts_of_one_tree_are_one_search() -> None:
    must_be_of_one_tree([part_of(7), part_of(7), {}])
    must_be_of_one_tree([part_of(7), part_of(0, exhausted=False)])


def test_parts_of_different_trees_are_an_error() -> None:
    with pytest.raises(EngineError, match="have walked different trees"):
        must_be_of_one_tree([part_of(7), part_of(8)])
