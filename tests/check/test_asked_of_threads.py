"""What programs ask of threads and of the system, and seldom need: all of it has an answer."""

from __future__ import annotations

import pytest

from heald.explorer.program import check
from heald.verdicts import Verdict
from tests.texts import written

HEAD = """
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
static pthread_t t; static struct timespec late; static int data, n; static void *r;
static pthread_rwlock_t l = PTHREAD_RWLOCK_INITIALIZER;
static void *f(void *p) { data = 7; return p; }
static void *locks(void *p) { if (!pthread_rwlock_clockwrlock(&l, CLOCK_MONOTONIC, &late)) { data++; pthread_rwlock_unlock(&l); } return p; }
static void none(void) {}
"""

#: What is asked, the kind of failure (None for a pass) and how many executions there are.
CASES: dict[str, tuple[str, str | None, int | None]] = {
    "where its stack is": (
        "pthread_attr_t a; void *low; size_t bytes; char here; assert(!pthread_getattr_np(pthread_self(), &a));"
        " pthread_attr_getstack(&a, &low, &bytes); assert((char *)low <= &here && &here < (char *)low + bytes); pthread_attr_destroy(&a);",
        None,
        1,
    ),
    "what attributes say": (
        "pthread_attr_t a; int v; struct sched_param s; pthread_mutexattr_t m; pthread_attr_init(&a); pthread_attr_setstacksize(&a, PTHREAD_STACK_MIN * 2);"
        " pthread_attr_getschedpolicy(&a, &v); assert(v == SCHED_OTHER); pthread_attr_getschedparam(&a, &s); assert(s.sched_priority == 0);"
        " pthread_attr_getinheritsched(&a, &v); pthread_attr_getscope(&a, &v); pthread_mutexattr_init(&m); pthread_mutexattr_setrobust(&m, PTHREAD_MUTEX_ROBUST);"
        " pthread_mutexattr_getrobust(&m, &v); assert(v == PTHREAD_MUTEX_ROBUST); pthread_mutexattr_getprotocol(&m, &v); assert(v == PTHREAD_PRIO_NONE);",
        None,
        1,
    ),
    "how it is scheduled": (
        "struct sched_param s = {sched_get_priority_min(SCHED_FIFO)}; int v; cpu_set_t c; assert(s.sched_priority < sched_get_priority_max(SCHED_RR));"
        " assert(!pthread_setschedparam(pthread_self(), SCHED_OTHER, &s) && !pthread_getschedparam(pthread_self(), &v, &s));"
        " assert(!sched_getaffinity(0, sizeof c, &c) && CPU_COUNT(&c) == 2 && !pthread_atfork(none, none, none));",
        None,
        1,
    ),
    "what the system is": (
        'struct utsname u; struct rusage g; char h[9]; assert(!uname(&u) && !strcmp(u.sysname, "Linux") && !gethostname(h, 9) && getuid() == geteuid());'
        " assert(gethostname(h, 2) == -1 && errno == ENAMETOOLONG && !getrusage(RUSAGE_SELF, &g) && getppid() == 0);",
        None,
        1,
    ),
    "it may have ended": (
        "pthread_create(&t, 0, f, &n); int e = pthread_tryjoin_np(t, &r); if (!e) assert(data == 7 && r == &n); else { assert(e == EBUSY); pthread_join(t, 0); }",
        None,
        2,
    ),
    "it need not have": (
        "pthread_create(&t, 0, f, 0); assert(!pthread_tryjoin_np(t, 0));",
        "assertion",
        None,
    ),
    "asked until it has": (
        "pthread_create(&t, 0, f, 0); while (pthread_timedjoin_np(t, 0, &late)) n++; assert(data == 7);",
        None,
        2,
    ),
    "it goes on meanwhile": (
        "pthread_create(&t, 0, f, 0); pthread_tryjoin_np(t, 0); assert(data != 8);",
        "data race",
        None,
    ),
    "a lock until then": (
        "pthread_create(&t, 0, locks, 0); if (!pthread_rwlock_clockrdlock(&l, CLOCK_MONOTONIC, &late)) { assert(data < 2); pthread_rwlock_unlock(&l); } pthread_join(t, 0);",
        None,
        None,
    ),
    "a lock that was not had": (
        "pthread_create(&t, 0, locks, 0); pthread_rwlock_clockrdlock(&l, CLOCK_MONOTONIC, &late); assert(data < 2); pthread_join(t, 0);",
        "data race",
        None,
    ),
    "beyond a stack's upper end": (
        "volatile char here = 0; for (const volatile char *p = &here;; p += 4096) n += *p;",
        "wild access",
        None,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_asked(name: str) -> None:
    text, kind, executions = CASES[name]
    source = HEAD + f"int main(void) {{ {text} return 0; }}"
    result = check([written(source)], cflags=["-w"])
    assert [found["kind"] for found in result.failures] == ([kind] if kind else [])
    assert result.verdict is (Verdict.FAILED if kind else Verdict.PASSED)
    assert executions is None or result.executions == executions
