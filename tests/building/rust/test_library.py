"""Subjects in Rust and C++: one description, on real threads and in the explorer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

import heald
from heald.explorer.exploration import explore_scenario as explore
from heald.native.session import run_native as run
from heald.verdicts import UsageError, Verdict
from tests.models.list_stack import Stack as StackModel

FILES = Path(__file__).parents[2] / "programs" / "subjects"
TWO_EACH = heald.Scenario(
    threads=((heald.Call("push", (1,)), heald.Call("pop")),) * 2,
)
needs_rust = pytest.mark.skipif(shutil.which("rustc") is None, reason="no rustc")
in_rust = pytest.param("stack.rs", marks=needs_rust)


def stack(file: str | Path, state: str | None = None, **more: Any) -> heald.Subject:
    known = state or ("struct Stack" if str(file).endswith(".rs") else "struct stack")
    return heald.Subject(
        FILES / file,
        state=known,
        init=f"void stack_init({known} *)",
        ops={
            "push": heald.op(
                f"void stack_push({known} *, int value)", value=st.integers(0, 9)
            ),
            "pop": heald.op(
                f"bool stack_pop({known} *, int *out)",
                result=lambda ok, out: out if ok else None,
            ),
        },
        model=StackModel,
        **more,
    )


@pytest.mark.parametrize("file", [in_rust, "stack.cpp"])
def test_sound_stack_passes_with_every_execution(file: str) -> None:
    result = explore(stack(file), TWO_EACH)
    assert result.verdict is Verdict.PASSED
    assert result.executions > 1


@pytest.mark.parametrize("file", [in_rust, "stack.cpp"])
def test_stack_runs_on_real_threads(file: str) -> None:
    result = run(stack(file), TWO_EACH, budget_s=0.5)
    assert not result.findings
    assert set(result.histogram) <= {
        ((), (None, 1), (None, 1), ()),
    }


@pytest.mark.parametrize(
    ("file", "define"),
    [
        pytest.param("stack.rs", "relaxed", marks=needs_rust),
        pytest.param("stack.rs", "freeing", marks=needs_rust),
        ("stack.cpp", "RELAXED"),
        ("stack.cpp", "FREEING"),
    ],
)
def test_flawed_variant_is_caught_by_its_definition(file: str, define: str) -> None:
    result = explore(stack(file, defines={define: None}), TWO_EACH)
    assert result.verdict is Verdict.FAILED


@needs_rust
def test_type_that_is_not_there_is_said_by_the_compiler() -> None:
    with pytest.raises(UsageError, match=r"cannot find type `Heap`"):
        stack("stack.rs", "struct Heap").build("native")


def test_declaration_that_contradicts_the_definition_is_refused() -> None:
    wrong = stack("stack.cpp")
    with pytest.raises(UsageError, match=r"conflicting declaration|ambiguating new decl"):
        heald.Subject(
            FILES / "stack.cpp",
            state="struct stack",
            init="void stack_init(struct stack *)",
            ops={
                "push": heald.op(
                    "int stack_push(struct stack *, int value)", value=st.integers(0, 9)
                )
            },
            model=wrong.model,
        ).build("native")


@pytest.mark.parametrize("file", [in_rust, "stack.cpp"])
def test_function_that_is_not_there_is_named(file: str) -> None:
    state = "struct Stack" if file.endswith(".rs") else "struct stack"
    with pytest.raises(UsageError, match=r"no external function stack_peek in stack\."):
        heald.Subject(
            FILES / file,
            state=state,
            init=f"void stack_init({state} *)",
            ops={"push": heald.op(f"int stack_peek({state} *)")},
            model=StackModel,
        ).build("native")


@needs_rust
def test_panic_of_an_operation_is_a_failure(tmp_path: Path) -> None:
    text = (FILES / "stack.rs").read_text()
    file = tmp_path / "stack.rs"
    file.write_text(
        text.replace("if top.is_null() {\n", "if top.is_null() {\npanic!();\n")
    )
    pops = heald.Scenario(threads=((heald.Call("pop"),),) * 2)
    assert explore(stack(file), pops).verdict is Verdict.FAILED


@needs_rust
def test_change_of_a_rust_file_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "stack.rs"
    shutil.copy(FILES / "stack.rs", file)
    assert explore(stack(file), TWO_EACH).verdict is Verdict.PASSED
    text = file.read_text()
    file.write_text(text.replace("cfg!(relaxed)", "!cfg!(relaxed)"))
    assert explore(stack(file), TWO_EACH).verdict is Verdict.FAILED


class RingModel:
    """Two places, first in, first out."""

    def __init__(self) -> None:
        self.items: list[int] = []

    def push(self, value: int) -> bool:
        if len(self.items) == 2:
            return False
        self.items.append(value)
        return True

    def pop(self) -> int | None:
        return self.items.pop(0) if self.items else None


@pytest.mark.skipif(
    not Path("/usr/include/boost/lockfree/spsc_queue.hpp").exists(), reason="no Boost"
)
@pytest.mark.parametrize("producers", [1, 2])
def test_queue_of_a_header_library_is_a_subject_in_ten_lines(producers: int) -> None:
    queue = heald.Subject(
        FILES / "spsc.cpp",
        state="struct ring",
        init="void ring_init(struct ring *)",
        ops={
            "push": heald.op("bool ring_push(struct ring *, int v)", v=st.integers()),
            "pop": heald.op(
                "bool ring_pop(struct ring *, int *out)",
                result=lambda ok, out: out if ok else None,
            ),
        },
        model=RingModel,
    )
    push = (heald.Call("push", (1,)), heald.Call("push", (2,)))
    scenario = heald.Scenario(threads=((heald.Call("pop"),) * 2, *(push,) * producers))
    sound = producers == 1
    assert explore(queue, scenario).verdict is (
        Verdict.PASSED if sound else Verdict.FAILED
    )


def ints(**more: Any) -> heald.Subject:
    returns = more.pop("returns", "bool")
    return heald.Subject(
        FILES / "ints.hpp",
        state="struct ints",
        ops={
            "push": heald.op(
                f"{returns} ints_push(struct ints *, int v)", v=st.integers()
            ),
            "pop": heald.op(
                "bool ints_pop(struct ints *, int *out)",
                result=lambda ok, out: out if ok else None,
            ),
        },
        model=RingModel,
        **more,
    )


PIPED = heald.Scenario(
    threads=(
        (heald.Call("push", (1,)), heald.Call("push", (2,))),
        (heald.Call("pop"),) * 2,
    )
)


def test_template_of_a_header_is_a_subject_by_an_instance() -> None:
    sound = explore(ints(), PIPED)
    assert sound.verdict is Verdict.PASSED, sound.findings
    assert sound.executions > 3
    assert not run(ints(), PIPED, budget_s=0.2).findings
    assert explore(ints(defines={"RELAXED": None}), PIPED).verdict is Verdict.FAILED


def test_declaration_that_contradicts_a_header_of_cxx_is_refused() -> None:
    with pytest.raises(UsageError, match=r"ints_push does not return int\b"):
        ints(returns="int").build("native")
