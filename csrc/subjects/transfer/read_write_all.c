/* SPDX-License-Identifier: MIT */
/*
 * read_write_all: through a buffer of the program, for every pair of descriptors there is.
 *
 * Why       The method that always works, and the one that the others are measured against:
 *           two copies instead of none.
 * Contract  That of transfer.h, for any `in` and `out`, O_APPEND and /proc included.
 * Errors    When the sink refuses in the middle of a buffer, the rest is given back to a file
 *           (pread has not moved it, or it is sought back); of a stream it is lost.
 * Source    copied: it may be changed as soon as the call has returned.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "quiet_pipe.h"
#include "transfer.h"
#include "wait_ready.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <unistd.h>

#ifndef READ_WRITE_SHORT_GOES_ON /* 0: a short write is taken for a whole one */
#define READ_WRITE_SHORT_GOES_ON 1
#endif
#ifndef READ_WRITE_RETRIES_EINTR /* 0: an interrupted call is an error */
#define READ_WRITE_RETRIES_EINTR 1
#endif
#ifndef READ_WRITE_REWRITES /* 1: after a short write, the whole buffer again */
#define READ_WRITE_REWRITES 0
#endif
#ifndef READ_WRITE_GIVES_BACK /* 0: the source stays where the buffer was filled from */
#define READ_WRITE_GIVES_BACK 1
#endif
#ifndef READ_WRITE_ASKS_TOO_MUCH /* 1: one byte more than the buffer holds */
#define READ_WRITE_ASKS_TOO_MUCH 0
#endif

#ifndef READ_WRITE_ERROR_IS /* EIO: whatever the kernel said */
#define READ_WRITE_ERROR_IS errno
#endif

#ifndef READ_WRITE_TRIES_AGAIN /* 1: an EIO is taken for something that passes */
#define READ_WRITE_TRIES_AGAIN 0
#endif
#ifndef READ_WRITE_SILENCE_ENDS /* 1: a source that says nothing for 25 ms has ended */
#define READ_WRITE_SILENCE_ENDS 0
#endif
#ifndef READ_WRITE_CLEARS_APPEND /* 1: the sink loses its O_APPEND */
#define READ_WRITE_CLEARS_APPEND 0
#endif
#ifndef READ_WRITE_LIMITS_TIME /* 1: the sink keeps a time limit */
#define READ_WRITE_LIMITS_TIME 0
#endif
#ifndef READ_WRITE_ADDS_COUNT /* 1: the end is offset + count, which may be above the most */
#define READ_WRITE_ADDS_COUNT 0
#endif

#ifndef READ_WRITE_SEEKS /* 1: to read at a place, it goes there and comes back */
#define READ_WRITE_SEEKS 0
#endif
#ifndef READ_WRITE_BUFFER_IS /* static: all calls have one buffer */
#define READ_WRITE_BUFFER_IS
#endif
#ifndef READ_WRITE_KEEPS_BYTES /* 1: what an error left in the buffer is written by the next call */
#define READ_WRITE_KEEPS_BYTES 0
#endif
#ifndef READ_WRITE_ZERO_ENDS /* 1: a sink that takes nothing has had all that it wanted */
#define READ_WRITE_ZERO_ENDS 0
#endif

#define BUFFER ((size_t)65536)
#define MOST (BUFFER + READ_WRITE_ASKS_TOO_MUCH)

/* Whether a failed call is to be tried again, after waiting if it must be. */
static int try_again(int descriptor, short events) {
    if (errno == EINTR)
        return READ_WRITE_RETRIES_EINTR;
    if (errno == EIO && READ_WRITE_TRIES_AGAIN)
        return 1;
    return errno == EAGAIN && wait_ready(descriptor, events) == 0;
}

static int is_silent(int in) {
    struct pollfd one = {.fd = in, .events = POLLIN};
    int error = errno;
    int ready = READ_WRITE_SILENCE_ENDS && errno == EAGAIN ? poll(&one, 1, 25) : 1;
    errno = error;
    return ready == 0;
}

