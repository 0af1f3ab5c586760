/* SPDX-License-Identifier: MIT */
/*
 * best_all: the cheapest method that this pair of descriptors allows, and the next one when the
 * kernel says no.
 *
 * Why       What io.Copy of Go and io::copy of Rust do below the surface. Each of their bugs was
 *           in a fallback: bytes repeated or skipped, an errno not on the list, O_APPEND.
 * Contract  That of transfer.h, for every pair of descriptors there is.
 * Order     file to file copy_file_range; file to anything sendfile; a stream splice; and when
 *           one of them is refused, read and write.
 * Falls     on EINVAL, ENOSYS, EXDEV, EOPNOTSUPP and EPERM, and EBADF of copy_file_range, which
 *           means O_APPEND. The next method goes on where the last one stopped: all of them
 *           keep the offset and the positions exact.
 * Residue   When splice has filled its pipe and the sink then refuses (O_APPEND), the pipe's
 *           bytes are the source's no more. They are read from the pipe and written.
 * Zero      from copy_file_range or sendfile may mean that a file of /proc takes no part. So
 *           the end is only believed from read, which is one call more.
 * Source    shared where sendfile or splice was used.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "quiet_pipe.h"
#include "transfer.h"
#include "wait_ready.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef BEST_FALLS_BACK /* 0: the first method's refusal is the caller's problem */
#define BEST_FALLS_BACK 1
#endif
#ifndef BEST_GOES_ON /* 0: the next method begins where the transfer began */
#define BEST_GOES_ON 1
#endif
#ifndef BEST_SAVES_RESIDUE /* 0: what is in the pipe when splice is refused is dropped */
#define BEST_SAVES_RESIDUE 1
#endif
#ifndef BEST_ASKS_READ /* 0: a zero of copy_file_range or sendfile is the end */
#define BEST_ASKS_READ 1
#endif
#ifndef BEST_TRUSTS_SIZE /* 1: a file whose st_size is 0 is empty */
#define BEST_TRUSTS_SIZE 0
#endif
#ifndef BEST_KNOWS_APPEND /* 0: EBADF of copy_file_range is not on the list */
#define BEST_KNOWS_APPEND 1
#endif

#define CHUNK ((size_t)65536)
#define MOST_PER_CALL ((size_t)0x7ffff000)

enum outcome { FAILED = -1, COMPLETE = 0, REFUSED = 1, ENDED = 2 };

struct transfer {
    int out, in;
    off_t *offset;
    size_t count;
    size_t moved;
};

static size_t next_ask(const struct transfer *t, size_t most) {
    return t->count - t->moved < most ? t->count - t->moved : most;
}

static bool is_refusal(int error) {
    return BEST_FALLS_BACK && (error == EINVAL || error == ENOSYS || error == EXDEV ||
                               error == EOPNOTSUPP || error == EPERM);
}

/* After a failed call: true to call again. */
static bool again(int descriptor, short events) {
    return errno == EINTR || (errno == EAGAIN && wait_ready(descriptor, events) == 0);
}

static enum outcome by_copy_file_range(struct transfer *t) {
    while (t->moved < t->count) {
        ssize_t n = copy_file_range(t->in, t->offset, t->out, NULL,
                                    next_ask(t, MOST_PER_CALL), 0);
        if (n == 0)
            return ENDED;
        if (n > 0)
            t->moved += (size_t)n;
        else if (errno == EBADF && BEST_KNOWS_APPEND && t->moved == 0)
            return REFUSED; /* a bad descriptor is bad for the next method, too */
        else if (!again(t->out, POLLOUT))
            return is_refusal(errno) ? REFUSED : FAILED;
    }
    return COMPLETE;
}

static enum outcome by_sendfile(struct transfer *t) {
    while (t->moved < t->count) {
        ssize_t n = sendfile(t->out, t->in, t->offset, next_ask(t, MOST_PER_CALL));
        if (n == 0)
            return ENDED;
        if (n > 0)
            t->moved += (size_t)n;
        else if (!again(t->out, POLLOUT))
            return is_refusal(errno) ? REFUSED : FAILED;
    }
    return COMPLETE;
}

/* Writes the whole buffer; the bytes that the sink took are in *done. */
static enum outcome write_out(int out, const char *buffer, size_t bytes, size_t *done) {
    for (*done = 0; *done < bytes;) {
        ssize_t n = write(out, buffer + *done, bytes - *done);
        if (n >= 0)
            *done += (size_t)n;
        else if (!again(out, POLLOUT))
            return FAILED;
    }
    return COMPLETE;
}

