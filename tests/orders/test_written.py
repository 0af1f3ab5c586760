"""Where orders are written, from a compiled program's own debugging information."""

from __future__ import annotations

from pathlib import Path

import pytest

from heald.explorer.options import Options
from heald.orders.program import OrderedProgram
from heald.orders.source_text import SourceText
from heald.orders.spelling import taken_out
from heald.orders.variables import Texts

HEAD = "#include <stdatomic.h>\natomic_int x; int p;\n"
MAIN = "int main(void) { %s return 0; }\n"

#: A program (what goes before main, what goes into main), and what each order's text is:
#: the line it is on and the words that a patch replaces.
PROGRAMS = {
    "a C11 load": (
        "",
        "atomic_load_explicit(&x, memory_order_relaxed);",
        {(3, "memory_order_relaxed")},
    ),
    "a builtin": (
        "",
        "__atomic_store_n(&p, 1, __ATOMIC_RELAXED);",
        {(3, "__ATOMIC_RELAXED")},
    ),
    "a fence": (
        "",
        "atomic_thread_fence(memory_order_acquire);",
        {(3, "memory_order_acquire")},
    ),
    "both orders of an exchange": (
        "",
        "int e = 0; atomic_compare_exchange_strong_explicit(&x, &e, 1, memory_order_acq_rel,"
        " memory_order_acquire);",
        {(3, "memory_order_acq_rel"), (3, "memory_order_acquire")},
    ),
    "two loads on one line": (
        "",
        "atomic_load_explicit(&x, memory_order_relaxed) + atomic_load_explicit(&x,"
        " memory_order_acquire);",
        {(3, "memory_order_relaxed"), (3, "memory_order_acquire")},
    ),
    "a macro with the order in it": (
        "#define LOOK(a) atomic_load_explicit((a), memory_order_acquire)\n",
        "LOOK(&x);",
        {(3, "memory_order_acquire")},
    ),
    "a macro that is given the order": (
        "#define LOOK(a, o) atomic_load_explicit((a), o)\n",
        "LOOK(&x, memory_order_acquire);",
        {(4, "memory_order_acquire")},
    ),
    "a macro in a macro": (
        "#define IN(a) atomic_load_explicit((a), memory_order_acquire)\n#define LOOK(a) IN(&(a))\n",
        "LOOK(x);",
        {(3, "memory_order_acquire")},
    ),
    "a name that is used once": (
        "#define X_SEE memory_order_acquire\n",
        "atomic_load_explicit(&x, X_SEE);",
        {(3, "memory_order_acquire")},
    ),
    "a name that is used twice": (
        "#define X_SEE memory_order_acquire\n",
        "atomic_load_explicit(&x, X_SEE); atomic_load_explicit(&x, X_SEE);",
        {(4, "X_SEE")},
    ),
    "a wrapper that is inlined": (
        "static inline int look(atomic_int *a, memory_order o) "
        "{ return atomic_load_explicit(a, o); }\n",
        "look(&x, memory_order_acquire);",
        {(4, "memory_order_acquire")},
    ),
    "a wrapper that is called": (
        "__attribute__((noinline)) int look(atomic_int *a, memory_order o) "
        "{ return atomic_load_explicit(a, o); }\n",
        "look(&x, memory_order_acquire);",
        {(3, "o")},
    ),
    "a comment that looks like an order": (
        "",
        "atomic_load_explicit(&x /* memory_order_seq_cst, ) */, memory_order_relaxed);",
        {(3, "memory_order_relaxed")},
    ),
    "an operator": ("", "x = 1;", {(3, "x")}),
    "an operator on what a cast points to": ("", "*(atomic_int *)&x = 1;", set()),
}


def texts_of(source: Path, text: str) -> Texts:
    source.write_text(text)
    cflags = ["-std=c++20"] if source.suffix == ".cpp" else []
    program = OrderedProgram([str(source)], cflags, options=Options())
    program.explore()
    texts = Texts(program)
    texts.learn()
    return texts


