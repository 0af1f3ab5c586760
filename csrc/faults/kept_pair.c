/* SPDX-License-Identifier: MIT */
/* kept_pair: see kept_pair.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "kept_pair.h"

#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    bool open;
    bool near_waits_never;
    int near, far;
};

static struct pair pairs[KEPT_KINDS];

static int open_ends(enum kept_kind kind, int ends[2]) {
    if (kind == KEPT_UNIX || kind == KEPT_SOURCE_UNIX)
        return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    return pipe2(ends, O_CLOEXEC); /* the first one reads */
}

static int open_pair(enum kept_kind kind, struct pair *pair) {
    int ends[2];
    if (open_ends(kind, ends) != 0)
        return -1;
    bool source = kind == KEPT_SOURCE_PIPE || kind == KEPT_SOURCE_UNIX;
    pair->far = descriptor_keep(ends[source ? 1 : 0]);
    pair->near = descriptor_keep(ends[source ? 0 : 1]);
    pair->near_waits_never = false;
    pair->open = true;
    return descriptor_set_waits_never(pair->far, true);
}

int kept_pair_take(enum kept_kind kind, bool near_waits_never, int *near, int *far) {
    struct pair *pair = &pairs[kind];
    if (!pair->open && open_pair(kind, pair) != 0)
        return -1;
    if (pair->near_waits_never != near_waits_never) {
        if (descriptor_set_waits_never(pair->near, near_waits_never) != 0)
            return -1;
        pair->near_waits_never = near_waits_never;
    }
    *near = pair->near;
    *far = pair->far;
    return 0;
}

int64_t kept_pair_empty(enum kept_kind kind) {
    unsigned char block[4096];
    int near = pairs[kind].near, queued = 0;
    if (ioctl(near, FIONREAD, &queued) != 0)
        return 0;
    for (int64_t left = queued; left > 0;) {
        size_t part = left < (int64_t)sizeof block ? (size_t)left : sizeof block;
        ssize_t n = read(near, block, part);
        if (n <= 0 && errno != EINTR)
            break;
        left -= n > 0 ? n : 0;
    }
    return queued;
}

int64_t kept_pair_read(enum kept_kind kind, unsigned char *to, size_t room) {
    int far = pairs[kind].far;
    size_t have = 0;
    while (have < room) {
        size_t asked = room - have;
        ssize_t n = read(far, to + have, asked);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += (size_t)n;
        if ((size_t)n < asked)
            break;
    }
    return (int64_t)have;
}

void kept_pair_drop(enum kept_kind kind) {
    struct pair *pair = &pairs[kind];
    if (!pair->open)
        return;
    close(pair->near);
    close(pair->far);
    pair->open = false;
}
