"""One verdict: the first failure with its patch, or what every step covered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import strategies as st

import heald
from heald import Subject, Verdict, Violated
from heald.cli import main
from heald.stop import Stop
from heald.targets.of_subject import SubjectTarget
from heald.targets.target import SliceResult
from heald.testing.repeated import HealdRun
from heald.verifying.models import explained
from heald.verifying.program import verify_program
from heald.verifying.subject import verify_subject

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
STACK = """\
#include <stdatomic.h>
#include <stdlib.h>
struct node {{ int value; struct node *next; }};
struct stack {{ _Atomic(struct node *) top; }};
void push(struct stack *stack, int value);
int pop(struct stack *stack);
void push(struct stack *stack, int value) {{
    struct node *node = malloc(sizeof *node);
    node->value = value;
    node->next = atomic_load_explicit(&stack->top, memory_order_relaxed);
    while (!atomic_compare_exchange_strong_explicit(&stack->top, &node->next, node,
                                                    memory_order_{order},
                                                    memory_order_relaxed)) {{
    }}
}}
int pop(struct stack *stack) {{
    struct node *node = atomic_load_explicit(&stack->top, memory_order_acquire);
    while (node && !atomic_compare_exchange_strong_explicit(
                       &stack->top, &node, node->next, memory_order_acquire,
                       memory_order_acquire)) {{
    }}
    return node ? {value} : 0;
}}
"""


class Stack:
    def __init__(self) -> None:
        self.values: list[int] = []

    def push(self, value: int) -> None:
        self.values.append(value)

    def pop(self) -> int:
        return self.values.pop() if self.values else 0


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own; real threads take half a second of it, whatever the budget."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("heald.verifying.program._MOST_REAL_S", 0.5)
    monkeypatch.setattr("heald.verifying.subject.SubjectTarget", Short)


class Short(SubjectTarget):
    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        return super().run_slice(seconds=min(seconds, 0.5), seed=seed, stop=stop)


def stack(order: str, value: str = "node->value") -> Subject:
    source = Path(f"stack_{order}.c").absolute()
    source.write_text(STACK.format(order=order, value=value))
    return Subject(
        source,
        state="struct stack",
        ops={
            "push": heald.op(
                "void push(struct stack *, int value)", value=st.integers(1, 9)
            ),
            "pop": heald.op("int pop(struct stack *)"),
        },
        model=Stack,
    )


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


def test_a_subject_fails_with_its_patch_and_whole_message() -> None:
    result = verify_subject(stack("relaxed"), budget_s=60)
    assert result.verdict is Verdict.FAILED
    assert [step.name for step in result.steps[-3:]] == [
        "small scenarios",
        "sc and tso",
        "mend",
    ]
    assert "right under sc and tso: orders mend it" in result.message
    assert "to change: stack_relaxed.c:12 relaxed -> release" in result.message
    assert "memory_order_release,\n" in result.patch


def test_a_model_that_does_not_agree_is_found_with_one_thread() -> None:
    result = verify_subject(stack("release", value="1"), budget_s=60)
    assert result.steps[0].name == "one thread"
    assert result.steps[0].verdict is Verdict.FAILED
    assert result.verdict is Verdict.FAILED


def test_a_sound_subject_says_what_was_covered() -> None:
    result = verify_subject(stack("release"), budget_s=8)
    covered = {step.name: step for step in result.steps}
    assert covered["one thread"].verdict is Verdict.PASSED
    assert covered["small scenarios"].covered.startswith("all ")
    assert covered["real threads"].verdict in (Verdict.PASSED, Verdict.UNTRUSTWORTHY)
    assert result.verdict is covered["real threads"].verdict
    assert "scenarios x all executions" in result.sentence


def test_as_a_pytest_test_it_raises_what_failed() -> None:
    test = heald.verify(stack("relaxed"))
    with pytest.raises(
        Violated, match=r"to change: stack_relaxed\.c:12 relaxed -> release"
    ):
        test([HealdRun(seed=1, budget_s=6.0, profile="quick")])


@pytest.mark.parametrize(("order", "code"), [("release", 0), ("relaxed", 1)])
def test_the_command_line_has_one_verdict(
    order: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heald.verifying.program.shows_a_known_race", lambda *given: 1)
    Path("p.c").write_text(PROGRAM.format(order=order))
    done = CliRunner().invoke(main, ["verify", "p.c", "--json", "--budget", "60s"])
    assert done.exit_code == code
    told = json.loads(done.stdout)
    assert told["verdict"] == ("passed" if code == 0 else "failed")
    assert {step["name"] for step in told["steps"]} >= {"every execution"}


def test_a_place_with_nothing_is_a_usage_error() -> None:
    Path("empty.py").write_text("x = 1\n")
    done = CliRunner().invoke(main, ["verify", "empty.py"])
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ({"sc": True, "tso": True}, "an interleaving is enough"),
        ({"sc": False, "tso": True}, "x86 can show it"),
        ({"sc": False, "tso": False}, "x86 cannot show it"),
        ({"sc": None, "tso": False}, "not decided"),
    ],
)
def test_a_failure_says_which_models_have_it(
    fails: dict[str, bool | None], said: str
) -> None:
    assert said in explained(fails.__getitem__)


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