@pytest.mark.parametrize("case", PROGRAMS)
def test_an_order_is_found_where_it_is_written(case: str, tmp_path: Path) -> None:
    before, body, expected = PROGRAMS[case]
    texts = texts_of(tmp_path / "p.c", HEAD + before + MAIN % body)
    found = set()
    for each in texts.by_name.values():
        argument = each.argument
        whole = texts.program.files.text(argument.file)
        found.add(
            (
                whole.count("\n", 0, argument.start) + 1,
                whole[argument.start : argument.end],
            )
        )
    assert found == expected


CXX_HEAD = "#include <atomic>\nstd::atomic<int> x; std::atomic_flag f;\n"
CXX = {
    "a method": (
        "x.load(std::memory_order_acquire);",
        "std::memory_order_acquire",
        "relaxed",
    ),
    "an enumerator": (
        "x.load(std::memory_order::acquire);",
        "std::memory_order::acquire",
        None,
    ),
    "a flag": (
        "f.test_and_set(std::memory_order_acquire);",
        "std::memory_order_acquire",
        None,
    ),
    "none": ("x.store(1);", "", None),
}


@pytest.mark.parametrize("case", CXX)
def test_an_order_is_found_in_cxx(case: str, tmp_path: Path) -> None:
    body, expected, _ = CXX[case]
    texts = texts_of(tmp_path / "p.cpp", CXX_HEAD + MAIN % body)
    (found,) = texts.by_name.values()
    argument = found.argument
    whole = texts.program.files.text(argument.file)
    assert whole[argument.start : argument.end] == expected


def test_an_order_that_is_not_written_can_be_put_in(tmp_path: Path) -> None:
    texts = texts_of(tmp_path / "p.cpp", CXX_HEAD + MAIN % "x.store(1);")
    (found,) = texts.by_name.values()
    patched = texts.applied({found.name: "release"})
    assert "x.store(1, std::memory_order_release);" in patched[found.argument.file]


def test_a_macro_that_is_called_as_an_order_is_no_spelling_of_it(tmp_path: Path) -> None:
    text = "#define RELAXED memory_order_relaxed\n" + HEAD
    body = "atomic_store_explicit(&x, 1, RELAXED); atomic_store_explicit(&x, 2, RELAXED);"
    texts = texts_of(tmp_path / "p.c", text + MAIN % body)
    name = texts.variables()[0].name
    patched = texts.applied({name: "release"})
    assert "(&x, 1, memory_order_release); atomic" in next(iter(patched.values()))


def test_two_places_of_one_expression_are_one_variable(tmp_path: Path) -> None:
    text = (
        HEAD
        + "#define LOOK(a) atomic_load_explicit((a), memory_order_relaxed)\n"
        + MAIN % "LOOK(&x); LOOK(&x);"
    )
    texts = texts_of(tmp_path / "p.c", text)
    assert len(texts.of_place) == 2
    assert len(texts.by_name) == 1


TAKEN_OUT = {
    "statement": ("a();\n    fence(Acquire);\n    b();", "a();\n    b();"),
    "statement among others": ("a(); fence(Acquire); b();", "a();  b();"),
    "with its path": (
        "{\n  std::sync::atomic::fence(Ordering::Acquire) ;\n}\n",
        "{\n}\n",
    ),
    "value of a block": ("if seen { fence(Acquire) }", "if seen { () }"),
    "arm of a match": ("_ => atomic::fence(order),", "_ => (),"),
}


@pytest.mark.parametrize(("text", "left"), TAKEN_OUT.values(), ids=TAKEN_OUT)
def test_a_fence_of_rust_is_taken_out(text: str, left: str) -> None:
    call = SourceText("of.rs", text).call_at(text.index("fence"))
    assert call is not None
    start, end, new = taken_out(call, text)
    assert text[:start] + new + text[end:] == left
