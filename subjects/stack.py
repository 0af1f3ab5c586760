"""Treiber's stack and what becomes of its nodes.

The C is in ``csrc/subjects/stack/``. Scenarios push values that all differ and end by
popping everything, so that a node lost or popped twice is a forbidden outcome.
"""

from __future__ import annotations

from itertools import count

from hypothesis import strategies as st

from heald import Call, Scenario, Subject, op
from heald.subject.subject import ShownOn
from subjects.expectations import (
    CORRUPTION,
    HIDDEN_BY_X86,
    NEVER,
    WRONG,
    Cells,
    Kinds,
    Variant,
    always,
    not_sc,
    only_rc11,
)

_FOLDER = "../csrc/subjects/stack"

POOL_NODES = 32
"""More than any drawn scenario pushes, threads' reserves included."""


class StackModel:
    """Last in, first out."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def push(self, value: int) -> bool:
        """Put a value on top."""
        self.items.append(value)
        return True

    def pop(self) -> int | None:
        """Take the top value, if there is one."""
        return self.items.pop() if self.items else None


def scenario(before: int, *words: str) -> Scenario:
    """Make a scenario from words: ``u`` pushes, ``o`` pops.

    Parameters
    ----------
    before
        How many values are pushed before the threads start.
    words
        One per thread. Values are numbered in the order of reading.
    """
    values = count(1)

    def calls(word: str) -> tuple[Call, ...]:
        return tuple(
            Call("push", (next(values),)) if letter == "u" else Call("pop")
            for letter in word
        )

    first, threads = calls("u" * before), tuple(map(calls, words))
    pushed = before + sum(word.count("u") for word in words)
    return Scenario(before=first, threads=threads, after=(Call("pop"),) * (pushed + 1))


_WORD = st.text("ou", min_size=1, max_size=5)

SCENARIOS = st.builds(
    lambda before, words: scenario(before, *words),
    st.integers(0, 4),
    st.lists(_WORD, min_size=2, max_size=3),
)

ABA = scenario(1, "o", "ouu")
"""The smallest for nodes that are used again first in, first out: five operations.

Thread 1 has looked at the only node; thread 2 pops it, pushes another, and then pushes
the first one again, on top of it. Thread 1's exchange succeeds: the other one is lost.
"""

MIXED = scenario(2, "ouo", "oou")
"""What corrupts a stack with malloc soonest."""

TAG_WRAP_1 = scenario(2, "oo", "oouu")
TAG_WRAP_2 = scenario(4, "oo", "oooouu")
"""As many pops as there are tags, then the first node again upon another one."""

_INTERESTING = (MIXED, ABA, TAG_WRAP_1, TAG_WRAP_2)


def _stack(
    variant: str,
    file: str,
    *,
    shown_here: ShownOn | None = None,
    best: Scenario = MIXED,
    **defines: str,
) -> Subject:
    """Make a variant; `best` is the scenario that shows its flaw soonest."""
    return Subject(
        f"{_FOLDER}/{file}.c",
        name="stack",
        variant=variant,
        expected="flawed" if shown_here else "sound",
        shown_here=shown_here or "yes",
        state="struct stack",
        init="void stack_init(struct stack *)",
        fini="void stack_destroy(struct stack *)",
        local="struct stack_thread",
        local_init="void stack_thread_init(struct stack *, struct stack_thread *, "
        "unsigned thread)",
        local_fini="void stack_thread_destroy(struct stack *, struct stack_thread *, "
        "unsigned thread)",
        is_valid="bool stack_is_valid(struct stack *)",
        ops={
            "pop": op(
                "bool stack_pop(struct stack *, struct stack_thread *, int *value)",
                result=lambda ok, value: value if ok else None,
            ),
            "push": op(
                "bool stack_push(struct stack *, struct stack_thread *, int value)",
                value=st.integers(1, 9),
            ),
        },
        model=StackModel,
        scenarios=SCENARIOS,
        interesting=[best, *(other for other in _INTERESTING if other != best)],
        defines={"POOL_NODES": f"{POOL_NODES}u", **defines},
        cflags=["-mcx16"] if file == "stack_tagged" else [],
    )


def _sound(variant: str, file: str, why: str) -> Variant:
    subject = _stack(variant, file)
    return Variant(subject, exploring=NEVER, native=frozenset(), why=why)


def _flawed(
    subject: Subject,
    exploring: Cells,
    why: str,
    native: Kinds = CORRUPTION,
    races_allowed: Cells | None = None,
) -> Variant:
    return Variant(subject, exploring, native, why, races_allowed)


_ABA = (WRONG, "broken invariant", "data race")

VARIANTS = (
    _flawed(
        _stack("malloc", "stack_malloc", shown_here="yes"),
        always("use after free"),
        "a node is read after another thread popped and freed it",
    ),
    _flawed(
        _stack("pool", "stack_pool", shown_here="yes", best=TAG_WRAP_1),
        always(*_ABA),
        "ABA: the top was popped, used again and pushed, and the late exchange succeeds",
    ),
    _sound("tagged", "stack_tagged", "a top that came back has another tag"),
    _flawed(
        _stack(
            "tag-1-bit",
            "stack_low_bits",
            shown_here="rare",
            best=TAG_WRAP_1,
            STACK_TAG_BITS="1",
        ),
        always(*_ABA),
        "after two pops the tag is the same again: ABA",
    ),
    _flawed(
        _stack(
            "tag-2-bits",
            "stack_low_bits",
            shown_here="rare",
            best=TAG_WRAP_2,
            STACK_TAG_BITS="2",
        ),
        always(*_ABA),
        "after four pops the tag is the same again: ABA",
    ),
    _sound("hazard", "stack_hazard", "what is announced in time is not freed"),
    _flawed(
        _stack("hazard-no-recheck", "stack_hazard", shown_here="yes", STACK_RECHECK="0"),
        always("use after free"),
        "the node may have been freed before it was announced",
    ),
    _flawed(
        _stack(
            "hazard-relaxed-fence",
            "stack_hazard",
            shown_here="rare",
            STACK_PROTECT_FENCE="memory_order_relaxed",
        ),
        not_sc("use after free"),
        "the second look may come before the announcement is seen: store buffering",
    ),
    _flawed(
        _stack(
            "hazard-relaxed-push",
            "stack_hazard",
            shown_here=HIDDEN_BY_X86,
            STACK_PUSH="memory_order_relaxed",
        ),
        only_rc11("uninitialised read", "data race"),
        "a node may be seen before it is filled; on x86 an exchange is a full barrier",
        native=frozenset(),
        races_allowed=only_rc11(
            "uninitialised read", WRONG, "bad access", "use after free"
        ),
    ),
)

TARGETS = [variant.subject for variant in VARIANTS]
