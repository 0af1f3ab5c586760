/* SPDX-License-Identifier: MIT */
/*
 * tee_all: a pipe to a sink, with a second copy into another pipe, without a read.
 *
 * Why       A proxy that logs what it forwards. tee duplicates without consuming; splice then
 *           consumes, and exactly as many bytes as were duplicated, or the copy has a gap.
 * Form      int tee_all(int out, int copy, int in, size_t count, size_t *moved)
 * Contract  `in` and `copy` are pipes, `out` is anything but a file with O_APPEND. Returns,
 *           waits and signals as in transfer.h; *moved bytes went to `out`. After success both
 *           have the same bytes; after an error of `out` the copy may be ahead, as it was
 *           duplicated before `out` refused.
 * Source    shared: pages are referred to by `out`, `copy` and whoever wrote them to the pipe.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "quiet_pipe.h"
#include "transfer.h"
#include "wait_ready.h"

#include <fcntl.h>

#ifndef TEE_FORWARDS_ALL /* 0: the forwarding half is called once */
#define TEE_FORWARDS_ALL 1
#endif
#ifndef TEE_FORWARDS_EXACTLY /* 0: forwards what is there, not what was duplicated */
#define TEE_FORWARDS_EXACTLY 1
#endif
#ifndef TEE_RETRIES_EINTR /* 0: an interrupted call is an error */
#define TEE_RETRIES_EINTR 1
#endif

#define CHUNK ((size_t)65536)

/* Whether a failed call may be made again; waits for both ends where tee said EAGAIN. */
static int try_again(int reader, int writer) {
    if (errno == EINTR)
        return TEE_RETRIES_EINTR;
    if (errno != EAGAIN)
        return 0;
    return (reader < 0 || wait_ready(reader, POLLIN) == 0) &&
           wait_ready(writer, POLLOUT) == 0;
}

static ssize_t duplicate(int in, int copy, size_t bytes) {
    ssize_t n;
    do {
        n = tee(in, copy, bytes, 0);
    } while (n < 0 && try_again(in, copy));
    return n;
}

static int forward(int out, int in, size_t bytes, size_t *moved) {
    do {
        size_t ask = TEE_FORWARDS_EXACTLY ? bytes : CHUNK;
        ssize_t n = splice(in, NULL, out, NULL, ask, SPLICE_F_MOVE);
        if (n < 0 && try_again(-1, out))
            continue;
        if (n <= 0)
            return -1;
        *moved += (size_t)n;
        bytes -= (size_t)n < bytes ? (size_t)n : bytes;
    } while (bytes > 0 && TEE_FORWARDS_ALL);
    return 0;
}

int tee_all(int out, int copy, int in, size_t count, size_t *moved) {
    struct quiet_pipe quiet;
    int result = 0;
    *moved = 0;
    quiet_pipe_begin(&quiet);
    while (*moved < count && result == 0) {
        ssize_t n = duplicate(in, copy, count - *moved < CHUNK ? count - *moved : CHUNK);
        if (n == 0)
            break;
        result = n < 0 ? -1 : forward(out, in, (size_t)n, moved);
    }
    quiet_pipe_end(&quiet, result);
    return result;
}
