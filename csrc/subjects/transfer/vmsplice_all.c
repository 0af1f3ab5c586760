/* SPDX-License-Identifier: MIT */
/*
 * vmsplice_all: a program's own pages into a pipe, without a copy.
 *
 * Why       What a server does with bytes that it has made itself, here: read from `in`.
 * Contract  That of transfer.h; `out` is a pipe.
 * Pages     The pipe refers to the pages themselves, with or without SPLICE_F_GIFT, until its
 *           reader has taken them, and nobody tells when that is. So every chunk gets pages of
 *           its own that are unmapped at once and never written again: the pipe keeps them.
 * Source    copied: what is in the pipe is the program's copy.
 * Errors    When the pipe refuses, what was read and not taken is given back to a file; of a
 *           stream it is lost.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "quiet_pipe.h"
#include "transfer.h"
#include "wait_ready.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef VMSPLICE_FRESH_PAGES /* 0: one buffer for all chunks */
#define VMSPLICE_FRESH_PAGES 1
#endif
#ifndef VMSPLICE_SHORT_GOES_ON /* 0: a short count is taken for a whole one */
#define VMSPLICE_SHORT_GOES_ON 1
#endif
#ifndef VMSPLICE_RETRIES_EINTR /* 0: an interrupted call is an error */
#define VMSPLICE_RETRIES_EINTR 1
#endif
#ifndef VMSPLICE_GIVES_BACK /* 0: the source stays where the buffer was filled from */
#define VMSPLICE_GIVES_BACK 1
#endif

#define CHUNK ((size_t)65536)

static int try_again(int descriptor, short events) {
    if (errno == EINTR)
        return VMSPLICE_RETRIES_EINTR;
    return errno == EAGAIN && wait_ready(descriptor, events) == 0;
}

static ssize_t fill(int in, const off_t *offset, char *pages, size_t bytes) {
    ssize_t n;
    do {
        n = offset ? pread(in, pages, bytes, *offset) : read(in, pages, bytes);
    } while (n < 0 && try_again(in, POLLIN));
    return n;
}

static size_t give_to_pipe(int out, char *pages, size_t bytes, int *result) {
    size_t done = 0;
    while (done < bytes) {
        struct iovec part = {.iov_base = pages + done, .iov_len = bytes - done};
        ssize_t n = vmsplice(out, &part, 1, 0);
        if (n >= 0 && !VMSPLICE_SHORT_GOES_ON)
            return bytes;
        if (n >= 0)
            done += (size_t)n;
        else if (!try_again(out, POLLOUT)) {
            *result = -1;
            break;
        }
    }
    return done;
}

static char *fresh_pages(void) {
    static char *kept;
    if (!VMSPLICE_FRESH_PAGES && kept)
        return kept;
    void *pages =
        mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return NULL;
    return VMSPLICE_FRESH_PAGES ? pages : (kept = pages);
}

/* One chunk: 1 go on, 0 the source has ended, -1 failed. */
static int move_chunk(int out, int in, off_t *offset, size_t ask, size_t *moved) {
    int result = 1;
    char *pages = fresh_pages();
    if (!pages)
        return -1;
    ssize_t held = fill(in, offset, pages, ask);
    size_t done = held > 0 ? give_to_pipe(out, pages, (size_t)held, &result) : 0;
    int error = errno;
    if (VMSPLICE_FRESH_PAGES)
        munmap(pages, CHUNK);
    *moved += done;
    if (offset && held > 0)
        *offset += VMSPLICE_GIVES_BACK ? (off_t)done : (off_t)held;
    else if (held > 0 && done < (size_t)held && VMSPLICE_GIVES_BACK)
        lseek(in, (off_t)done - held, SEEK_CUR);
    errno = error;
    return held > 0 ? result : (int)held;
}

int vmsplice_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct quiet_pipe quiet;
    int result = 1;
    *moved = 0;
    quiet_pipe_begin(&quiet);
    while (*moved < count && result > 0) {
        size_t ask = count - *moved < CHUNK ? count - *moved : CHUNK;
        result = move_chunk(out, in, offset, ask, moved);
    }
    result = result < 0 ? -1 : 0;
    quiet_pipe_end(&quiet, result);
    return result;
}
