"""What compilers leave in dead registers and slots does not decide how many executions exist."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict

#: A bounded ring whose takers start anew in three ways: a failed exchange leaves the place in
#: `at`, a cell that is behind ends the call, one that is ahead asks for the place again.
RING = r"""
#include <pthread.h>
#include <stdatomic.h>
enum { CELLS = 2 };
static struct { atomic_uint turn; int value; } cell[CELLS];
static atomic_uint taken;
static int take(int *value) {
    unsigned at = atomic_load_explicit(&taken, memory_order_relaxed);
    for (;;) {
        unsigned turn = atomic_load_explicit(&cell[at % CELLS].turn, memory_order_acquire);
        int ahead = (int)(turn - at);
        if (ahead == 0) {
            if (atomic_compare_exchange_strong_explicit(&taken, &at, at + 1,
                    memory_order_relaxed, memory_order_relaxed)) {
                *value = cell[at % CELLS].value;
                atomic_store_explicit(&cell[at % CELLS].turn, at + CELLS,
                                      memory_order_release);
                return 1;
            }
        } else if (ahead < 0)
            return 0;
        else
            at = atomic_load_explicit(&taken, memory_order_relaxed);
    }
}
static void *taker(void *unused) { int value; (void)unused; take(&value); return 0; }
int main(void) {
    pthread_t thread[3];
    for (unsigned i = 0; i < CELLS; i++) atomic_store(&cell[i].turn, i);
    for (int i = 0; i < 3; i++) pthread_create(&thread[i], 0, taker, 0);
    for (int i = 0; i < 3; i++) pthread_join(thread[i], 0);
    return 0;
}
"""

#: The same loop, but its thread tells how often it went round.
COUNTED = r"""
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static atomic_int next;
static void *adder(void *unused) {
    int seen = atomic_load(&next), rounds = 0;
    (void)unused;
    while (seen < 2 && !atomic_compare_exchange_strong(&next, &seen, seen + 1)) rounds++;
    return (void *)(long)rounds;
}
int main(void) {
    pthread_t thread[3];
    void *rounds;
    for (int i = 0; i < 3; i++) pthread_create(&thread[i], 0, adder, 0);
    for (int i = 0; i < 3; i++) { pthread_join(thread[i], &rounds); assert((long)rounds < MOST); }
    return 0;
}
"""


def _checked(folder: Path, text: str, *flags: str) -> CheckResult:
    source = folder / "retries.c"
    source.write_text(text)
    return check([source], cflags=flags)


@pytest.mark.parametrize(
    ("compiler", "level"),
    [("gcc", "-O0"), ("gcc", "-O1"), ("gcc", "-O2"), ("clang", "-O0"), ("clang", "-O1")],
)
def test_no_compiler_makes_executions_of_what_it_left_in_registers_and_slots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str, level: str
) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    monkeypatch.setenv("CC", compiler)
    found = _checked(tmp_path, RING, level)
    assert (found.verdict, found.executions, found.blocked) == (Verdict.PASSED, 12, 36)


@pytest.mark.parametrize("level", ["-O0", "-O1"])
def test_rounds_that_are_counted_are_not_left_out(tmp_path: Path, level: str) -> None:
    assert _checked(tmp_path, COUNTED, level, "-DMOST=3").verdict is Verdict.PASSED
    (failure,) = _checked(tmp_path, COUNTED, level, "-DMOST=2").failures
    assert failure["kind"] == "assertion"


#: Did the reader go round in vain? What is told so is looked at in an unusual way only.
LATER = r"""
#include <pthread.h>
#include <cassert>
static int flag;
static void *setter(void *unused) { __atomic_store_n(&flag, 1, 0); return unused; }
static void fails() { throw 1; }
static void *reader(void *) {
    long rounds = 0;
#ifdef CAUGHT
    try {
        for (; !__atomic_load_n(&flag, 0); rounds = 1) {}
        fails();
        rounds = 0;
        throw 2; /* it does not come back: the handler may stand behind it */
    } catch (...) {
        return (void *)rounds;
    }
#else
    for (; !__atomic_load_n(&flag, 0); rounds = 1) {}
    long told;
    __asm__ volatile("movq %1, %%xmm0\n movq %%xmm0, %0" : "=r"(told) : "m"(rounds) : "xmm0");
    return (void *)told;
#endif
}
int main() {
    pthread_t thread[2];
    void *rounds;
    pthread_create(&thread[0], 0, setter, 0);
    pthread_create(&thread[1], 0, reader, 0);
    pthread_join(thread[0], 0);
    pthread_join(thread[1], &rounds);
    assert(!rounds);
}
"""


@pytest.mark.parametrize("where", ["-DCAUGHT", "-DLOADED"])
def test_what_is_looked_at_by_a_handler_or_as_a_vector_is_seen(
    tmp_path: Path, where: str
) -> None:
    if where == "-DLOADED" and platform.machine() != "x86_64":
        pytest.skip("an instruction of x86-64")
    source = tmp_path / "later.cpp"
    source.write_text(LATER)
    (failure,) = check([source], cflags=["-O0", where]).failures
    assert failure["kind"] == "assertion"


#: A local that becomes shared memory when its thread is done with going round.
SHARED_LATER = r"""
#include <assert.h>
#include <pthread.h>
static int flag;
static void *setter(void *unused) { __atomic_store_n(&flag, 1, 0); return unused; }
static void *reader(void *unused) {
    int rounds = 0;
    (void)unused;
    for (; !__atomic_load_n(&flag, 0); rounds = 1) {}
    return (void *)(long)__atomic_load_n(&rounds, 0);
}
int main(void) {
    pthread_t thread[2];
    void *rounds;
    pthread_create(&thread[0], 0, setter, 0);
    pthread_create(&thread[1], 0, reader, 0);
    pthread_join(thread[0], 0);
    pthread_join(thread[1], &rounds);
    assert(!rounds);
    return 0;
}
"""


@pytest.mark.parametrize("level", ["-O0", "-O1"])
def test_what_a_round_left_in_a_local_counts_when_it_is_read_as_shared_memory(
    tmp_path: Path, level: str
) -> None:
    (failure,) = _checked(tmp_path, SHARED_LATER, level).failures
    assert failure["kind"] == "assertion"


#: Clang takes the address of setjmp before it calls it.
JUMPED = r"""
#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
static int flag;
static __thread jmp_buf before;
static void *setter(void *unused) { __atomic_store_n(&flag, 1, 0); return unused; }
static void jumps(void) { longjmp(before, 1); }
static void *reader(void *unused) {
    volatile int rounds = 0;
    (void)unused;
    if (setjmp(before)) return (void *)(long)rounds;
    for (; !__atomic_load_n(&flag, 0); rounds = 1) {}
    jumps();
    rounds = 0;
    return (void *)0;
}
int main(void) {
    pthread_t thread[2];
    void *rounds;
    pthread_create(&thread[0], 0, setter, 0);
    pthread_create(&thread[1], 0, reader, 0);
    pthread_join(thread[0], 0);
    pthread_join(thread[1], &rounds);
    assert(!rounds);
    return 0;
}
"""


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_what_is_looked_at_after_a_jump_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str
) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"no {compiler}")
    monkeypatch.setenv("CC", compiler)
    (failure,) = _checked(tmp_path, JUMPED, "-O0").failures
    assert failure["kind"] == "assertion"
