"""What the system serves: eventfd, pipes, poll, random bytes, and what it says of itself."""

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
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sysinfo.h>
#include <unistd.h>
static int fd, ends[2], data; __attribute__((unused)) static int others[2];
static pthread_t t_[4]; static int n_;
__attribute__((unused)) static void go(void *(*f)(void *)) { pthread_create(&t_[n_++], 0, f, 0); }
__attribute__((unused)) static void done(void) { for (int i = 0; i < n_; i++) pthread_join(t_[i], 0); }
#define THREAD(name) static void *name(void *arg)
"""

#: Kind of the failure, or None for a pass.
CASES: dict[str, tuple[str, str | None]] = {
    "an eventfd publishes": (
        "THREAD(f) { uint64_t one = 1; data = 7; assert(write(fd, &one, 8) == 8); return arg; }"
        "int main(void) { uint64_t n; fd = eventfd(0, 0); go(f); assert(read(fd, &n, 8) == 8 && n == 1);"
        " assert(data == 7); done(); close(fd); }",
        None,
    ),
    "its count adds up and is taken whole": (
        "THREAD(f) { uint64_t two = 2; write(fd, &two, 8); return arg; }"
        "int main(void) { uint64_t n; fd = eventfd(3, 0); go(f); go(f); done(); read(fd, &n, 8); assert(n == 7); }",
        None,
    ),
    "glibc's own calls for an eventfd": (
        "THREAD(f) { data = 7; assert(eventfd_write(fd, 2) == 0); return arg; }"
        "int main(void) { eventfd_t n; fd = eventfd(0, 0); go(f); assert(eventfd_read(fd, &n) == 0 && n == 2);"
        " assert(data == 7); done(); assert(eventfd_write(fd, ~0ull) == -1 && errno == EINVAL);"
        " fd = eventfd(0, EFD_NONBLOCK); assert(eventfd_read(fd, &n) == -1 && errno == EAGAIN); }",
        None,
    ),
    "two who write, one who reads to the end": (
        "static atomic_int left = 2; static void say(char c) { write(ends[1], &c, 1); if (--left == 0) close(ends[1]); }"
        "THREAD(f) { say('a'); return arg; }"
        "int main(void) { char b[8]; int n = 0; ssize_t r; pipe(ends); go(f); say('b');"
        " while ((r = read(ends[0], b, 8)) > 0) n += r; assert(r == 0 && n == 2); done(); }",
        None,
    ),
    "nobody closes what is read to the end": (
        'THREAD(f) { write(ends[1], "a", 1); return arg; }'
        "int main(void) { char b[8]; int n = 0; ssize_t r; pipe(ends); go(f); write(ends[1], b, 1);"
        " while ((r = read(ends[0], b, 8)) > 0) n += r; done(); return n; }",
        "deadlock",
    ),
    "the last of two numbers ends it": (
        "THREAD(f) { assert(write(fd, arg, 0) == 0 && write(fd, &data, 1) == 1); close(fd); return arg; }"
        "int main(void) { char b[8]; int n = 0; ssize_t r; pipe(ends); fd = dup(ends[1]); assert(fd > ends[1]); go(f);"
        " write(ends[1], b, 1); assert(close(ends[1]) == 0); while ((r = read(ends[0], b, 8)) > 0) n += r;"
        " assert(r == 0 && n == 2); done(); }",
        None,
    ),
    "one of two numbers is never closed": (
        "THREAD(f) { close(fd); return arg; }"
        "int main(void) { char b[8]; pipe(ends); fd = dup(ends[1]); go(f); read(ends[0], b, 8); done(); }",
        "deadlock",
    ),
    "an eventfd with two numbers is one": (
        "int main(void) { uint64_t n = 2; fd = eventfd(0, EFD_NONBLOCK); int other = dup(fd); close(fd); write(other, &n, 8);"
        " assert(read(other, &n, 8) == 8 && n == 2 && read(other, &n, 8) == -1 && errno == EAGAIN); assert(close(other) == 0); }",
        None,
    ),
    "what was closed is closed": (
        "int main(void) { char c; uint64_t n = 1; pipe(ends); fd = eventfd(0, 0); close(fd); assert(write(fd, &n, 8) == -1 && errno == EBADF);"
        " assert(close(ends[0]) == 0 && read(ends[0], &c, 1) == -1 && errno == EBADF); assert(close(ends[0]) == -1 && errno == EBADF); }",
        None,
    ),
    "closed beside one who writes": (
        "THREAD(f) { uint64_t one = 1; assert(write(fd, &one, 8) == 8); return arg; }"
        "int main(void) { fd = eventfd(0, 0); go(f); close(fd); done(); }",
        "assertion",
    ),
    "closed twice, by whoever": (
        "THREAD(f) { assert(close(fd) == 0); return arg; } int main(void) { fd = eventfd(0, 0); go(f); go(f); done(); }",
        "assertion",
    ),
    "what descriptors are": (
        "#include <sys/stat.h>\n#include <sys/socket.h>\n"
        "int main(void) { struct stat s; pipe(ends); assert(fstat(ends[1], &s) == 0 && S_ISFIFO(s.st_mode));"
        " socketpair(AF_UNIX, SOCK_STREAM, 0, others); assert(fstat(others[0], &s) == 0 && S_ISSOCK(s.st_mode));"
        " close(ends[1]); assert(fstat(ends[1], &s) == -1 && errno == EBADF && fstat(99, &s) == -1); }",
        None,
    ),
    "what is asked of a descriptor races": (
        "#include <sys/stat.h>\nstatic struct stat s; THREAD(f) { fstat(fd, &s); return arg; }"
        "int main(void) { fd = eventfd(0, 0); go(f); fstat(fd, &s); done(); return s.st_nlink == 0; }",
        "data race",
    ),
    "data beside them races": (
        "THREAD(f) { eventfd_write(fd, 1); data = 7; return arg; }"
        "int main(void) { eventfd_t n; fd = eventfd(0, 0); go(f); eventfd_read(fd, &n); data = 8; done(); return data == 5; }",
        "data race",
    ),
    "a semaphore gives one at a time": (
        "int main(void) { uint64_t n; fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);"
        " assert(read(fd, &n, 8) == 8 && n == 1); assert(read(fd, &n, 8) == 8);"
        " assert(read(fd, &n, 8) == -1 && errno == EAGAIN); }",
        None,
    ),
    "nobody writes": (
        "int main(void) { uint64_t n; fd = eventfd(0, 0); read(fd, &n, 8); }",
        "deadlock",
    ),
    "data beside it races": (
        "THREAD(f) { uint64_t one = 1; write(fd, &one, 8); data = 7; return arg; }"
        "int main(void) { uint64_t n; fd = eventfd(0, 0); go(f); read(fd, &n, 8); data = 8; done(); return data == 5; }",
        "data race",
    ),
    "polling an eventfd that does not block waits": (
        "THREAD(f) { uint64_t one = 1; write(fd, &one, 8); return arg; }"
        "int main(void) { uint64_t n; fd = eventfd(0, EFD_NONBLOCK); go(f); while (read(fd, &n, 8) != 8) ; done(); }",
        None,
    ),
    "a pipe carries bytes": (
        'THREAD(f) { data = 7; assert(write(ends[1], "twenty bytes of text", 20) == 20); close(ends[1]); return arg; }'
        "int main(void) { char b[32]; size_t n = 0; ssize_t r; pipe(ends); go(f);"
        ' while ((r = read(ends[0], b + n, 3)) > 0) n += r; assert(n == 20 && !memcmp(b, "twenty bytes of text", 20) && data == 7); done(); }',
        None,
    ),
    "two writes are not mixed": (
        'THREAD(f) { write(ends[1], "aaaaaaaaaa", 10); return arg; }'
        'THREAD(g) { write(ends[1], "bbbbbbbbbb", 10); return arg; }'
        "int main(void) { char b[20]; pipe(ends); go(f); go(g); done(); assert(read(ends[0], b, 20) == 20); assert(b[0] == b[9] && b[10] == b[19] && b[0] != b[10]); }",
        None,
    ),
    "either may come first": (
        'THREAD(f) { write(ends[1], "a", 1); return arg; } THREAD(g) { write(ends[1], "b", 1); return arg; }'
        "int main(void) { char b[2]; pipe(ends); go(f); go(g); done(); read(ends[0], b, 2); assert(b[0] == 'a'); }",
        "assertion",
    ),
    "a pipe that nobody closes": (
        "int main(void) { char b; pipe(ends); read(ends[0], &b, 1); }",
        "deadlock",
    ),
    "what is written to a pipe is read": (
        "static char text[9]; THREAD(f) { text[0] = 1; return arg; }"
        "int main(void) { pipe(ends); go(f); write(ends[1], text, 9); done(); }",
        "data race",
    ),
    "poll sleeps": ("int main(void) { assert(poll(0, 0, 1) == 0); }", None),
    "select sleeps": (
        "int main(void) { struct timeval t = {0, 1000}; assert(select(0, 0, 0, 0, &t) == 0); }",
        None,
    ),
    "poll waits for a pipe": (
        'THREAD(f) { data = 7; write(ends[1], "x", 1); return arg; }'
        "int main(void) { pipe(ends); struct pollfd p = {.fd = ends[0], .events = POLLIN}; go(f);"
        " assert(poll(&p, 1, -1) == 1 && p.revents == POLLIN && data == 7); done(); }",
        None,
    ),
    "poll may find nothing yet": (
        'THREAD(f) { write(ends[1], "x", 1); return arg; }'
        "int main(void) { pipe(ends); struct pollfd p = {.fd = ends[0], .events = POLLIN}; go(f);"
        " assert(poll(&p, 1, 10) == 1); done(); }",
        "assertion",
    ),
    "a loop that polls waits": (
        'THREAD(f) { write(ends[1], "x", 1); return arg; }'
        "int main(void) { pipe(ends); struct pollfd p = {.fd = ends[0], .events = POLLIN}; go(f);"
        " while (poll(&p, 1, 10) == 0) ; done(); }",
        None,
    ),
    "poll waits for one of two pipes": (
        'THREAD(f) { data = 7; write(others[1], "x", 1); return arg; }'
        "int main(void) { pipe(ends); pipe(others); go(f);"
        " struct pollfd p[] = {{.fd = ends[0], .events = POLLIN}, {.fd = -1}, {.fd = others[0], .events = POLLIN}};"
        " assert(poll(p, 3, -1) == 1 && !p[0].revents && p[2].revents == POLLIN && data == 7); done(); }",
        None,
    ),
    "poll of two pipes that nobody writes": (
        "int main(void) { pipe(ends); pipe(others);"
        " struct pollfd p[] = {{.fd = ends[0], .events = POLLIN}, {.fd = others[0], .events = POLLIN}}; poll(p, 2, -1); }",
        "livelock",
    ),
    "a closed pipe hangs up": (
        "THREAD(f) { close(ends[1]); return arg; }"
        "int main(void) { char c; pipe(ends); struct pollfd p = {.fd = ends[0], .events = POLLIN}; go(f);"
        " assert(poll(&p, 1, -1) == 1 && p.revents == POLLHUP && read(ends[0], &c, 1) == 0); done(); }",
        None,
    ),
    "select waits for one of two": (
        'THREAD(f) { data = 7; write(others[1], "x", 1); return arg; }'
        "int main(void) { fd_set in; pipe(ends); pipe(others); go(f); FD_ZERO(&in); FD_SET(ends[0], &in); FD_SET(others[0], &in);"
        " assert(select(others[0] + 1, &in, 0, 0, 0) == 1 && FD_ISSET(others[0], &in) && !FD_ISSET(ends[0], &in) && data == 7); done(); }",
        None,
    ),
    "epoll tells which": (
        "THREAD(f) { uint64_t one = 1; data = 7; write(fd, &one, 8); return arg; }"
        "int main(void) { int e = epoll_create1(0); fd = eventfd(0, EFD_NONBLOCK); pipe(ends); uint64_t n;"
        " struct epoll_event a = {.events = EPOLLIN, .data.fd = fd}, b = {.events = EPOLLIN, .data.ptr = &data}, got[2];"
        " epoll_ctl(e, EPOLL_CTL_ADD, ends[0], &b); epoll_ctl(e, EPOLL_CTL_ADD, fd, &a); go(f);"
        " assert(epoll_wait(e, got, 2, -1) == 1 && got[0].data.fd == fd && data == 7 && read(fd, &n, 8) == 8); done();"
        ' write(ends[1], "x", 1); assert(epoll_wait(e, got, 2, 0) == 1 && got[0].data.ptr == &data); close(e); }',
        None,
    ),
    "epoll before the data": (
        "THREAD(f) { uint64_t one = 1; write(fd, &one, 8); data = 7; return arg; }"
        "int main(void) { int e = epoll_create1(0); fd = eventfd(0, 0);"
        " struct epoll_event a = {.events = EPOLLIN}, got; epoll_ctl(e, EPOLL_CTL_ADD, fd, &a); go(f);"
        " epoll_wait(e, &got, 1, -1); data = 8; done(); return data == 5; }",
        "data race",
    ),
    "epoll tells one of two once": (
        "static int e; static atomic_int told; THREAD(f) { struct epoll_event got; told += epoll_wait(e, &got, 1, 0); return arg; }"
        "int main(void) { e = epoll_create1(0); fd = eventfd(1, 0);"
        " struct epoll_event a = {.events = EPOLLIN | EPOLLONESHOT}; epoll_ctl(e, EPOLL_CTL_ADD, fd, &a); go(f); f(0); done();"
        " assert(told == 1); epoll_ctl(e, EPOLL_CTL_MOD, fd, &a); f(0); assert(told == 2);"
        " epoll_ctl(e, EPOLL_CTL_DEL, fd, 0); f(0); assert(told == 2 && epoll_ctl(e, EPOLL_CTL_DEL, fd, 0) < 0 && errno == ENOENT); }",
        None,
    ),
    "epoll tells both without once": (
        "static int e; static atomic_int told; THREAD(f) { struct epoll_event got; told += epoll_wait(e, &got, 1, 0); return arg; }"
        "int main(void) { e = epoll_create1(0); fd = eventfd(1, 0);"
        " struct epoll_event a = {.events = EPOLLIN}; epoll_ctl(e, EPOLL_CTL_ADD, fd, &a); go(f); f(0); done(); assert(told == 1); }",
        "assertion",
    ),
    "random bytes and the machine": (
        "int main(void) { unsigned char b[9] = {0}; struct sysinfo s; assert(getrandom(b, 9, 0) == 9); assert(getentropy(b, 4) == 0);"
        " assert(sysinfo(&s) == 0 && s.totalram > 0 && sysconf(_SC_PAGESIZE) == 4096 && getpagesize() == 4096); }",
        None,
    ),
}

REFUSED = {
    "a descriptor from elsewhere": "int main(void) { char b; return read(9, &b, 1) < 0; }",
}


def run(text: str, **options: Any) -> CheckResult:
    path = written(HEAD + text)
    return check([path], budget_s=20, **options)


@pytest.mark.parametrize("name", CASES)
def test_served(name: str) -> None:
    text, kind = CASES[name]
    result = run(text)
    assert [failure["kind"] for failure in result.failures] == [kind] * (kind is not None)
    assert kind or result.verdict is Verdict.PASSED


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name: str) -> None:
    assert run(REFUSED[name]).verdict is Verdict.USAGE_ERROR


def test_random_bytes_follow_from_the_seed() -> None:
    text = (
        "#include <stdio.h>\nint main(void) { unsigned n; getrandom(&n, 4, 0);"
        ' printf("%u", n); }'
    )
    printed = [run(text, seed=seed).output for seed in (1, 1, 2)]
    assert printed[0] == printed[1] != printed[2]
