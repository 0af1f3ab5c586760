"""What threads of one program talk through beside pipes: pairs of sockets, timers, edges, mappings."""

from __future__ import annotations

from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

HEAD = """
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>
static int fd, ends[2], data, e;
static pthread_t t_[4]; static int n_;
static void go(void *(*f)(void *)) { pthread_create(&t_[n_++], 0, f, 0); }
static void done(void) { for (int i = 0; i < n_; i++) pthread_join(t_[i], 0); }
static void pair(void) { assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends)); }
static int watched(int number, unsigned events) {
    struct epoll_event a = {.events = events, .data.fd = number};
    return epoll_ctl(e, EPOLL_CTL_ADD, number, &a);
}
static int came(int wait) { struct epoll_event a; return epoll_wait(e, &a, 1, wait); }
static void *zeros(int bytes) {
    return mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
#define THREAD(name) static void *name(void *arg)
"""

#: Kind of the failure, or None for a pass.
PAIRS: dict[str, tuple[str, str | None]] = {
    "ask and be answered": (
        "THREAD(f) { int n; while (read(ends[1], &n, 4) == 4) { data = 2 * n; write(ends[1], &data, 4); }"
        " close(ends[1]); return arg; }"
        "int main(void) { int n = 4, end; pair(); go(f); write(ends[0], &n, 4); assert(read(ends[0], &n, 4) == 4);"
        " assert(n == 8 && data == 8); shutdown(ends[0], SHUT_WR); assert(recv(ends[0], &end, 4, 0) == 0); done(); }",
        None,
    ),
    "look beside the answer": (
        "THREAD(f) { int n = 1; data = 7; write(ends[1], &n, 4); data = 8; return arg; }"
        "int main(void) { int n; pair(); go(f); read(ends[0], &n, 4); n = data; done(); return n == 1; }",
        "data race",
    ),
    "an end without the other": (
        "THREAD(f) { close(ends[1]); return arg; }"
        "int main(void) { char c; pair(); signal(SIGPIPE, SIG_IGN); go(f); done(); assert(read(ends[0], &c, 1) == 0);"
        " assert(write(ends[0], &c, 1) < 0 && errno == EPIPE); assert(send(ends[0], &c, 1, MSG_NOSIGNAL) < 0); }",
        None,
    ),
    "a write that nobody reads": (
        'int main(void) { pair(); close(ends[1]); write(ends[0], "x", 1); }',
        "signal",
    ),
    "a pipe's write that may be too late": (
        "THREAD(f) { close(ends[0]); return arg; }"
        'int main(void) { pipe(ends); go(f); write(ends[1], "x", 1); done(); }',
        "signal",
    ),
    "quiet, and without waiting": (
        "int main(void) { char c; pair(); assert(recv(ends[0], &c, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN);"
        ' assert(send(ends[1], "xy", 2, 0) == 2 && recv(ends[0], &c, 1, 0) == 1 && c == 120);'
        " struct pollfd p = {ends[0], POLLIN | POLLOUT, 0}; assert(poll(&p, 1, -1) == 1 && p.revents == (POLLIN | POLLOUT));"
        " assert(send(1, &c, 1, 0) < 0 && shutdown(ends[0], 9) < 0 && errno == EINVAL); }",
        None,
    ),
    "nobody answers": (
        "int main(void) { char c; pair(); return (int)read(ends[0], &c, 1); }",
        "deadlock",
    ),
}

