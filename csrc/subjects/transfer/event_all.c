/* SPDX-License-Identifier: MIT */
/*
 * event_all: sendfile in an event loop: one thread, many connections, none waits for another.
 *
 * Why       The form that servers have. With edge-triggered epoll the kernel says once that a
 *           socket takes bytes; a sender that stops before EAGAIN waits for a second word that
 *           never comes.
 * Contract  That of transfer.h; `in` is a file, `out` is non-blocking and can be polled: a
 *           socket or a pipe. event_step moves what can be moved now and never waits.
 * Short     A short count is not EAGAIN: since Linux 4.3 any signal may cut a sendfile short
 *           while the socket still takes bytes. So a step ends at EAGAIN and nowhere else.
 * Source    shared: see sendfile_all.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "event_send.h"

#include "quiet_pipe.h"

#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <unistd.h>

#ifndef EVENT_SHORT_GOES_ON /* 0: after a short count, back to the loop */
#define EVENT_SHORT_GOES_ON 1
#endif
#ifndef EVENT_RETRIES_EINTR /* 0: an interrupted call is an error */
#define EVENT_RETRIES_EINTR 1
#endif
#ifndef EVENT_CLOSES_ON_ERROR /* 0: an error leaks the loop's descriptor */
#define EVENT_CLOSES_ON_ERROR 1
#endif
#ifndef EVENT_ZERO_ENDS /* 0: the end of the file is taken for "not now" */
#define EVENT_ZERO_ENDS 1
#endif

#define MOST_PER_CALL ((size_t)0x7ffff000)

enum event_state event_step(struct event_send *s) {
    while (s->moved < s->count) {
        size_t left = s->count - s->moved;
        size_t ask = left < MOST_PER_CALL ? left : MOST_PER_CALL;
        ssize_t n = sendfile(s->out, s->in, s->offset, ask);
        if (n == 0)
            return EVENT_ZERO_ENDS ? EVENT_DONE : EVENT_LATER;
        if (n > 0)
            s->moved += (size_t)n;
        if (n > 0 && (size_t)n < ask && !EVENT_SHORT_GOES_ON)
            return EVENT_LATER;
        if (n < 0 && errno == EINTR && EVENT_RETRIES_EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN ? EVENT_LATER : EVENT_FAILED;
    }
    return EVENT_DONE;
}

/* Waits until the loop has something to say; 0, or -1 with errno. */
static int wait_event(int loop) {
    struct epoll_event event;
    int n;
    do {
        n = epoll_wait(loop, &event, 1, -1);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -1 : 0;
}

static int run_loop(int loop, struct event_send *s) {
    struct epoll_event event = {.events = EPOLLOUT | EPOLLET, .data.ptr = s};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, s->out, &event) != 0)
        return -1;
    for (;;) {
        if (wait_event(loop) != 0)
            return -1;
        enum event_state state = event_step(s);
        if (state != EVENT_LATER)
            return state == EVENT_FAILED ? -1 : 0;
    }
}

int event_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct event_send s = {.out = out, .in = in, .offset = offset, .count = count};
    struct quiet_pipe quiet;
    int loop = epoll_create1(EPOLL_CLOEXEC);
    *moved = 0;
    if (loop < 0)
        return -1;
    quiet_pipe_begin(&quiet);
    int result = run_loop(loop, &s);
    quiet_pipe_end(&quiet, result);
    *moved = s.moved;
    if (result != 0 && !EVENT_CLOSES_ON_ERROR)
        return result;
    int error = errno;
    close(loop);
    errno = error;
    return result;
}
