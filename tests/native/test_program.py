"""Whole programs on real threads: what only shows there is found, and what is right passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.building.compilers import find_compiler
from heald.native.program import NativeProgram, ProgramRuns, shows_a_known_race
from heald.verdicts import Verdict
from heald.verifying.program import verify_program

COUNTER = """\
#include <pthread.h>
#include <stdatomic.h>
#include <assert.h>
#ifdef HEALD_EXPLORED
enum { TIMES = 1 };
#else
enum { TIMES = 5000 };
#endif
static atomic_int counter;
static void *add(void *arg) {
    for (int i = 0; i < TIMES; i++)
        if (i < 1)
            atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
        else
            OTHERS;
    return arg;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, add, 0);
    add(0);
    pthread_join(t, 0);
    assert(counter == 2 * TIMES);
    return 0;
}
"""
LOST = "atomic_store(&counter, atomic_load(&counter) + 1)"
KEPT = "atomic_fetch_add(&counter, 1)"
ENDS = """\
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <unistd.h>
static int once(void *arg) { return arg != 0; }
int main(void) {
    thrd_t t;
    if (thrd_create(&t, once, 0) != thrd_success)
        return 0;
    thrd_join(t, 0);
    if (getpid() % 40)
        return 0;
    fprintf(stderr, "the fortieth\\n");
    HOW;
}
"""


def ran(tmp_path: Path, text: str, seconds: float = 0.5) -> ProgramRuns:
    source = tmp_path / "p.c"
    source.write_text(text)
    return NativeProgram([source], [], find_compiler(None)).run([], seconds)


@pytest.mark.parametrize(
    ("how", "kind", "said"),
    [
        ("return 7", "exit status", "exit status 7"),
        ("abort()", "abort", "SIGABRT"),
        ("*(volatile int *)16 = 1", "crash", "SIGSEGV"),
        ("fork()", "crash", "SIGSYS"),
        ("pause()", "hang", "still running after 1 s"),
    ],
)
def test_a_run_that_does_not_end_well(
    tmp_path: Path, how: str, kind: str, said: str
) -> None:
    result = ran(tmp_path, ENDS.replace("HOW", how))
    assert result.kind == kind
    assert said in result.message
    assert "the fortieth" in result.message
    assert result.runs >= 1


def test_a_program_whose_first_run_is_not_over_has_not_failed(tmp_path: Path) -> None:
    slow = ENDS.replace("if (getpid() % 40)\n        return 0", "sleep(9)")
    assert ran(tmp_path, slow.replace("HOW", "return 0")) == ProgramRuns(0)


def test_what_only_full_speed_shows_fails_and_its_neighbour_passes(
    tmp_path: Path,
) -> None:
    assert ran(tmp_path, COUNTER.replace("OTHERS", KEPT)).kind == ""
    if not shows_a_known_race(find_compiler(None), 2.0):
        pytest.skip("a known race does not show itself here")
    result = ran(tmp_path, COUNTER.replace("OTHERS", LOST), seconds=5)
    assert result.kind == "abort"
    assert "Assertion" in result.message


@pytest.mark.parametrize(
    ("run", "power", "verdict"),
    [
        (ProgramRuns(9), 1, Verdict.PASSED),
        (ProgramRuns(9), 0, Verdict.UNTRUSTWORTHY),
        (ProgramRuns(0), 1, Verdict.PASSED),
        (ProgramRuns(9, "hang", "it was still running"), 1, Verdict.FAILED),
    ],
)
def test_real_threads_are_a_step_of_a_programs_verification(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: ProgramRuns,
    power: int,
    verdict: Verdict,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("heald.native.program.NativeProgram.run", lambda *given: run)
    monkeypatch.setattr(
        "heald.verifying.program.shows_a_known_race", lambda *given: power
    )
    Path("counter.c").write_text(COUNTER.replace("OTHERS", KEPT))
    result = verify_program(["counter.c"], budget_s=10)
    assert result.verdict is verdict
    assert (result.failure or {}).get("kind") == (run.kind or None)


def test_a_program_that_needs_the_explorer_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("open.c").write_text(
        "extern int __VERIFIER_nondet_int(void);\n"
        "extern void __VERIFIER_assume(int);\n"
        "int main(void) {\n"
        "    int i = __VERIFIER_nondet_int();\n"
        "    __VERIFIER_assume(i >= 0 && i <= 1);\n"
        "    return 0;\n}\n"
    )
    result = verify_program(["open.c"], budget_s=3)
    steps = {step.name: step for step in result.steps}
    assert steps["real threads"].verdict is None
    assert "__VERIFIER_nondet_int" in steps["real threads"].covered
