"""The description of stack.c: its operations, and what a stack would return."""

from hypothesis import strategies as st

import heald


class Stack:
    def __init__(self):
        self.items = []

    def push(self, value):
        self.items.append(value)

    def pop(self):
        return self.items.pop() if self.items else None


stack = heald.Subject(
    "stack.c",
    state="struct stack",
    init="void stack_init(struct stack *)",
    ops={
        "push": heald.op(
            "void stack_push(struct stack *, int value)", value=st.integers(0, 9)
        ),
        "pop": heald.op(
            "int stack_pop(struct stack *, int *out)",
            result=lambda ok, out: out if ok else None,
        ),
    },
    model=Stack,
)