TIMERS: dict[str, tuple[str, str | None]] = {
    "set and waited for": (
        "THREAD(f) { struct itimerspec s = {{0, 0}, {0, 5000000}}; data = 7; timerfd_settime(fd, 0, &s, 0); return arg; }"
        "int main(void) { uint64_t n; fd = timerfd_create(CLOCK_MONOTONIC, 0); go(f);"
        " assert(read(fd, &n, 8) == 8 && n == 1 && data == 7); done(); close(fd); }",
        None,
    ),
    "never set": (
        "int main(void) { uint64_t n; return (int)read(timerfd_create(CLOCK_MONOTONIC, 0), &n, 8); }",
        "deadlock",
    ),
    "late or early, but not never": (
        "int main(void) { uint64_t n; struct itimerspec s = {{0, 0}, {1, 0}}; fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);"
        " assert(read(fd, &n, 8) < 0 && errno == EAGAIN); timerfd_settime(fd, 0, &s, 0);"
        " while (read(fd, &n, 8) < 0) assert(errno == EAGAIN); assert(read(fd, &n, 8) < 0); }",
        None,
    ),
    "it may be late": (
        "int main(void) { uint64_t n; struct itimerspec s = {{0, 0}, {0, 1}}; fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);"
        " timerfd_settime(fd, 0, &s, 0); assert(read(fd, &n, 8) == 8); }",
        "assertion",
    ),
    "before the stop and after it": (
        "static int ticks, stop; THREAD(f) { struct itimerspec s = {{0, 0}, {0, 1000}}; int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);"
        " timerfd_settime(t, 0, &s, 0); struct pollfd p[2] = {{t, POLLIN, 0}, {fd, POLLIN, 0}}; uint64_t n;"
        " while (!stop) { assert(poll(p, 2, -1) > 0); if (p[0].revents) ticks += read(t, &n, 8) == 8;"
        " if (p[1].revents) stop = read(fd, &n, 8) == 8; } return arg; }"
        "int main(void) { uint64_t one = 1; fd = eventfd(0, 0); go(f); write(fd, &one, 8); done(); assert(stop); %s }",
        None,
    ),
}
TIMERS["it need not have come"] = (
    TIMERS["before the stop and after it"][0] % "assert(ticks);",
    "assertion",
)
TIMERS["before the stop and after it"] = (
    TIMERS["before the stop and after it"][0] % "assert(ticks <= 1);",
    None,
)

_TAKES = (
    "THREAD(f) { uint64_t one = 1; write(fd, &one, 8); data = 7; write(fd, &one, 8); return arg; }"
    "int main(void) { uint64_t n, all = 0; e = epoll_create1(0); fd = eventfd(0, EFD_NONBLOCK %s);"
    " watched(fd, EPOLLIN | EPOLLET); go(f); while (all < 2) { assert(came(-1) == 1); %s } done(); }"
)
EDGES: dict[str, tuple[str, str | None]] = {
    "told once for each": (
        "int main(void) { uint64_t n = 1; e = epoll_create1(0); fd = eventfd(0, EFD_NONBLOCK); watched(fd, EPOLLIN | EPOLLET);"
        " assert(came(0) == 0); write(fd, &n, 8); assert(came(0) == 1 && came(0) == 0); write(fd, &n, 8);"
        " assert(came(0) == 1 && came(0) == 0); read(fd, &n, 8); assert(n == 2 && came(0) == 0); }",
        None,
    ),
    "what is there already is new": (
        "int main(void) { e = epoll_create1(0); fd = eventfd(1, 0); watched(fd, EPOLLIN | EPOLLET); assert(came(0) == 1 && came(0) == 0);"
        " struct epoll_event a = {.events = EPOLLIN | EPOLLET}; epoll_ctl(e, EPOLL_CTL_MOD, fd, &a); assert(came(0) == 1);"
        " a.events = EPOLLIN; epoll_ctl(e, EPOLL_CTL_MOD, fd, &a); assert(came(0) == 1 && came(0) == 1);"
        " epoll_ctl(e, EPOLL_CTL_DEL, fd, 0); assert(came(0) == 0); }",
        None,
    ),
    "all is taken at each": (
        _TAKES % ("", "while (read(fd, &n, 8) == 8) all += n;"),
        None,
    ),
    "one is taken at each": (
        _TAKES % ("| EFD_SEMAPHORE", "all += read(fd, &n, 8) == 8;"),
        "livelock",
    ),
    "one is told of two that wait": (
        "static atomic_int told; THREAD(f) { told += came(0); return arg; }"
        "int main(void) { e = epoll_create1(0); fd = eventfd(1, 0); watched(fd, EPOLLIN | EPOLLET); go(f); f(0); done(); assert(told == 1); }",
        None,
    ),
    "the end of a pair is an edge": (
        "THREAD(f) { close(ends[1]); return arg; }"
        "int main(void) { char c; e = epoll_create1(0); pair(); watched(ends[0], EPOLLIN | EPOLLET); go(f);"
        " assert(came(-1) == 1 && read(ends[0], &c, 1) == 0); done(); }",
        None,
    ),
    "a timer is one": (
        "int main(void) { uint64_t n; struct itimerspec s = {{0, 0}, {0, 1}}; e = epoll_create1(0); fd = timerfd_create(CLOCK_MONOTONIC, 0);"
        " watched(fd, EPOLLIN | EPOLLET); timerfd_settime(fd, 0, &s, 0); assert(came(-1) == 1 && came(0) == 0 && read(fd, &n, 8) == 8); }",
        None,
    ),
}

