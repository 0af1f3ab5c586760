"""What drivers ask: assumptions, choices, atomic sections, what must not be reached."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from heald.building.engine import engine_include
from heald.explorer.program import CheckResult, check
from heald.replaying.replay import replay
from heald.verdicts import Verdict
from tests.texts import written

HEAD = """
#include <assert.h>
#include <heald/harness.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
static pthread_t t_[8]; static int n_;
__attribute__((unused)) static void go(void *(*f)(void *)) { pthread_create(&t_[n_++], 0, f, 0); }
__attribute__((unused)) static void done(void) { for (int i = 0; i < n_; i++) pthread_join(t_[i], 0); }
#define THREAD(name) static void *name(void *arg)
"""
VERIFIER = """
extern void abort(void);
extern void __assert_fail(const char *, const char *, unsigned, const char *);
void reach_error(void) { __assert_fail("0", "harness.c", 3, "reach_error"); }
extern _Bool __VERIFIER_nondet_bool(void);
extern unsigned char __VERIFIER_nondet_uchar(void);
extern int __VERIFIER_nondet_int(void);
extern unsigned __VERIFIER_nondet_uint(void);
extern void __VERIFIER_atomic_begin(void);
extern void __VERIFIER_atomic_end(void);
extern void __VERIFIER_assume(int);
void assume_abort_if_not(int c) { if (!c) abort(); }
void __VERIFIER_assert(int c) { if (!c) { reach_error(); abort(); } }
"""

#: Kind of the failure, or None; executions and blocked ones, where they are known.
CASES: dict[str, tuple[str, str | None, tuple[int, int] | None]] = {
    "every number is chosen": (
        "int main(void) { unsigned n = heald_choose(5); assert(n < 5); }",
        None,
        (5, 0),
    ),
    "one choice is none": (
        "int main(void) { assert(heald_choose(1) == 0); }",
        None,
        (1, 0),
    ),
    "the last number is found": (
        "int main(void) { assert(heald_choose(7) != 6); }",
        "assertion",
        None,
    ),
    "there is no number below 0": (
        "int main(void) { heald_choose(0); }",
        "misuse",
        None,
    ),
    "an assumption leaves executions out": (
        "int main(void) { unsigned n = heald_choose(5); heald_assume(n > 2); assert(n > 2); }",
        None,
        (2, 3),
    ),
    "who waits for a thread whose assumption failed is not to blame": (
        "atomic_int x; THREAD(f) { heald_assume(x == 1); return arg; }"
        "int main(void) { go(f); x = 1; done(); }",
        None,
        (1, 1),
    ),
    "nor is who waits for its lock": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER; atomic_int x;"
        "THREAD(f) { pthread_mutex_lock(&m); heald_assume(x == 1); pthread_mutex_unlock(&m); return arg; }"
        "int main(void) { go(f); x = 1; pthread_mutex_lock(&m); pthread_mutex_unlock(&m); done(); }",
        None,
        None,
    ),
    "what others do beside it is still found": (
        "atomic_int x; THREAD(f) { heald_assume(0); return arg; }"
        "THREAD(g) { x++; assert(x == 1); return arg; }"
        "int main(void) { go(f); go(g); x++; done(); }",
        "assertion",
        None,
    ),
    "a deadlock without an assumption is one": (
        "pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;"
        "int main(void) { heald_assume(1); pthread_mutex_lock(&m); pthread_mutex_lock(&m); }",
        "deadlock",
        None,
    ),
    "sections exclude each other": (
        "int n; THREAD(f) { heald_atomic_begin(); n++; heald_atomic_end(); return arg; }"
        "int main(void) { go(f); go(f); done(); assert(n == 2); }",
        None,
        (2, 0),
    ),
    "without sections it is a race": (
        "int n; THREAD(f) { n++; return arg; } int main(void) { go(f); go(f); done(); }",
        "data race",
        None,
    ),
    "beside a section it is a race": (
        "int n; THREAD(f) { heald_atomic_begin(); n++; heald_atomic_end(); return arg; }"
        "int main(void) { go(f); n = 1; done(); }",
        "data race",
        None,
    ),
    "verifier: reach_error is a failure": (
        VERIFIER + "int main(void) { if (__VERIFIER_nondet_bool()) reach_error(); }",
        "assertion",
        None,
    ),
    "verifier: an empty reach_error is one, too": (
        "void reach_error(void) {} int main(void) { reach_error(); }",
        "assertion",
        None,
    ),
    "verifier: what is not reached is none": (
        VERIFIER + "int main(void) { _Bool b = __VERIFIER_nondet_bool();"
        " assume_abort_if_not(b); __VERIFIER_assert(b); }",
        None,
        (1, 1),
    ),
    "verifier: abort without reach_error is a failure": (
        "extern void __VERIFIER_assume(int);"
        "int main(void) { __VERIFIER_assume(1); abort(); }",
        "abort",
        None,
    ),
    "verifier: every character": (
        VERIFIER
        + "int main(void) { __VERIFIER_assert(__VERIFIER_nondet_uchar() != 255); }",
        "assertion",
        None,
    ),
    "verifier: an extern error": (
        "extern void __VERIFIER_error(void); int main(void) { __VERIFIER_error(); }",
        "assertion",
        None,
    ),
    "verifier: a section between begin and end": (
        VERIFIER
        + "int n; THREAD(f) { __VERIFIER_atomic_begin(); n++; __VERIFIER_atomic_end();"
        " return arg; } int main(void) { go(f); go(f); done(); __VERIFIER_assert(n == 2); }",
        None,
        (2, 0),
    ),
    "verifier: a function that is a section": (
        VERIFIER + "int n; void __VERIFIER_atomic_add(int by) { n += by; }"
        "THREAD(f) { __VERIFIER_atomic_add(2); return arg; }"
        "int main(void) { go(f); go(f); done(); __VERIFIER_assert(n == 4); }",
        None,
        (2, 0),
    ),
    "verifier: a function that is none": (
        VERIFIER + "int n; void verifier_atomic_add(int by) { n += by; }"
        "THREAD(f) { verifier_atomic_add(2); return arg; }"
        "int main(void) { go(f); go(f); done(); __VERIFIER_assert(n == 4); }",
        "data race",
        None,
    ),
}


def run(text: str, **options: Any) -> CheckResult:
    path = written(HEAD + text)
    return check([path], budget_s=20, **options)


@pytest.mark.parametrize("name", CASES)
def test_harness(name: str) -> None:
    text, kind, counts = CASES[name]
    result = run(text)
    assert [failure["kind"] for failure in result.failures] == [kind] * (kind is not None)
    assert counts is None or (result.executions, result.blocked) == counts


@pytest.mark.parametrize("model", ["sc", "tso", "rc11"])
@pytest.mark.parametrize("search", ["exhaustive", "random", "pct"])
def test_assumptions_hold_under_every_search(search: str, model: str) -> None:
    text = CASES["nor is who waits for its lock"][0]
    limits = {} if search == "exhaustive" else {"max_executions": 100}
    result = run(text, search=search, model=model, **limits)
    assert (result.failures, result.verdict) == ([], Verdict.PASSED)
    assert result.blocked > 0


def test_an_assumption_that_never_holds_proves_nothing() -> None:
    result = run("int main(void) { heald_assume(0); assert(0); }")
    assert (result.failures, result.verdict) == ([], Verdict.UNTRUSTWORTHY)


def test_a_number_without_bounds_is_refused_by_name() -> None:
    result = run(VERIFIER + "int main(void) { return __VERIFIER_nondet_int(); }")
    assert result.verdict is Verdict.USAGE_ERROR
    assert "heald_choose" in result.failures[0]["message"]


BOUNDED = {
    "between two constants": (
        "int n = __VERIFIER_nondet_int(); __VERIFIER_assume(n >= -1 && n < 4);", 5),
    "by the function that aborts": (
        "int n = __VERIFIER_nondet_int(); assume_abort_if_not(0 <= n && n <= 3);", 4),
    "by two assumptions, on lines of their own": (
        "int n = __VERIFIER_nondet_int(); /* how many */\n  __VERIFIER_assume(n > 0);\n"
        "__VERIFIER_assume(3 > n);", 2),
    "by a macro": (
        "\n#define MOST (6)\nint n = __VERIFIER_nondet_int();"
        "__VERIFIER_assume(n >= 0 && n < MOST);", 6),
    "an unsigned one from above": (
        "unsigned n = __VERIFIER_nondet_int(); __VERIFIER_assume(n < 3);", 3),
    "two of them": (
        "int n = __VERIFIER_nondet_int();\nint m = __VERIFIER_nondet_int();\n"
        "__VERIFIER_assume(n >= 0 && n < 2 && m >= 0 && m < 3);", 6),
    "and something else, which is seen to": (
        "int n = __VERIFIER_nondet_int(); __VERIFIER_assume(n >= 0 && n < 10 && n % 5 == 0);", 2),
}  # fmt: skip
UNBOUNDED = {
    "nothing is assumed": "int n = __VERIFIER_nondet_int();",
    "from one side": "int n = __VERIFIER_nondet_int(); __VERIFIER_assume(n < 4);",
    "either of two": (
        "int n = __VERIFIER_nondet_int(); __VERIFIER_assume((n >= 0 && n < 4) || n == 77777);"),
    "others have seen it before": (
        "static int seen; int n = __VERIFIER_nondet_int(); seen = n;"
        "__VERIFIER_assume(n >= 0 && n < 4);"),
    "every number is above it, as none is signed": (
        "int n = __VERIFIER_nondet_int(); __VERIFIER_assume(n >= 0u && n < 4);"),
    "too many": (
        "int n = __VERIFIER_nondet_int(); __VERIFIER_assume(n >= 0 && n < 100000);"),
    "of another variable": (
        "int m = 1; int n = __VERIFIER_nondet_int(); __VERIFIER_assume(m >= 0 && m < 4); (void)m;"),
    "only where it is reached": (
        "int n = __VERIFIER_nondet_int(); if (n != 9) { __VERIFIER_assume(n >= 0 && n < 4); }"),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDED)
def test_every_number_between_assumed_bounds_is_tried(name: str) -> None:
    text, count = BOUNDED[name]
    result = run(VERIFIER + f"int main(void) {{ {text} (void)n; return 0; }}")
    assert (result.verdict, result.failures) == (Verdict.PASSED, [])
    assert result.executions == count
    low = text.replace("return", "")
    failing = f"int main(void) {{ {low} __VERIFIER_assert(n != 0 && n != 1); return 0; }}"
    found = run(VERIFIER + failing)
    assert [failure["kind"] for failure in found.failures] == ["assertion"]


#: What is done with a number, how many stand for all, and what then holds of `n` at times.
STANDING = {
    "it is left out of bounds": (
        "int n = __VERIFIER_nondet_int(); if (n < 0 || n > 3) return 0;", 6, "n == 3"),
    "it is left out of one, and the other is assumed": (
        "int n = __VERIFIER_nondet_int(); if (n <= 0) { return 0; } __VERIFIER_assume(n < 3);",
        3, "n == 2"),
    "it is aborted but for one number": (
        "unsigned n = __VERIFIER_nondet_uint(); if (n != 7) abort();", 1, "n == 7"),
    "a remainder": ("int n = __VERIFIER_nondet_int() % 3;", 5, "n == -2"),
    "a remainder of an unsigned one": (
        "unsigned n = (unsigned)__VERIFIER_nondet_int() % 3;", 3, "n == 2"),
    "some of its bits": ("int n = __VERIFIER_nondet_int() & 3;", 4, "n == 3"),
    "whether there is one": ("int n = 4; if (__VERIFIER_nondet_int()) n = 5;", 2, "n == 5"),
    "on which side it is": (
        "int n = 4; if (__VERIFIER_nondet_int() > 70) n = 5;", 3, "n == 5"),
    "kept as a truth": ("_Bool n = __VERIFIER_nondet_int();", 2, "n == 1"),
    "it is made another": (
        "int n = __VERIFIER_nondet_int(); if (n < 0) { n = 0; } else if (n > 3) n = 3;",
        6, "n == 3"),
    "it is not between them": (
        "int n = __VERIFIER_nondet_int(); if (!(n >= 0 && 4 > n)) return 0;", 6, "n == 3"),
    "kept in a byte": ("signed char n = __VERIFIER_nondet_int();", 256, "n == -128"),
}  # fmt: skip
UNBOUNDED |= {
    "made what it is": "int n = __VERIFIER_nondet_int(); if (n < 0 || n > 3) n = n;",
    "made what it nearly is": (
        "int n = __VERIFIER_nondet_int(); if (n < 0 || n > 3) n = n / 2;"
    ),
    "what is returned is the number": (
        "int n = __VERIFIER_nondet_int(); if (n < 0 || n > 3) return n;"
    ),
    "what decides sees it": (
        "int n = __VERIFIER_nondet_int(); if (labs(n) > 9 || n < 0 || n > 3) return 0;"
    ),
    "a remainder of its double": "int n = 2 * __VERIFIER_nondet_int() % 3;",
    "bits of a comparison": "int n = 1; n = n == __VERIFIER_nondet_int() & 3;",
    "bits with holes": "int n = __VERIFIER_nondet_int() & 5;",
}


@pytest.mark.parametrize("name", STANDING)
def test_a_few_numbers_stand_for_all(name: str) -> None:
    text, count, seen = STANDING[name]
    head = "#include <stdlib.h>\n" + VERIFIER
    result = run(head + f"int main(void) {{ {text} (void)n; return 0; }}")
    assert (result.verdict, result.failures) == (Verdict.PASSED, [])
    assert result.executions == count
    failing = f"int main(void) {{ {text} __VERIFIER_assert(!({seen})); return 0; }}"
    found = run(head + failing)
    assert [failure["kind"] for failure in found.failures] == ["assertion"]


@pytest.mark.parametrize("name", UNBOUNDED)
def test_numbers_that_nothing_bounds_are_refused(name: str) -> None:
    text = f"int main(void) {{ {UNBOUNDED[name]} return n == 5; }}"
    result = run("#include <stdlib.h>\n" + VERIFIER + text)
    assert result.verdict is Verdict.USAGE_ERROR
    assert "nondet_int may give any of too many" in result.failures[0]["message"]


def test_an_assumption_of_ones_own_making_bounds_nothing() -> None:
    text = VERIFIER.replace("extern void __VERIFIER_assume(int);", "")
    text += "void __VERIFIER_assume(int c) { (void)c; } int main(void) {"
    text += "int n = __VERIFIER_nondet_int(); __VERIFIER_assume(n >= 0 && n < 4);"
    text += "return n == 9; }"
    assert run(text).verdict is Verdict.USAGE_ERROR


def test_a_failure_with_such_a_number_is_seen_again(tmp_path: Path) -> None:
    text = VERIFIER + "int main(void) { int n = __VERIFIER_nondet_int();"
    text += "__VERIFIER_assume(n >= 0 && n < 4); __VERIFIER_assert(n != 3); return 0; }"
    result = run(text, capsules=tmp_path)
    assert replay(Path(result.failures[0]["capsule"])).verdict is Verdict.FAILED


def test_sections_are_refused_with_races_allowed() -> None:
    text = CASES["sections exclude each other"][0]
    result = run(text, races="allow")
    assert result.verdict is Verdict.USAGE_ERROR
    assert "atomic section" in result.failures[0]["message"]


@pytest.mark.parametrize("compiler", ["gcc", "g++"])
def test_the_header_is_nothing_in_a_normal_build(compiler: str, tmp_path: Path) -> None:
    source = tmp_path / ("program.c" if compiler == "gcc" else "program.cpp")
    source.write_text(
        "#include <heald/harness.h>\nint main(void) { heald_assume(0);"
        " heald_atomic_begin(); heald_atomic_end(); return (int)heald_choose(9); }"
    )
    program = tmp_path / "program"
    flags = ["-Wall", "-Wextra", "-Werror", f"-I{engine_include()}"]
    subprocess.run([compiler, *flags, source, "-o", program], check=True)
    assert subprocess.run([program]).returncode == 0
