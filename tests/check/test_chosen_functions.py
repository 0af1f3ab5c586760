"""Functions chosen while a program is loaded, or made on a stack: resolvers, nested ones."""

from __future__ import annotations

import platform
import shutil

import pytest
from click.testing import CliRunner

from heald.cli import main
from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

#: Resolvers read and write; one asks the compiler's own what the processor can.
CHOSEN = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
static int total, asked;
static int level = 3;
static int plainly(int n) { return total += n; }
static int at_once(int n) { return atomic_fetch_add((_Atomic int *)&total, n); }
typedef int adding(int);
static adding *choose(void) { asked++; %s; return level == 3 ? %s : plainly; }
int add(int n) __attribute__((ifunc("choose")));
static adding *const table[] = {add, add};
__attribute__((target_clones("avx2", "default"))) int doubled(int n) { return 2 * n; }
static void *work(void *which) { table[(long)which](doubled(1)); return NULL; }
int main(void) {
    pthread_t threads[2];
    for (long i = 0; i < 2; i++) pthread_create(&threads[i], NULL, work, (void *)i);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    assert(asked > 0 && total == 4);
    return 0;
}
"""

#: The address of a nested function is code on its maker's stack.
NESTED = """
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
int main(void) {
    int compared = 0, done = 0, numbers[3] = {3, 1, 2};
    int compare(const void *one, const void *other) {
        compared++;
        return *(const int *)one - *(const int *)other;
    }
    void *work(void *argument) {
        %s;
        __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
        return argument;
    }
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    qsort(numbers, 3, sizeof numbers[0], compare);
    pthread_join(thread, NULL);
    assert(done == 1 && numbers[0] == 1 && compared > 0);
    return 0;
}
"""


def _shown(result: CheckResult) -> str | None:
    if result.failures:
        return str(result.failures[0]["kind"])
    assert result.verdict is Verdict.PASSED
    return None


@pytest.mark.skipif(platform.machine() != "x86_64", reason="avx2 is of x86")
@pytest.mark.parametrize(
    ("chosen", "kind"), [("at_once", None), ("plainly", "data race")]
)
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_resolvers_may_look_and_note(
    chosen: str, kind: str | None, compiler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    monkeypatch.setenv("CC", compiler)
    assert _shown(check([written(CHOSEN % ("", chosen))], cflags=["-w"])) == kind


def test_a_resolver_that_does_more_is_refused_by_name() -> None:
    program = written(CHOSEN % ("free(malloc(1))", "at_once"))
    done = CliRunner().invoke(main, ["check", str(program), "--", "-w", "-O0"])
    assert done.exit_code == 2, done.output
    assert "before it begins, `choose`, may only choose a function" in done.output


@pytest.mark.parametrize(("act", "kind"), [("", None), ("compared++", "data race")])
@pytest.mark.skipif(shutil.which("gcc") is None, reason="only gcc has nested functions")
def test_addresses_of_nested_functions_are_called(act: str, kind: str | None) -> None:
    assert _shown(check([written(NESTED % act)], cflags=["-w"])) == kind
