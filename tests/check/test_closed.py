"""Descriptors that were closed: who looks at one, waits for one or sets one up is told so."""

from __future__ import annotations

import pytest

from heald.explorer.program import check
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
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
static int ends[2], e; static struct pollfd p; static struct epoll_event in = {.events = EPOLLIN}, out;
static pthread_t t; static void *f(void *); static struct timeval now;
__attribute__((unused)) static void go(void) { pthread_create(&t, 0, f, 0); }
__attribute__((unused)) static void done(void) { pthread_join(t, 0); }
static int look(int number, int events, int time) { p = (struct pollfd){number, events, 99}; return poll(&p, 1, time); }
static int choose(int number) { fd_set s; FD_ZERO(&s); FD_SET(number, &s); return select(number + 1, &s, 0, 0, &now); }
static int none(void) { int was = errno; errno = 0; return was == EBADF; }
"""

#: Kind of the failure, or None for a pass; how many executions, where that is told.
CASES: dict[str, tuple[str, str | None, int | None]] = {
    "poll of a closed number": (
        "int main(void) { pipe(ends); close(ends[0]); assert(look(ends[0], POLLIN, -1) == 1 && p.revents == POLLNVAL);"
        " assert(look(ends[0], 0, 0) == 1 && p.revents == POLLNVAL); }",
        None,
        1,
    ),
    "of one that never was": (
        "int main(void) { assert(look(9999, POLLIN, -1) == 1 && p.revents == POLLNVAL); assert(look(-1, POLLIN, 0) == 0 && !p.revents); }",
        None,
        1,
    ),
    "closed before the look or after": (
        "void *f(void *a) { close(ends[0]); return a; }"
        "int main(void) { pipe(ends); go(); int n = look(ends[0], POLLIN, 0); assert(n ? p.revents == POLLNVAL : !p.revents); done(); }",
        None,
        2,
    ),
    "a look that does not think of it": (
        "void *f(void *a) { close(ends[0]); return a; }"
        "int main(void) { pipe(ends); go(); assert(look(ends[0], POLLIN, 0) == 0); done(); }",
        "assertion",
        None,
    ),
    "close wakes nobody": (
        "void *f(void *a) { look(ends[0], POLLIN, -1); return a; }"
        "int main(void) { pipe(ends); go(); close(ends[0]); done(); }",
        "deadlock",
        None,
    ),
    "nobody reads what is written": (
        "int main(void) { pipe(ends); assert(look(ends[1], POLLOUT, 0) == 1 && p.revents == POLLOUT); close(ends[0]);"
        " assert(look(ends[1], POLLOUT, 0) == 1 && p.revents == (POLLOUT | POLLERR)); }",
        None,
        1,
    ),
    "told without being asked": (
        "void *f(void *a) { close(ends[1]); return a; }"
        "int main(void) { pipe(ends); go(); assert(look(ends[0], 0, -1) == 1 && p.revents == POLLHUP); done(); }",
        None,
        None,
    ),
    "nothing to be told of": (
        "int main(void) { return look(eventfd(0, 0), 0, -1); }",
        "livelock",
        None,
    ),
    "select of a closed number": (
        "int main(void) { pipe(ends); assert(choose(ends[0]) == 0); close(ends[0]); assert(choose(ends[0]) == -1 && none()); }",
        None,
        1,
    ),
    "epoll forgets what is closed": (
        "int main(void) { int n = eventfd(1, 0); e = epoll_create1(0); epoll_ctl(e, EPOLL_CTL_ADD, n, &in);"
        " assert(epoll_wait(e, &out, 1, -1) == 1); close(n); assert(epoll_wait(e, &out, 1, 0) == 0);"
        " assert(epoll_ctl(e, EPOLL_CTL_DEL, n, 0) == -1 && none()); }",
        None,
        1,
    ),
    "not while it has another number": (
        "int main(void) { int n = eventfd(1, 0), m = dup(n); e = epoll_create1(0); epoll_ctl(e, EPOLL_CTL_ADD, n, &in);"
        " close(n); assert(epoll_wait(e, &out, 1, -1) == 1); close(m); assert(epoll_wait(e, &out, 1, 0) == 0); }",
        None,
        1,
    ),
    "waiting for what was closed": (
        "int main(void) { int n = eventfd(1, 0); e = epoll_create1(0); epoll_ctl(e, EPOLL_CTL_ADD, n, &in); close(n);"
        " return epoll_wait(e, &out, 1, -1); }",
        "livelock",
        None,
    ),
    "a closed epoll": (
        "int main(void) { e = epoll_create1(0); int n = eventfd(1, 0); close(e);"
        " assert(epoll_wait(e, &out, 1, -1) == -1 && none()); assert(epoll_ctl(e, EPOLL_CTL_ADD, n, &in) == -1 && none()); }",
        None,
        1,
    ),
    "what is set up or asked": (
        "int main(void) { struct itimerspec s = {{0}, {1, 0}}; int n = timerfd_create(CLOCK_MONOTONIC, 0); close(n);"
        " assert(timerfd_settime(n, 0, &s, 0) == -1 && none()); assert(fcntl(n, F_GETFL) == -1 && none());"
        " socketpair(AF_UNIX, SOCK_STREAM, 0, ends); close(ends[0]); assert(shutdown(ends[0], SHUT_WR) == -1 && none()); }",
        None,
        1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_closed(name: str) -> None:
    text, kind, executions = CASES[name]
    result = check([written(HEAD + text)], cflags=["-w"])
    assert [found["kind"] for found in result.failures] == ([kind] if kind else [])
    assert result.verdict is (Verdict.FAILED if kind else Verdict.PASSED)
    assert executions is None or result.executions == executions
