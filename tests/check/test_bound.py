"""`--bound N`: every loop is followed N rounds, and what would go on is counted."""

from __future__ import annotations

import json
from math import factorial
from typing import Any

import pytest

from heald.cli import main
from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

from .programs import HEAD

ADD = """
atomic_int n; int own[8], rounds = 3;
THREAD(add) { UNUSED; for (int i = 0; i < rounds; i++) n++; return 0; }
int main(void) {
    for (int i = 0; i < 8; i++) own[i] = i;
    for (int i = 0; i < 2; i++) go(add, 0);
    done(); assert(CLAIM); }
"""
NESTED = """
atomic_int n; int outer = 2, inner = 3;
THREAD(add) { UNUSED;
    for (int i = 0; i < outer; i++) { n++; for (int k = 0; k < inner; k++) n--; } return 0; }
int main(void) { go(add, 0); done(); }
"""


def run(text: str, **options: Any) -> CheckResult:
    source = written(HEAD + text)
    return check([source], budget_s=60, **options)


def orders(rounds: int) -> int:
    return factorial(2 * rounds) // factorial(rounds) ** 2


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
@pytest.mark.parametrize("bound", [1, 2])
def test_rounds_beyond_the_bound_are_cut(bound: int, model: str) -> None:
    text = ADD.replace("CLAIM", "n == 6")
    result = run(text, bound=bound, model=model)
    assert (result.verdict, result.exhaustive) == (Verdict.UNDECIDED, False)
    assert (result.executions, result.cut) == (0, orders(bound))


@pytest.mark.parametrize("bound", [3, 10])
def test_a_bound_that_cuts_nothing_changes_nothing(bound: int) -> None:
    result = run(ADD.replace("CLAIM", "n == 6"), bound=bound)
    assert (result.verdict, result.exhaustive) == (Verdict.PASSED, True)
    assert (result.executions, result.cut) == (orders(3), 0)


@pytest.mark.parametrize("search", ["random", "uniform", "pct", "pos"])
def test_samples_are_cut_as_well(search: str) -> None:
    text = ADD.replace("CLAIM", "n == 6")
    result = run(text, bound=2, search=search, max_executions=50)
    assert (result.verdict, result.executions, result.cut) == (Verdict.UNDECIDED, 0, 50)


def test_a_failure_within_the_bound_is_found() -> None:
    text = ADD.replace("n++", "{ int seen = n; assert(seen != 2); n = seen + 1; }")
    result = run(text.replace("CLAIM", "1"), bound=2, model="sc")
    assert [failure["kind"] for failure in result.failures] == ["assertion"]


def test_a_loop_within_a_loop_begins_anew() -> None:
    assert run(NESTED, bound=3).verdict is Verdict.PASSED
    assert run(NESTED, bound=2).verdict is Verdict.UNDECIDED


def test_waiting_is_no_round() -> None:
    text = """
    atomic_int ready; THREAD(waiter) { UNUSED; while (!ready) ; return 0; }
    int main(void) { go(waiter, 0); ready = 1; done(); }
    """
    assert run(text, bound=1).verdict is Verdict.PASSED


def test_the_command_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    source = written(HEAD + ADD.replace("CLAIM", "n == 6"))
    with pytest.raises(SystemExit) as ended:
        main(["check", str(source), "--bound", "2", "--json"])
    said = capsys.readouterr()
    assert ended.value.code == Verdict.UNDECIDED.exit_code
    assert {"bound": 2, "cut": 6}.items() <= json.loads(said.out).items()
    assert "no failure with at most 2 rounds of any loop" in said.err
