/* SPDX-License-Identifier: MIT */
/*
 * copy_range_all: a file to a file with copy_file_range, shared blocks where the file system can.
 *
 * Why       The one call that may move no byte at all: btrfs and xfs only share the extents.
 * Contract  That of transfer.h. `in` and `out` are regular files of one file system type.
 * Refused   Nothing has moved, and the caller has to use another method: EXDEV or EINVAL for
 *           files of /proc and of other file systems (older kernels said 0), EBADF for a sink
 *           with O_APPEND, EINVAL for anything but a regular file.
 * Source    copied.
 * Zero      The end of the file, or a file system that does not take part. Asking again would
 *           never end.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "transfer.h"

#include <errno.h>
#include <unistd.h>

#ifndef COPY_RANGE_LOOPS /* 0: one call, as the textbook has it */
#define COPY_RANGE_LOOPS 1
#endif
#ifndef COPY_RANGE_RETRIES_EINTR /* 0: an interrupted call is an error */
#define COPY_RANGE_RETRIES_EINTR 1
#endif
#ifndef COPY_RANGE_ZERO_ENDS /* 0: loops until all of `count` was copied */
#define COPY_RANGE_ZERO_ENDS 1
#endif
#ifndef COPY_RANGE_FORGETS_ERROR /* 1: an error after some bytes is taken for the end */
#define COPY_RANGE_FORGETS_ERROR 0
#endif

#ifndef COPY_RANGE_TRIES_AGAIN /* 1: an EIO is taken for something that passes */
#define COPY_RANGE_TRIES_AGAIN 0
#endif
#ifndef COPY_RANGE_ADDS_COUNT /* 1: the end is offset + count, which may be above the most */
#define COPY_RANGE_ADDS_COUNT 0
#endif

#define MOST_PER_CALL ((size_t)0x7ffff000)

int copy_range_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    *moved = 0;
    if (COPY_RANGE_ADDS_COUNT && offset && (off_t)((size_t)*offset + count) < *offset)
        return 0;
    while (*moved < count) {
        size_t ask = count - *moved < MOST_PER_CALL ? count - *moved : MOST_PER_CALL;
        ssize_t n = copy_file_range(in, offset, out, NULL, ask, 0);
        if (n < 0 && errno == EINTR && COPY_RANGE_RETRIES_EINTR)
            continue;
        if (n < 0 && errno == EIO && COPY_RANGE_TRIES_AGAIN)
            continue;
        if (n < 0)
            return *moved > 0 && COPY_RANGE_FORGETS_ERROR ? 0 : -1;
        if (n == 0 && COPY_RANGE_ZERO_ENDS)
            return 0;
        *moved += (size_t)n;
        if (!COPY_RANGE_LOOPS)
            return 0;
    }
    return 0;
}
