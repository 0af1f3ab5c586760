"""A subject: the first failure with its patch, or what every step covered."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

import heald
from heald import Subject, Verdict
from heald.verifying.subject import verify_subject

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
