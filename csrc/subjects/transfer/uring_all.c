/* SPDX-License-Identifier: MIT */
/*
 * uring_all: splice through io_uring, by its bare system calls.
 *
 * Why       The same two halves as splice_all, as entries of a ring: results come back as
 *           completions, errors as negative numbers in them, and no SIGPIPE is ever raised.
 * Contract  That of transfer.h, for files, pipes and sockets. A sink with O_APPEND: EINVAL.
 * Ring      One for each transfer, closed at its end; one entry under way at a time. Linking
 *           fill and drain would cancel the drain after a short fill and leave the pipe full.
 * Errors    As in splice_all.c: what the sink did not take is given back to a file.
 * Source    shared.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "transfer.h"
#include "uring.h"
#include "wait_ready.h"

#include <fcntl.h>

#ifndef URING_DRAINS /* 0: the second half is submitted once */
#define URING_DRAINS 1
#endif
#ifndef URING_CHECKS_RESULT /* 0: a negative result is taken for the end */
#define URING_CHECKS_RESULT 1
#endif
#ifndef URING_GIVES_BACK /* 0: the source stays where the pipe was filled from */
#define URING_GIVES_BACK 1
#endif
#ifndef URING_CLOSES_ON_ERROR /* 0: an error leaks the ring */
#define URING_CLOSES_ON_ERROR 1
#endif

#define CHUNK ((size_t)65536)
#define ENTRIES 2
#define POSITION ((uint64_t)-1) /* use the descriptor's own position */

/* Submits what is queued and waits for its completion; bytes, or -1 with errno. */
static ssize_t complete(struct ring *r) {
    struct io_uring_cqe end;
    if (ring_take(r, &end) != 0)
        return -1;
    errno = end.res < 0 ? -end.res : errno;
    return end.res < 0 ? (URING_CHECKS_RESULT ? -1 : 0) : end.res;
}

/* Bytes, 0 at the end of the source, -1 with errno. */
static ssize_t splice_once(struct ring *r, int in, uint64_t from, int out, size_t bytes,
                           int waiting, short events) {
    struct io_uring_sqe entry = {.opcode = IORING_OP_SPLICE,
                                 .fd = out,
                                 .off = POSITION,
                                 .splice_off_in = from,
                                 .len = (uint32_t)bytes,
                                 .splice_fd_in = in};
    for (;;) {
        ring_put(r, &entry);
        ssize_t n = complete(r);
        if (n >= 0)
            return n;
        if (errno == EINTR)
            continue;
        if (errno != EAGAIN || wait_ready(waiting, events) != 0)
            return -1;
    }
}

static size_t drain(struct ring *r, int out, int pipe_end, size_t held, size_t *moved,
                    int *result) {
    do {
        ssize_t n = splice_once(r, pipe_end, POSITION, out, held, out, POLLOUT);
        if (n <= 0) {
            *result = URING_CHECKS_RESULT ? -1 : 0;
            break;
        }
        *moved += (size_t)n;
        held -= (size_t)n;
    } while (held > 0 && URING_DRAINS);
    return held;
}

static int ring_loop(struct ring *r, int out, int in, off_t *offset, size_t count,
                     size_t *moved, const int pipe_ends[2]) {
    int result = 0;
    for (size_t taken = 0; taken < count && result == 0;) {
        size_t ask = count - taken < CHUNK ? count - taken : CHUNK;
        uint64_t from = offset ? (uint64_t)*offset : POSITION;
        ssize_t held = splice_once(r, in, from, pipe_ends[1], ask, in, POLLIN);
        if (held <= 0)
            return held < 0 ? -1 : 0;
        taken += (size_t)held;
        size_t left = drain(r, out, pipe_ends[0], (size_t)held, moved, &result);
        int error = errno;
        size_t kept = URING_GIVES_BACK && result != 0 ? left : 0;
        if (offset)
            *offset += (off_t)((size_t)held - kept);
        else if (kept > 0)
            lseek(in, -(off_t)kept, SEEK_CUR);
        errno = error;
    }
    return result;
}

int uring_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct ring ring;
    int pipe_ends[2];
    *moved = 0;
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return -1;
    int result = ring_open(&ring, ENTRIES);
    if (result == 0)
        result = ring_loop(&ring, out, in, offset, count, moved, pipe_ends);
    if (result == 0 || URING_CLOSES_ON_ERROR)
        ring_close(&ring);
    int error = errno;
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    errno = error;
    return result;
}
