/* SPDX-License-Identifier: MIT */
/*
 * splice_all: anything to anything through a pipe of its own, as a proxy does it.
 *
 * Why       splice wants a pipe at one end. So every transfer has two halves, fill and drain,
 *           and the textbook loops over neither: what the second half leaves in the pipe is
 *           lost without a word.
 * Contract  That of transfer.h, for files, pipes and sockets at either end. A sink with
 *           O_APPEND: EINVAL, nothing has moved.
 * Pipe      It holds 16 slots, not bytes: it can be full after 16 single bytes. It is emptied
 *           before it is filled again, so EAGAIN while filling means that the source is empty,
 *           never that the pipe is full.
 * Errors    When the sink refuses, the pipe may hold bytes. They are given back to a file
 *           (its offset or position is set to where the sink stopped); of a stream up to one
 *           pipe of bytes is lost, and *moved says how many were delivered.
 * Source    shared: see sendfile_all.c. Socket to socket: the bytes are the kernel's own.
 * Blocking  SPLICE_F_NONBLOCK would cover the pipe's end only; O_NONBLOCK of the descriptors
 *           decides, and with it EAGAIN is waited out.
 * More      SPLICE_F_MORE tells TCP to hold a part-filled packet back, for 200 ms if nothing
 *           follows. It is not used: who does must know the last chunk, and st_size does not
 *           tell which one that is.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "quiet_pipe.h"
#include "transfer.h"
#include "wait_ready.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SPLICE_DRAINS /* 0: the second half is called once, as the textbook has it */
#define SPLICE_DRAINS 1
#endif
#ifndef SPLICE_SHORT_IS_ALL /* 1: a short second half is taken for a whole one */
#define SPLICE_SHORT_IS_ALL 0
#endif
#ifndef SPLICE_RETRIES_EINTR /* 0: an interrupted call is an error */
#define SPLICE_RETRIES_EINTR 1
#endif
#ifndef SPLICE_EAGAIN_ENDS /* 1: a source with nothing to give now is taken for its end */
#define SPLICE_EAGAIN_ENDS 0
#endif
#ifndef SPLICE_WAITS /* 0: EAGAIN is answered by calling again at once */
#define SPLICE_WAITS 1
#endif
#ifndef SPLICE_GIVES_BACK /* 0: the source stays where the pipe was filled from */
#define SPLICE_GIVES_BACK 1
#endif
#ifndef SPLICE_MORE /* 1: MORE on all but the last chunk, which `count` tells */
#define SPLICE_MORE 0
#endif
#ifndef SPLICE_CLOSES_ON_ERROR /* 0: an error leaks the pipe */
#define SPLICE_CLOSES_ON_ERROR 1
#endif

#ifndef SPLICE_TRIES_AGAIN /* 1: an EIO is taken for something that passes */
#define SPLICE_TRIES_AGAIN 0
#endif
#ifndef SPLICE_SILENCE_ENDS /* 1: a source that says nothing for 25 ms has ended */
#define SPLICE_SILENCE_ENDS 0
#endif

#define CHUNK ((size_t)65536)

/* Bytes, 0 at the end of the source, -1 with errno. Waits on `waiting` for `events`. */
static ssize_t splice_once(int in, off_t *offset, int out, size_t bytes, unsigned flags,
                           int waiting, short events) {
    for (;;) {
        ssize_t n = splice(in, offset, out, NULL, bytes, flags | SPLICE_F_MOVE);
        if (n >= 0)
            return n;
        if (errno == EINTR && SPLICE_RETRIES_EINTR)
            continue;
        if (errno == EIO && SPLICE_TRIES_AGAIN)
            continue;
        if (errno != EAGAIN)
            return -1;
        struct pollfd one = {.fd = in, .events = POLLIN};
        if (SPLICE_SILENCE_ENDS && events == POLLIN && poll(&one, 1, 25) == 0)
            return 0;
        if (SPLICE_EAGAIN_ENDS)
            return 0;
        if (SPLICE_WAITS && wait_ready(waiting, events) != 0)
            return -1;
    }
}

/* Moves `held` bytes from the pipe to `out`; returns what was left behind. */
static size_t drain(int out, int pipe_end, size_t held, unsigned flags, size_t *moved,
                    int *result) {
    do {
        ssize_t n = splice_once(pipe_end, NULL, out, held, flags, out, POLLOUT);
        if (n == 0 && !SPLICE_EAGAIN_ENDS)
            errno = EIO; /* a sink that takes nothing and says nothing */
        if (n <= 0) {
            *result = n < 0 || !SPLICE_EAGAIN_ENDS ? -1 : 0;
            break;
        }
        if (SPLICE_SHORT_IS_ALL)
            n = (ssize_t)held;
        *moved += (size_t)n;
        held -= (size_t)n;
    } while (held > 0 && SPLICE_DRAINS);
    return held;
}

/* A file is set back to the first byte that the sink did not take. */
static void give_back(int in, off_t *offset, size_t bytes) {
    int error = errno;
    if (bytes > 0 && SPLICE_GIVES_BACK && offset)
        *offset -= (off_t)bytes;
    else if (bytes > 0 && SPLICE_GIVES_BACK)
        lseek(in, -(off_t)bytes, SEEK_CUR);
    errno = error;
}

static int splice_loop(int out, int in, off_t *offset, size_t count, size_t *moved,
                       const int pipe_ends[2]) {
    int result = 0;
    for (size_t taken = 0; taken < count && result == 0;) {
        size_t ask = count - taken < CHUNK ? count - taken : CHUNK;
        ssize_t held = splice_once(in, offset, pipe_ends[1], ask, 0, in, POLLIN);
        if (held <= 0)
            return held < 0 ? -1 : 0;
        taken += (size_t)held;
        unsigned more = SPLICE_MORE && taken < count ? SPLICE_F_MORE : 0;
        size_t left = drain(out, pipe_ends[0], (size_t)held, more, moved, &result);
        if (result != 0)
            give_back(in, offset, left);
    }
    return result;
}

int splice_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct quiet_pipe quiet;
    int pipe_ends[2];
    *moved = 0;
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return -1;
    quiet_pipe_begin(&quiet);
    int result = splice_loop(out, in, offset, count, moved, pipe_ends);
    quiet_pipe_end(&quiet, result);
    if (result != 0 && !SPLICE_CLOSES_ON_ERROR)
        return result;
    int error = errno;
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    errno = error;
    return result;
}