MAPPINGS: dict[str, tuple[str, str | None]] = {
    "new memory is zero": (
        "static _Atomic int *n; THREAD(f) { ++*n; return arg; }"
        "int main(void) { n = zeros(8); assert(n != MAP_FAILED && !((uintptr_t)n & 4095)); go(f); go(f); done(); assert(*n == 2);"
        " assert(!munmap((void *)n, 8)); assert(mmap(0, 0, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED); }",
        None,
    ),
    "two write it": (
        "static int *n; THREAD(f) { ++*n; return arg; } int main(void) { n = zeros(4096); go(f); go(f); done(); }",
        "data race",
    ),
    "used after munmap": (
        "static int *n; THREAD(f) { n[1] = 1; return arg; } int main(void) { n = zeros(4096); go(f); munmap(n, 4096); done(); }",
        "use after free",
    ),
    "beyond its pages": (
        "int main(void) { char *n = zeros(100); n[4095] = 1; n[4096] = 1; }",
        "out of bounds",
    ),
    "freed as if by malloc": ("int main(void) { free(zeros(4096)); }", "invalid free"),
    "a file that is only read": (
        "static const char *text; THREAD(f) { assert(text[0] == text[0]); return arg; }"
        'int main(void) { fd = open("/etc/passwd", O_RDONLY); text = mmap(0, 4, PROT_READ, MAP_PRIVATE, fd, 0); close(fd);'
        " assert(text != MAP_FAILED); go(f); assert(memchr(text, 58, 4096)); done(); munmap((void *)text, 4); }",
        None,
    ),
    "its pages are thrown away": (
        "int main(void) { int *n = zeros(4096); *n = 3; assert(!madvise(n, 4096, MADV_DONTNEED) && *n == 0 && !madvise(n, 4096, MADV_HUGEPAGE)); }",
        None,
    ),
}

#: Bytes that nobody wrote are no more written for having been moved.
MOVED: dict[str, tuple[str, str | None]] = {
    "what was written is there": (
        "int main(void) { int *p = malloc(8); p[0] = 3; p = realloc(p, 4000); p[900] = 1; p = realloc(p, 8); p = realloc(p, 64);"
        " assert(p[0] == 3); p[1] = 4; p = realloc(p, 1000); assert(p[1] == 4); free(p); }",
        None,
    ),
    "what was not is not": (
        "int main(void) { int *p = malloc(8); p[0] = 3; p = realloc(p, 64); return p[1] == 5; }",
        "uninitialised read",
    ),
    "moved twice, to where there was something": (
        "int main(void) { int *q = calloc(1, 64), *p = malloc(16); p[0] = 3; free(q); p = realloc(p, 64); p = realloc(p, 640);"
        " return p[1] == 5; }",
        "uninitialised read",
    ),
    "another thread wrote it before": (
        "static int *p; THREAD(f) { p[1] = 5; return arg; }"
        "int main(void) { p = malloc(8); go(f); done(); p = realloc(p, 64); assert(p[1] == 5); free(p); }",
        None,
    ),
    "an atomic one": (
        "static _Atomic int *p; THREAD(f) { p[1]++; return arg; }"
        "int main(void) { p = malloc(8); p[1] = 4; go(f); done(); p = realloc((void *)p, 64); assert(p[1] == 5); free((void *)p); }",
        None,
    ),
    "bytes of the pattern of new memory": (
        "int main(void) { unsigned char *p = malloc(8); memset(p, 0xA5, 8); p = realloc(p, 64); assert(p[1] == 0xA5); free(p); }",
        None,
    ),
}