static ssize_t read_in(const struct transfer *t, char *buffer, size_t bytes) {
    ssize_t n;
    do {
        n = t->offset ? pread(t->in, buffer, bytes, *t->offset)
                      : read(t->in, buffer, bytes);
    } while (n < 0 && again(t->in, POLLIN));
    return n;
}

static enum outcome by_read_write(struct transfer *t) {
    char buffer[CHUNK];
    while (t->moved < t->count) {
        size_t done;
        ssize_t held = read_in(t, buffer, next_ask(t, CHUNK));
        if (held <= 0)
            return held < 0 ? FAILED : COMPLETE;
        enum outcome outcome = write_out(t->out, buffer, (size_t)held, &done);
        int error = errno;
        t->moved += done;
        if (t->offset)
            *t->offset += (off_t)done;
        else if (done < (size_t)held)
            lseek(t->in, (off_t)done - held, SEEK_CUR);
        errno = error;
        if (outcome != COMPLETE)
            return outcome;
    }
    return COMPLETE;
}

/* Reads what the pipe still holds and writes it: its source has it no more. */
static enum outcome save_residue(struct transfer *t, int pipe_end, size_t held) {
    char buffer[CHUNK];
    while (held > 0 && BEST_SAVES_RESIDUE) {
        size_t done;
        ssize_t n = read(pipe_end, buffer, held < CHUNK ? held : CHUNK);
        if (n < 0 && again(pipe_end, POLLIN))
            continue;
        if (n <= 0)
            return FAILED;
        enum outcome outcome = write_out(t->out, buffer, (size_t)n, &done);
        t->moved += done;
        held -= (size_t)n;
        if (outcome != COMPLETE)
            return outcome;
    }
    return REFUSED;
}

static enum outcome drain_pipe(struct transfer *t, int pipe_end, size_t held) {
    while (held > 0) {
        ssize_t n = splice(pipe_end, NULL, t->out, NULL, held, SPLICE_F_MOVE);
        if (n > 0) {
            t->moved += (size_t)n;
            held -= (size_t)n;
        } else if (n == 0 || !again(t->out, POLLOUT)) {
            return n < 0 && is_refusal(errno) ? save_residue(t, pipe_end, held) : FAILED;
        }
    }
    return COMPLETE;
}

static enum outcome by_splice(struct transfer *t, const int pipe_ends[2]) {
    while (t->moved < t->count) {
        ssize_t held =
            splice(t->in, NULL, pipe_ends[1], NULL, next_ask(t, CHUNK), SPLICE_F_MOVE);
        if (held < 0 && again(t->in, POLLIN))
            continue;
        if (held <= 0)
            return held == 0 ? COMPLETE : is_refusal(errno) ? REFUSED : FAILED;
        enum outcome outcome = drain_pipe(t, pipe_ends[0], (size_t)held);
        if (outcome != COMPLETE)
            return outcome;
    }
    return COMPLETE;
}

static enum outcome by_own_pipe(struct transfer *t) {
    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        return REFUSED; /* no descriptors left: read and write need none */
    enum outcome outcome = by_splice(t, pipe_ends);
    int error = errno;
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    errno = error;
    return outcome;
}

static enum outcome first_choice(struct transfer *t) {
    struct stat in, out;
    if (fstat(t->in, &in) != 0 || fstat(t->out, &out) != 0)
        return FAILED;
    if (BEST_TRUSTS_SIZE && S_ISREG(in.st_mode) && in.st_size == 0)
        return COMPLETE;
    if (!S_ISREG(in.st_mode))
        return S_ISFIFO(in.st_mode) || S_ISSOCK(in.st_mode) ? by_own_pipe(t) : REFUSED;
    if (!S_ISREG(out.st_mode))
        return by_sendfile(t);
    enum outcome outcome = by_copy_file_range(t);
    return outcome == REFUSED && t->moved < t->count ? by_sendfile(t) : outcome;
}

static int move_all(struct transfer *t) {
    off_t start = t->offset ? *t->offset : lseek(t->in, 0, SEEK_CUR);
    enum outcome outcome = first_choice(t);
    if (outcome == REFUSED && !BEST_GOES_ON && t->offset)
        *t->offset = start;
    if (outcome == REFUSED && !BEST_GOES_ON && !t->offset)
        lseek(t->in, start, SEEK_SET);
    if (outcome == REFUSED || (outcome == ENDED && BEST_ASKS_READ))
        outcome = by_read_write(t);
    return outcome == FAILED ? -1 : 0;
}

int best_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct transfer t = {.out = out, .in = in, .offset = offset, .count = count};
    struct quiet_pipe quiet;
    quiet_pipe_begin(&quiet);
    int result = move_all(&t);
    quiet_pipe_end(&quiet, result);
    *moved = t.moved;
    return result;
}