/* What the variants leave behind at the sink. */
static void change_sink(int out) {
    static const struct timeval limit = {5, 0};
    if (READ_WRITE_LIMITS_TIME)
        setsockopt(out, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (READ_WRITE_CLEARS_APPEND)
        fcntl(out, F_SETFL, fcntl(out, F_GETFL) & ~O_APPEND);
}

/* Reads at a place by way of the position, which is where it was afterwards. */
static ssize_t seek_and_read(int in, char *buffer, size_t bytes, off_t place) {
    off_t before = lseek(in, 0, SEEK_CUR);
    lseek(in, place, SEEK_SET);
    ssize_t n = read(in, buffer, bytes);
    int error = errno;
    lseek(in, before, SEEK_SET);
    errno = error;
    return n;
}

static ssize_t read_at(int in, char *buffer, size_t bytes, off_t place) {
    if (READ_WRITE_SEEKS)
        return seek_and_read(in, buffer, bytes, place);
    return pread(in, buffer, bytes, place);
}

static ssize_t fill(int in, const off_t *offset, char *buffer, size_t bytes) {
    ssize_t n;
    do {
        n = offset ? read_at(in, buffer, bytes, *offset) : read(in, buffer, bytes);
        if (n < 0 && is_silent(in))
            return 0;
    } while (n < 0 && try_again(in, POLLIN));
    return n;
}

/* Writes all of the buffer; returns how much of it the sink took. */
static size_t drain(int out, const char *buffer, size_t bytes, int *result) {
    size_t done = 0;
    while (done < bytes) {
        ssize_t n = write(out, buffer + done, bytes - done);
        if (n == 0 && READ_WRITE_ZERO_ENDS)
            break;
        if (n >= 0 && !READ_WRITE_SHORT_GOES_ON)
            return bytes;
        if (n >= 0 && READ_WRITE_REWRITES && done + (size_t)n < bytes)
            continue;
        if (n >= 0)
            done += (size_t)n;
        else if (!try_again(out, POLLOUT)) {
            *result = -1;
            break;
        }
    }
    return done;
}

static int copy_loop(int out, int in, off_t *offset, size_t count, size_t *moved) {
    READ_WRITE_BUFFER_IS char buffer[BUFFER];
    static char kept[BUFFER];
    static size_t kept_bytes;
    int result = 0;
    if (READ_WRITE_KEEPS_BYTES && kept_bytes > 0)
        *moved = drain(out, kept, kept_bytes, &result);
    kept_bytes = 0;
    while (*moved < count && result == 0) {
        size_t ask = count - *moved < MOST ? count - *moved : MOST;
        ssize_t held = fill(in, offset, buffer, ask);
        if (held <= 0)
            return held < 0 ? -1 : 0;
        size_t done = drain(out, buffer, (size_t)held, &result);
        int error = errno;
        *moved += done;
        if (READ_WRITE_ZERO_ENDS && done < (size_t)held)
            count = *moved;
        if (READ_WRITE_KEEPS_BYTES && result != 0) {
            kept_bytes = (size_t)held - done;
            memcpy(kept, buffer + done, kept_bytes);
        }
        if (offset)
            *offset += READ_WRITE_GIVES_BACK ? (off_t)done : (off_t)held;
        else if (done < (size_t)held && READ_WRITE_GIVES_BACK)
            lseek(in, (off_t)done - held, SEEK_CUR); /* a stream says ESPIPE: lost */
        errno = error;
    }
    return result;
}

int read_write_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct quiet_pipe quiet;
    *moved = 0;
    if (READ_WRITE_ADDS_COUNT && offset && (off_t)((size_t)*offset + count) < *offset)
        return 0;
    change_sink(out);
    quiet_pipe_begin(&quiet);
    int result = copy_loop(out, in, offset, count, moved);
    quiet_pipe_end(&quiet, result);
    if (result != 0)
        errno = READ_WRITE_ERROR_IS;
    return result;
}