#: Vectors of parts, and what is told of a descriptor later.
VECTORS: dict[str, tuple[str, str | None]] = {
    "parts stay together": (
        "THREAD(f) { char c[2] = {arg != 0, arg != 0}; struct iovec v[2] = {{c, 1}, {c + 1, 1}}; assert(writev(ends[1], v, 2) == 2); return arg; }"
        "int main(void) { char b[4]; pipe(ends); go(f); f(&fd); done(); struct iovec v[2] = {{b, 3}, {b + 3, 1}};"
        " assert(readv(ends[0], v, 2) == 4 && b[0] == b[1] && b[2] == b[3]); }",
        None,
    ),
    "two writes do not": (
        "THREAD(f) { char c = arg != 0; write(ends[1], &c, 1); write(ends[1], &c, 1); return arg; }"
        "int main(void) { char b[4]; pipe(ends); go(f); f(&fd); done(); read(ends[0], b, 4); assert(b[0] == b[1]); }",
        "assertion",
    ),
    "a part changes meanwhile": (
        "static char part; THREAD(f) { struct iovec v = {&part, 1}; writev(ends[1], &v, 1); return arg; }"
        "int main(void) { pipe(ends); go(f); part = 1; done(); }",
        "data race",
    ),
    "a part is read into meanwhile": (
        "static char part; THREAD(f) { struct iovec v = {&part, 1}; readv(ends[0], &v, 1); return arg; }"
        'int main(void) { pipe(ends); write(ends[1], "x", 1); go(f); int n = part; done(); return n == 5; }',
        "data race",
    ),
    "it waits, or does not": (
        "int main(void) { char c; pipe(ends); assert(fcntl(ends[0], F_GETFL) == O_RDONLY && fcntl(ends[1], F_GETFL) == O_WRONLY);"
        " fcntl(ends[0], F_SETFL, O_NONBLOCK); assert(fcntl(ends[0], F_GETFL) == O_NONBLOCK && read(ends[0], &c, 1) < 0 && errno == EAGAIN);"
        " assert(!fcntl(ends[0], F_SETFD, FD_CLOEXEC) && fcntl(77, F_GETFL) < 0 && errno == EBADF); fcntl(ends[0], F_SETFL, 0); read(ends[0], &c, 1); }",
        "deadlock",
    ),
}

CASES = {
    f"{table}: {name}": case
    for table, cases in {
        "pairs": PAIRS,
        "timers": TIMERS,
        "edges": EDGES,
        "mappings": MAPPINGS,
        "moved": MOVED,
        "vectors": VECTORS,
    }.items()
    for name, case in cases.items()
}

REFUSED = {
    "datagrams": (
        "int main(void) { return socketpair(AF_UNIX, SOCK_DGRAM, 0, ends); }",
        "SOCK_STREAM",
    ),
    "a look that takes nothing": (
        "int main(void) { char c; pair(); return (int)recv(ends[0], &c, 1, MSG_PEEK); }",
        "flags 0x2",
    ),
    "one of several that wait": (
        "int main(void) { e = epoll_create1(0); return watched(eventfd(0, 0), EPOLLIN | EPOLLEXCLUSIVE); }",
        "EPOLLEXCLUSIVE",
    ),
    "what is left of the time": (
        "int main(void) { struct itimerspec s = {{0}}; return timerfd_settime(timerfd_create(1, 0), 0, &s, &s); }",
        "what was left",
    ),
    "a second number": ("int main(void) { return fcntl(0, F_DUPFD, 9); }", "fcntl"),
    "a fixed address": (
        "int main(void) { return mmap((void *)4096, 9, 3, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == 0; }",
        "a fixed address",
    ),
    "memory that nobody may touch": (
        "int main(void) { return mmap(0, 9, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == 0; }",
        "may not be read and written",
    ),
    "a part of a mapping": (
        "int main(void) { return munmap(zeros(8192), 4096); }",
        "whole mapping",
    ),
    "a guard page": (
        "int main(void) { return mprotect(zeros(8192), 4096, PROT_NONE); }",
        "mprotect",
    ),
}

BARRIER = """
static atomic_int active, gone; static int *cell;
THREAD(f) {
    active = 1;
    if (!gone) assert(*cell == 7);
    atomic_store_explicit(&active, 0, memory_order_release);
    return arg;
}
int main(void) {
    cell = malloc(4); *cell = 7; go(f); gone = 1;
    assert(!syscall(SYS_membarrier, 8, 0, 0));
    while (active) ;
    free(cell); done();
}
"""


def run(text: str, **options: Any) -> CheckResult:
    return check([written(HEAD + text)], cflags=["-w"], budget_s=20, **options)


@pytest.mark.parametrize("name", CASES)
def test_served(name: str) -> None:
    text, kind = CASES[name]
    result = run(text)
    assert [failure["kind"] for failure in result.failures] == [kind] * (kind is not None)
    assert kind or result.verdict is Verdict.PASSED


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name: str) -> None:
    text, words = REFUSED[name]
    result = run(text)
    assert result.verdict is Verdict.USAGE_ERROR
    assert words in result.failures[0]["message"]
    assert result.failures[0]["where"][0]["line"]


def test_fences_of_others_are_nothing_under_sc_and_refused_elsewhere() -> None:
    assert run(BARRIER, model="sc").verdict is Verdict.PASSED
    refused = run(BARRIER)
    assert refused.verdict is Verdict.USAGE_ERROR
    assert "--model sc" in refused.failures[0]["message"]
