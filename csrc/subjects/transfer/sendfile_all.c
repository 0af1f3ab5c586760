/* SPDX-License-Identifier: MIT */
/*
 * sendfile_all: a file to anything, in one call as often as it takes.
 *
 * Why       The textbook calls sendfile once. One call moves at most 0x7ffff000 bytes, and
 *           less whenever the socket's buffer is full or a signal arrives.
 * Contract  That of transfer.h. `in` is a file; `out` is anything but a file with O_APPEND,
 *           for which the kernel says EINVAL and nothing has moved.
 * Source    shared: to a socket or pipe the file's own pages are queued. Bytes that are written
 *           over them before the receiver has read are what the receiver reads. A truncation
 *           may show as zeros.
 * Zero      The kernel says 0 at the end of the file, also where the file was cut meanwhile.
 *           That ends the transfer: asking again would never end.
 * Family    Each macro is one line of care; a flawed variant takes it away.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "quiet_pipe.h"
#include "transfer.h"
#include "wait_ready.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#ifndef SENDFILE_LOOPS /* 0: one call, as the textbook has it */
#define SENDFILE_LOOPS 1
#endif
#ifndef SENDFILE_SHORT_GOES_ON /* 0: the first short count is taken for the end */
#define SENDFILE_SHORT_GOES_ON 1
#endif
#ifndef SENDFILE_RETRIES_EINTR /* 0: an interrupted call is an error */
#define SENDFILE_RETRIES_EINTR 1
#endif
#ifndef SENDFILE_EINTR_MOVES /* -1: the return value of a failed call is added */
#define SENDFILE_EINTR_MOVES 0
#endif
#ifndef SENDFILE_EAGAIN_ENDS /* 1: a full socket is taken for the end */
#define SENDFILE_EAGAIN_ENDS 0
#endif
#ifndef SENDFILE_WAITS /* 0: EAGAIN is answered by calling again at once */
#define SENDFILE_WAITS 1
#endif
#ifndef SENDFILE_EAGAIN_SKIPS /* 1: the offset is moved after EAGAIN */
#define SENDFILE_EAGAIN_SKIPS 0
#endif
#ifndef SENDFILE_ADVANCES_AGAIN /* 1: the caller's offset is advanced a second time */
#define SENDFILE_ADVANCES_AGAIN 0
#endif
#ifndef SENDFILE_RESTARTS /* 1: after a short count, from the beginning */
#define SENDFILE_RESTARTS 0
#endif
#ifndef SENDFILE_ZERO_ENDS /* 0: the end of the file is asked for again for ever */
#define SENDFILE_ZERO_ENDS 1
#endif
#ifndef SENDFILE_ZERO_IS_ALL /* 1: at the end of the file, all is reported as moved */
#define SENDFILE_ZERO_IS_ALL 0
#endif
#ifndef SENDFILE_TRUSTS_SIZE /* 1: st_size, asked for once, bounds the transfer */
#define SENDFILE_TRUSTS_SIZE 0
#endif
#ifndef SENDFILE_COUNT /* uint32_t: of a count above 4 GiB only the rest is moved */
#define SENDFILE_COUNT size_t
#endif

#ifndef SENDFILE_KNOWS_CAP /* 0: what one call could move at most is taken for all */
#define SENDFILE_KNOWS_CAP 1
#endif
#ifndef SENDFILE_GONE_IS /* ECONNRESET: the same errno for every peer that has gone */
#define SENDFILE_GONE_IS EPIPE
#endif

#ifndef SENDFILE_CORKS /* 1: the socket stays corked */
#define SENDFILE_CORKS 0
#endif
#ifndef SENDFILE_TRIES_AGAIN /* 1: an EIO is taken for something that passes */
#define SENDFILE_TRIES_AGAIN 0
#endif
#ifndef SENDFILE_ADDS_COUNT /* 1: the end is start + count, which may be above the most */
#define SENDFILE_ADDS_COUNT 0
#endif

#define MOST_PER_CALL ((size_t)0x7ffff000)

/* What fstat said of the size; the file may be longer by now, or live in /proc. */
static size_t trusted_count(int in, const off_t *offset, size_t count) {
    struct stat status;
    off_t from = offset ? *offset : lseek(in, 0, SEEK_CUR);
    if (fstat(in, &status) != 0 || from >= status.st_size)
        return 0;
    size_t left = (size_t)(status.st_size - from);
    return left < count ? left : count;
}

/* How much there is up to an end that was added up before. */
static size_t up_to_end(int in, const off_t *offset, size_t count) {
    off_t from = offset ? *offset : lseek(in, 0, SEEK_CUR);
    off_t end = (off_t)((size_t)from + count);
    return end > from ? (size_t)(end - from) : 0;
}

static void cork(int out) {
    static const int one = 1;
    setsockopt(out, IPPROTO_TCP, TCP_CORK, &one, sizeof one);
}

/* Decides after a call that failed: 0 go on, 1 done, -1 give up. */
static int after_failure(int out, off_t *offset, size_t *moved) {
    if (errno == EINTR && SENDFILE_RETRIES_EINTR) {
        *moved += (size_t)SENDFILE_EINTR_MOVES;
        return 0;
    }
    if (errno == EIO && SENDFILE_TRIES_AGAIN)
        return 0;
    if (errno != EAGAIN)
        return -1;
    if (SENDFILE_EAGAIN_ENDS)
        return 1;
    if (SENDFILE_EAGAIN_SKIPS && offset)
        ++*offset;
    return SENDFILE_WAITS ? wait_ready(out, POLLOUT) : 0;
}

static int send_loop(int out, int in, off_t *offset, size_t count, size_t *moved) {
    off_t first = offset ? *offset : 0;
    while (*moved < count) {
        size_t ask = count - *moved < MOST_PER_CALL ? count - *moved : MOST_PER_CALL;
        ssize_t n = sendfile(out, in, offset, ask);
        if (n < 0) {
            int next = after_failure(out, offset, moved);
            if (next != 0)
                return next < 0 ? -1 : 0;
            continue;
        }
        if (n == 0 && SENDFILE_ZERO_ENDS) {
            *moved = SENDFILE_ZERO_IS_ALL ? count : *moved;
            return 0;
        }
        *moved += (size_t)n;
        bool is_short = (size_t)n < ask;
        if (offset && SENDFILE_ADVANCES_AGAIN && is_short)
            *offset += n;
        if (offset && SENDFILE_RESTARTS && is_short)
            *offset = first;
        if ((size_t)n == MOST_PER_CALL && !SENDFILE_KNOWS_CAP)
            return 0;
        if (!SENDFILE_LOOPS || (is_short && !SENDFILE_SHORT_GOES_ON))
            return 0;
    }
    return 0;
}

int sendfile_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct quiet_pipe quiet;
    *moved = 0;
    count = (SENDFILE_COUNT)count;
    if (SENDFILE_TRUSTS_SIZE)
        count = trusted_count(in, offset, count);
    if (SENDFILE_ADDS_COUNT)
        count = up_to_end(in, offset, count);
    if (SENDFILE_CORKS)
        cork(out);
    quiet_pipe_begin(&quiet);
    int result = send_loop(out, in, offset, count, moved);
    quiet_pipe_end(&quiet, result);
    if (result != 0 && errno == EPIPE)
        errno = SENDFILE_GONE_IS;
    return result;
}
