"""Waiting on a word of memory: futexes, and C++20's std::atomic wait and notify on top of them."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

HEAD = """
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static atomic_int word, other; static int data; static pthread_t t_[4]; static int n_;
static long sleep_on(int value) { return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, NULL); }
static long wake(int most) { return syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, most, NULL, NULL, 0); }
static void go(void *(*f)(void *)) { pthread_create(&t_[n_++], 0, f, 0); }
static void done(void) { while (n_) pthread_join(t_[--n_], 0); }
__attribute__((unused)) static void *use(void *p) { (void)sleep_on; (void)wake; (void)go; (void)done; return p; }
"""

WAITER = (
    "static void *waiter(void *p) { while (!atomic_load_explicit(&word, memory_order_acquire)) sleep_on(0);"
    " assert(data == 1); return p; }"
)

SORTED = (
    "static void waits(int bits) { while (!word) syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, NULL, NULL, bits); }"
    "static void *one(void *p) { waits(1); return p; } static void *two(void *p) { waits(2); return p; }"
    "static void bits(int which, int most) { syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, most, NULL, NULL, which); }"
)

MOVED = (
    "static void *once(void *p) { sleep_on(0); return p; }"
    "static long move(long wake, long most, int value) { return syscall(SYS_futex, &word, FUTEX_CMP_REQUEUE, wake, most, &other, value); }"
    "__attribute__((unused)) static void wake_other(void) { syscall(SYS_futex, &other, FUTEX_WAKE, 9); }"
)

OTHER = (
    "static void *sleeper(void *p) { while (!other) syscall(SYS_futex, &other, FUTEX_WAIT, 0, NULL); assert(data == 1); return p; }"
    "static void change(int how) { syscall(SYS_futex, &word, FUTEX_WAKE_OP, 1, 1L, &other, how); }"
)

#: Programs and the kind of failure; None where there is none.
PROGRAMS = {
    "woken after the store": (
        WAITER
        + "int main(void) { go(waiter); data = 1; atomic_store(&word, 1); wake(1); done(); }",
        None,
    ),
    "the word has changed before the wait": (
        "int main(void) { word = 1; assert(sleep_on(0) == -1 && errno == EAGAIN); }",
        None,
    ),
    "nobody to wake": ("int main(void) { assert(wake(3) == 0); }", None),
    "nobody wakes": (
        WAITER + "int main(void) { go(waiter); data = 1; atomic_store(&word, 1); done(); }",
        "deadlock",
    ),
    "woken before the store": (
        WAITER
        + "int main(void) { go(waiter); data = 1; wake(1); atomic_store(&word, 1); done(); }",
        "deadlock",
    ),
    "one of two is woken": (
        WAITER
        + "int main(void) { go(waiter); go(waiter); data = 1; atomic_store(&word, 1); wake(1); done(); }",
        "deadlock",
    ),
    "both are woken": (
        WAITER
        + "int main(void) { go(waiter); go(waiter); data = 1; atomic_store(&word, 1); wake(2147483647); done(); }",
        None,
    ),
    "two wake-ups for two": (
        WAITER
        + "int main(void) { go(waiter); go(waiter); data = 1; atomic_store(&word, 1); wake(1); wake(1); done(); }",
        None,
    ),
    "a store that does not publish": (
        WAITER.replace("memory_order_acquire", "memory_order_relaxed")
        + "int main(void) { go(waiter); data = 1; atomic_store(&word, 1); wake(1); done(); }",
        "data race",
    ),
    "a lock of three states": (
        "static int cas(int a, int b) { atomic_compare_exchange_strong(&word, &a, b); return a; }"
        "static void lock(void) { int c = cas(0, 1); if (!c) return;"
        " do { if (c == 2 || cas(1, 2)) sleep_on(2); } while ((c = cas(0, 2))); }"
        "static void unlock(void) { if (atomic_fetch_sub(&word, 1) != 1) { word = 0; wake(1); } }"
        "static void *f(void *p) { lock(); data++; unlock(); return p; }"
        "int main(void) { go(f); go(f); done(); assert(data == 2); }",
        None,
    ),
    "a lock of three states that forgets to wake": (
        "static int cas(int a, int b) { atomic_compare_exchange_strong(&word, &a, b); return a; }"
        "static void lock(void) { int c = cas(0, 1); if (!c) return;"
        " do { if (c == 2 || cas(1, 2)) sleep_on(2); } while ((c = cas(0, 2))); }"
        "static void unlock(void) { word = 0; }"
        "static void *f(void *p) { lock(); data++; unlock(); return p; }"
        "int main(void) { go(f); go(f); done(); assert(data == 2); }",
        "deadlock",
    ),
    "bits that both wait for": (
        SORTED + "int main(void) { go(one); go(two); word = 1; bits(3, 2); done(); }",
        None,
    ),
    "bits that one waits for": (
        SORTED + "int main(void) { go(one); go(two); word = 1; bits(1, 2); done(); }",
        "deadlock",
    ),
    "one of each sort": (
        SORTED + "int main(void) { go(one); go(two); word = 1; bits(2, 1); bits(1, 1); done(); }",
        None,
    ),
    "who waits for any": (
        WAITER
        + "int main(void) { go(waiter); data = 1; atomic_store(&word, 1);"
        " syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 64); done(); }",
        None,
    ),
    "no bits": (
        "int main(void) { assert(syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0) == -1 && errno == EINVAL); }",
        None,
    ),
    "moved and woken there": (
        MOVED + "int main(void) { go(once); go(once); word = 1; move(1, 9, 1); wake_other(); done(); }",
        None,
    ),
    "moved and forgotten": (
        MOVED + "int main(void) { go(once); go(once); word = 1; move(1, 9, 1); done(); }",
        "deadlock",
    ),
    "all are counted": (
        MOVED + "int main(void) { go(once); go(once); word = 1; long n = move(1, 9, 1); assert(n >= 0 && n <= 2); wake_other(); done(); }",
        None,
    ),
    "the word has changed before the move": (
        MOVED + "int main(void) { word = 1; assert(move(1, 9, 0) == -1 && errno == EAGAIN); }",
        None,
    ),
    "another word is changed and its sleeper woken": (
        OTHER + "int main(void) { go(sleeper); data = 1; change(FUTEX_OP(FUTEX_OP_SET, 5, FUTEX_OP_CMP_EQ, 0)); done(); assert(other == 5); }",
        None,
    ),
    "changed, and the comparison says no": (
        OTHER + "int main(void) { go(sleeper); data = 1; change(FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_GT, 0)); done(); }",
        "deadlock",
    ),
    "every change": (
        OTHER + "int main(void) { change(FUTEX_OP(FUTEX_OP_ADD, -2, FUTEX_OP_CMP_LT, 0)); assert(other == -2);"
        " change(FUTEX_OP(FUTEX_OP_ANDN, 6, FUTEX_OP_CMP_LT, 0)); assert(other == -8); change(FUTEX_OP(FUTEX_OP_XOR, -1, FUTEX_OP_CMP_NE, 0));"
        " assert(other == 7); change(FUTEX_OP(FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 3, FUTEX_OP_CMP_LE, 9)); assert(other == 15); }",
        None,
    ),
}  # fmt: skip


def run(text: str, suffix: str = ".c", **options: Any) -> CheckResult:
    path = written(text, f"program{suffix}")
    return check([path], budget_s=60, **options)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_wake_up_reaches_who_sleeps_then(name: str) -> None:
    text, kind = PROGRAMS[name]
    result = run(HEAD + text)
    assert [failure["kind"] for failure in result.failures] == [kind] * bool(kind)
    assert result.exhaustive or kind


def test_who_sleeps_with_a_time_limit_is_not_moved() -> None:
    timed = "syscall(SYS_futex, &word, FUTEX_WAIT, 0, &(struct timespec){1, 0})"
    result = run(
        HEAD
        + MOVED.replace("sleep_on(0)", timed)
        + "int main(void) { go(once); word = 1; move(0, 9, 1); done(); }"
    )
    assert result.verdict is Verdict.USAGE_ERROR
    assert "time limit" in result.failures[0]["message"]


def test_a_wait_with_a_time_limit_ends_both_ways() -> None:
    timed = (
        "static void *f(void *p) { struct timespec second = {1, 0};"
        " long r = syscall(SYS_futex, &word, FUTEX_WAIT, 0, &second);"
        " assert(WANTED); return p; }"
        "int main(void) { go(f); word = 1; wake(1); done(); }"
    )
    wanted = {
        "r == 0": "in time",
        "errno == ETIMEDOUT": "late",
        "errno == EAGAIN": "changed",
    }
    for each in wanted:
        # Each outcome alone is refuted by the others; all together are all there is.
        result = run(
            HEAD
            + timed.replace("WANTED", f"r == 0 ? {int(each == 'r == 0')} : ({each})"),
        )
        assert [failure["kind"] for failure in result.failures] == ["assertion"], each
    together = timed.replace("WANTED", "r == 0 || errno == ETIMEDOUT || errno == EAGAIN")
    assert run(HEAD + together).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("syscall(SYS_futex, &word, FUTEX_LOCK_PI, 0, NULL)", "`futex` with operation 6"),
        ("syscall(SYS_getuid)", "`syscall` with number "),
    ],
    ids=["inheriting", "getuid"],
)  # fmt: skip
def test_other_system_calls_are_refused_by_name(call: str, words: str) -> None:
    result = run(HEAD + f"int main(void) {{ {call}; }}")
    assert result.verdict is Verdict.USAGE_ERROR
    assert words in result.failures[0]["message"]


CXX_HEAD = """
#include <atomic>
#include <cassert>
#include <thread>
std::atomic<int> ready; std::atomic<bool> flag; int data;
"""
CXX = {
    "notify after the store": (
        "int main() { std::thread a([] { ready.wait(0); assert(data == 1); });"
        " data = 1; ready.store(1); ready.notify_one(); a.join(); }",
        None,
    ),
    "no notify": (
        "int main() { std::thread a([] { ready.wait(0); }); ready.store(1); a.join(); }",
        "deadlock",
    ),
    "notify for another value's size": (
        "int main() { std::thread a([] { flag.wait(false); assert(data == 1); });"
        " data = 1; flag.store(true); flag.notify_all(); a.join(); }",
        None,
    ),
    "a relaxed store publishes nothing": (
        "int main() { std::thread a([] { ready.wait(0, std::memory_order_acquire); assert(data == 1); });"
        " data = 1; ready.store(1, std::memory_order_relaxed); ready.notify_one(); a.join(); }",
        "data race",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
@pytest.mark.parametrize("name", CXX)
def test_cxx_objects_wait_and_notify(name: str) -> None:
    text, kind = CXX[name]
    result = run(CXX_HEAD + text, ".cc", cflags=["-std=c++20"])
    assert [failure["kind"] for failure in result.failures] == [kind] * bool(kind)
    assert result.exhaustive or kind
