"""Numbers that a harness leaves open, whose bounds stand in another function."""

from __future__ import annotations

import pytest

from heald.verdicts import Verdict
from tests.check.test_harness import VERIFIER, run

#: The same in functions of their own: the functions, what stands in main, and as above.
ELSEWHERE = {
    "the function assumes": (
        "static void limit(unsigned v) { __VERIFIER_assume(v < 3); }",
        "unsigned n = __VERIFIER_nondet_uint(); limit(n);", 3, "n == 2"),
    "the function compares": (
        "static int fits(int v) { return v >= 0 && v < 3; }",
        "int n = __VERIFIER_nondet_int(); if (!fits(n)) return 0;", 5, "n == 2"),
    "it is assumed that it fits": (
        "#define MOST 3\nstatic _Bool fits(int v) { return v >= 0 && v < MOST; }",
        "int n = __VERIFIER_nondet_int(); __VERIFIER_assume(fits(n));", 3, "n == 2"),
    "the number is asked for elsewhere": (
        "static int some(void) { int v = __VERIFIER_nondet_int(); __VERIFIER_assume(v >= 0 && v < 3);"
        " return v; }", "int n = some();", 3, "n == 2"),
    "between what the callers say": (
        "static int between(int low, int high) { int v = __VERIFIER_nondet_int();"
        " __VERIFIER_assume(v >= low && v <= high); return v; }",
        "int n = between(0, 1) + between(4, 5);", 4, "n == 6"),
}  # fmt: skip
#: And where it is not known.
NOT_ELSEWHERE = {
    "of another type": (
        "static void limit(unsigned char v) { __VERIFIER_assume(v < 3); }",
        "unsigned n = __VERIFIER_nondet_uint(); limit(n);"),
    "the function does more": (
        "static int fits(int v) { seen = v; return v >= 0 && v < 3; }",
        "int n = __VERIFIER_nondet_int(); if (!fits(n)) return 0;"),
    "who calls is not known": (
        "static int between(int low, int high) { int v = __VERIFIER_nondet_int();"
        " __VERIFIER_assume(v >= low && v <= high); return v; }",
        "int (*asks)(int, int) = between; int n = asks(0, 1);"),
    "a bound changes": (
        "static int upto(int high) { high++; int v = __VERIFIER_nondet_int();"
        " __VERIFIER_assume(v >= 0 && v <= high); return v; }", "int n = upto(1);"),
    "one of the callers says nothing": (
        "static int upto(int high) { int v = __VERIFIER_nondet_int();"
        " __VERIFIER_assume(v >= 0 && v <= high); return v; }", "int n = upto(1) + upto(seen);"),
}  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_bounds_that_stand_in_another_function_are_read(name: str) -> None:
    functions, text, count, seen = ELSEWHERE[name]
    head = "#include <stdlib.h>\n" + VERIFIER + functions
    result = run(head + f"\nint main(void) {{ {text} (void)n; return 0; }}")
    assert (result.verdict, result.failures) == (Verdict.PASSED, [])
    assert result.executions == count
    found = run(
        head + f"\nint main(void) {{ {text} __VERIFIER_assert(!({seen})); return 0; }}"
    )
    assert [failure["kind"] for failure in found.failures] == ["assertion"]


@pytest.mark.parametrize("name", NOT_ELSEWHERE)
def test_bounds_of_other_functions_that_may_be_others_are_refused(name: str) -> None:
    functions, text = NOT_ELSEWHERE[name]
    head = "#include <stdlib.h>\nint seen;\n" + VERIFIER + functions
    result = run(head + f"\nint main(void) {{ {text} return n == 5; }}")
    assert result.verdict is Verdict.USAGE_ERROR
    assert "may give any of too many" in result.failures[0]["message"]
