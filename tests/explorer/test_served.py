"""One engine explores again and again: as a new one would, whatever happened to it before."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heald.building.engine import engine_path
from heald.explorer import served
from heald.explorer.built import build_program
from heald.explorer.exploration import program_of, scenario_text
from heald.explorer.process import explore
from heald.generating.small import small_scenarios
from heald.verdicts import EngineError, UsageError
from subjects import publish, refcount

CRASHES = """
#include <stdlib.h>
#include <string.h>
int main(int count, char **words) {
    int *nowhere = 0;
    if (count > 1 && strcmp(words[1], "crash") == 0)
        *nowhere = 1;
    if (count > 1 && strcmp(words[1], "loop") == 0)
        for (volatile int i = 0;; i++)
            ;
    return 0;
}
"""
ENGINE = engine_path("explore")
NOISE = ("seconds", "peak_bytes")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "crashes.c").write_text(CRASHES)
    return build_program([str(tmp_path / "crashes.c")])


@pytest.fixture(autouse=True)
def none_waits() -> Iterator[None]:
    served._waiting.end()
    yield
    served._waiting.end()


def asked(program: Path, *words: str, again: bool = True, **more: Any) -> Any:
    return explore(ENGINE, program, [], words, again=again, **more)


def waiting() -> list[int]:
    return [each.process.pid for each in served._waiting.engines.values()]


@pytest.mark.parametrize("races", ["fail", "allow"])
@pytest.mark.parametrize(
    "subject",
    [publish.VARIANTS[0].subject, refcount.TARGETS[1]],
    ids=lambda subject: subject.name,
)
def test_an_engine_says_what_a_new_one_says(subject: Any, races: str) -> None:
    program = program_of(subject)
    options = ["--outcomes", "histories", "--places", "--races", races]
    kinds = [[], ["--order", "seq_cst"], ["--model", "sc"], ["--search", "pos"]]
    kinds += [["--shortest"], ["--max-executions", "2", "--traces", "1"]]
    for number, scenario in enumerate(small_scenarios(subject, most=12).scenarios):
        text = [scenario_text(subject, scenario)]
        more = kinds[number % len(kinds)]
        if "pos" in more:
            more = [*more, "--max-executions", "50", "--seed", str(number)]
        both = [
            explore(ENGINE, program, options + more, text, again=again)
            for again in (False, True)
        ]
        for each in both:
            for noise in NOISE:
                del each.result[noise]
        assert both[0] == both[1]
    assert len(waiting()) == 1


def test_a_fault_of_the_program_is_a_failure_and_the_engine_goes_on(
    program: Path,
) -> None:
    assert asked(program).result["executions"] == 1
    (engine,) = waiting()
    failures = asked(program, "crash").failures
    assert [failure["kind"] for failure in failures] == ["wild access"]
    assert asked(program).result["executions"] == 1
    assert waiting() == [engine]


def test_a_budget_ends_a_search_and_not_the_engine(program: Path) -> None:
    found = asked(program, "loop", budget_s=0.2)
    assert (found.result["reason"], found.result["exhausted"]) == ("budget", False)
    assert asked(program).failures == []
    assert len(waiting()) == 1


def test_a_loop_without_end_is_found(program: Path) -> None:
    explored = explore(ENGINE, program, ["--endless-ms", "200"], ["loop"], again=True)
    assert [failure["kind"] for failure in explored.failures] == ["endless loop"]


def test_options_that_the_engine_refuses_are_a_usage_error(program: Path) -> None:
    with pytest.raises(UsageError, match="unknown value"):
        explore(ENGINE, program, ["--model", "none"], [], again=True)
    assert asked(program).result["exhausted"]


def test_a_program_that_cannot_be_loaded_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        asked(tmp_path / "nothing.so")
    assert waiting() == []


def test_what_searches_take_is_counted(program: Path) -> None:
    before = served.processor_s()
    asked(program, "loop", budget_s=0.5)
    took = served.processor_s() - before
    assert 0.05 < took < 2.0
    asked(program)
    assert served.processor_s() - before - took < 0.2


def test_an_engine_that_died_while_it_waited_is_replaced(program: Path) -> None:
    asked(program)
    (engine,) = waiting()
    os.kill(engine, 9)
    for each in served._waiting.engines.values():
        each.process.wait()
    assert asked(program).result["exhausted"]
    assert waiting() not in ([], [engine])


def test_an_engine_that_is_killed_at_work_is_an_engine_error(program: Path) -> None:
    asked(program)
    (engine,) = waiting()
    threading.Timer(0.3, os.kill, (engine, 9)).start()
    with pytest.raises(EngineError, match="killed by SIGKILL"):
        explore(ENGINE, program, ["--endless-ms", "60000"], ["loop"], again=True)


def ask_fifty_times(program: Path) -> None:
    for _ in range(50):
        asked(program)


def child_of(engine: int) -> int:
    """Return the process that the next question goes to; the engine may be making it."""
    children = Path(f"/proc/{engine}/task/{engine}/children")
    for _ in range(1000):
        if found := children.read_text().split():
            return int(found[0])
        time.sleep(0.01)
    raise AssertionError("there is no child")


def test_a_child_that_is_killed_between_questions_mixes_no_answers(
    program: Path,
) -> None:
    asked(program)
    (engine,) = waiting()
    os.kill(child_of(engine), 9)
    with pytest.raises(EngineError, match="killed by SIGKILL"):
        ask_fifty_times(program)
    assert waiting() == []
    assert asked(program, "crash").failures
    assert not asked(program).failures


def test_a_child_of_ours_asks_an_engine_of_its_own(program: Path) -> None:
    asked(program)
    (engine,) = waiting()
    child = os.fork()
    if child == 0:
        fine = waiting() == [] and asked(program).result["exhausted"]
        served._waiting.end()
        os._exit(0 if fine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert asked(program).result["exhausted"]
    assert waiting() == [engine]


def test_another_child_goes_on_after_many_searches() -> None:
    subject = publish.VARIANTS[0].subject
    program, one = program_of(subject), small_scenarios(subject, most=1).scenarios[0]
    text = [scenario_text(subject, one)]
    counts = {
        explore(ENGINE, program, [], text, again=True).result["executions"]
        for _ in range(1010)
    }
    assert len(counts) == 1
    assert len(waiting()) == 1


def test_no_more_than_a_few_wait(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "_MOST", 2)
    several = [served._waiting.take(ENGINE, program) for _ in range(4)]
    for each in several:
        served._waiting.put_back(each)
    assert waiting() == [each.process.pid for each in several[2:]]
