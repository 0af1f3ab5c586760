"""A program: every execution, real threads, its orders."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald import Verdict
from heald.verifying.program import verify_program

PROGRAM = """\
#include <pthread.h>
#include <stdatomic.h>
static int data;
static atomic_int flag;
static void *reader(void *arg) {{
    return atomic_load_explicit(&flag, memory_order_acquire) && data ? arg : 0;
}}
int main(void) {{
    pthread_t t;
    pthread_create(&t, 0, reader, 0);
    data = 1;
    atomic_store_explicit(&flag, 1, memory_order_{order});
    pthread_join(t, 0);
    return 0;
}}
"""


def test_a_program_passes_with_all_executions_and_its_orders() -> None:
    Path("p.c").write_text(PROGRAM.format(order="release"))
    result = verify_program(["p.c"], budget_s=60)
    steps = {step.name: step.verdict for step in result.steps}
    assert steps.pop("real threads") in (Verdict.PASSED, Verdict.UNTRUSTWORTHY)
    assert steps == {"every execution": Verdict.PASSED, "orders": None}
    assert "all 2 executions" in result.sentence
    assert "2 of 2 shown needed" in result.sentence


def test_a_program_fails_with_its_patch() -> None:
    Path("p.c").write_text(PROGRAM.format(order="relaxed"))
    result = verify_program(["p.c"], budget_s=60)
    assert result.verdict is Verdict.FAILED
    assert result.failure is not None
    assert result.failure["kind"] == "data race"
    assert "+    atomic_store_explicit(&flag, 1, memory_order_release);" in result.patch
    assert "to change: p.c:" in result.message
    assert "was not tried" not in result.message
    assert result.steps[0].covered == "data race, after 1 execution under rc11"
    assert result.steps[-1].covered == "a patch of 1 line, verified"


DEKKER = """\
#include <pthread.h>
#include <stdatomic.h>
static atomic_int x, y;
static int data;
static void *one(void *arg) {
    atomic_store_explicit(&x, 1, memory_order_release);
    if (!atomic_load_explicit(&y, memory_order_acquire))
        data++;
    return arg;
}
int main(void) {
    pthread_t t;
    pthread_create(&t, 0, one, 0);
    atomic_store_explicit(&y, 1, memory_order_release);
    if (!atomic_load_explicit(&x, memory_order_acquire))
        data++;
    pthread_join(t, 0);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DEKKER, "right under sc, fails under tso"),
        (PROGRAM.format(order="relaxed"), "right under sc and tso"),
        (DEKKER.replace("if (", "if (1 || "), "fails under sc, too"),
    ],
    ids=["store buffering", "publication", "no order at all"],
)
def test_a_program_that_fails_says_which_models_have_it(text: str, said: str) -> None:
    Path("p.c").write_text(text)
    result = verify_program(["p.c"], budget_s=60)
    assert result.verdict is Verdict.FAILED
    assert said in result.message
