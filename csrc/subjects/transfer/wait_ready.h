/* SPDX-License-Identifier: MIT */
/*
 * wait_ready: sleep until a non-blocking descriptor can go on.
 *
 * Why       Calling again at once also works, and burns a processor for as long as the peer
 *           stalls.
 * Errors    A descriptor in error counts as ready: the next call says which error it is.
 */
#ifndef WAIT_READY_H
#define WAIT_READY_H

#include <errno.h>
#include <poll.h>

static inline int wait_ready(int descriptor, short events) {
    struct pollfd one = {.fd = descriptor, .events = events};
    int ready;
    do {
        ready = poll(&one, 1, -1);
    } while (ready < 0 && errno == EINTR);
    return ready < 0 ? -1 : 0;
}

#endif
