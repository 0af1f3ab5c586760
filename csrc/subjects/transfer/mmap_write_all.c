/* SPDX-License-Identifier: MIT */
/*
 * mmap_write_all: a file through a mapping, window by window, without a read.
 *
 * Why       One copy instead of two, at the price of page faults; and the program can look at
 *           the bytes on their way.
 * Contract  That of transfer.h. `in` is a regular file with pages (not /proc); `out` is
 *           anything, O_APPEND included.
 * Size      is asked for again at every window: the file may grow or be cut at any time. Bytes
 *           of a mapping past the end of the file do not exist: write() stops short there or
 *           says EFAULT, which then means the end; a program that looks at them gets SIGBUS.
 *           With the size unchanged EFAULT is an I/O error: a page could not be read.
 *           The rest of the last page reads as zeros, so a file that is cut during the call
 *           may arrive with zeros at its end.
 * Source    copied: write() has copied when it returns.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "quiet_pipe.h"
#include "transfer.h"
#include "wait_ready.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MMAP_WRITE_ALIGNS /* 0: maps from the offset itself, which need not begin a page */
#define MMAP_WRITE_ALIGNS 1
#endif
#ifndef MMAP_WRITE_ASKS_SIZE_AGAIN /* 0: the size at the beginning is trusted to the end */
#define MMAP_WRITE_ASKS_SIZE_AGAIN 1
#endif
#ifndef MMAP_WRITE_LOOKS /* 1: looks at the bytes, in the mapping, when they are written */
#define MMAP_WRITE_LOOKS 0
#endif
#ifndef MMAP_WRITE_SHORT_GOES_ON /* 0: a short write is taken for a whole one */
#define MMAP_WRITE_SHORT_GOES_ON 1
#endif
#ifndef MMAP_WRITE_RETRIES_EINTR /* 0: an interrupted call is an error */
#define MMAP_WRITE_RETRIES_EINTR 1
#endif
#ifndef MMAP_WRITE_KEEPS_ERROR /* 0: an error after some bytes is waited for again */
#define MMAP_WRITE_KEEPS_ERROR 1
#endif

#ifndef MMAP_WRITE_UNMAPS /* 0: each window stays in the address space */
#define MMAP_WRITE_UNMAPS 1
#endif

#define WINDOW ((size_t)1 << 20)
#define PAGE ((off_t)4096)

static off_t size_of(int in) {
    struct stat status;
    return fstat(in, &status) == 0 ? status.st_size : -1;
}

/* Writes the window; returns bytes written. An error, which the kernel may say only once, is
 * kept in errno. */
static size_t write_window(int out, const unsigned char *from, size_t bytes,
                           bool *failed) {
    size_t done = 0;
    while (done < bytes) {
        ssize_t n = write(out, from + done, bytes - done);
        if (n >= 0 && !MMAP_WRITE_SHORT_GOES_ON)
            return bytes;
        if (n > 0) {
            done += (size_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR && MMAP_WRITE_RETRIES_EINTR)
            continue;
        if (n < 0 && errno == EAGAIN && wait_ready(out, POLLOUT) == 0)
            continue;
        *failed = MMAP_WRITE_KEEPS_ERROR || done == 0;
        return done;
    }
    return done;
}

static void look_at(const volatile unsigned char *bytes, size_t count) {
    for (size_t i = 0; MMAP_WRITE_LOOKS && i < count; i++)
        (void)bytes[i];
}

/* Maps and writes the bytes from `at` on, at most to the end of the file or of a window. */
static size_t move_window(int out, int in, off_t at, size_t bytes, bool *failed) {
    off_t page = MMAP_WRITE_ALIGNS ? at / PAGE * PAGE : at;
    size_t before = (size_t)(at - page);
    void *map = mmap(NULL, before + bytes, PROT_READ, MAP_SHARED, in, page);
    if (map == MAP_FAILED) {
        *failed = true;
        return 0;
    }
    const unsigned char *from = (const unsigned char *)map + before;
    size_t n = write_window(out, from, bytes, failed);
    look_at(from, bytes);
    int error = errno;
    if (MMAP_WRITE_UNMAPS)
        munmap(map, before + bytes);
    errno = error;
    return n;
}

static int window_loop(int out, int in, off_t start, size_t count, size_t *moved) {
    off_t size = size_of(in);
    while (*moved < count) {
        off_t at = start + (off_t)*moved;
        if (MMAP_WRITE_ASKS_SIZE_AGAIN)
            size = size_of(in);
        if (size < 0)
            return -1;
        if (at >= size)
            return 0;
        size_t ask = count - *moved < WINDOW ? count - *moved : WINDOW;
        if ((off_t)ask > size - at)
            ask = (size_t)(size - at);
        bool failed = false;
        *moved += move_window(out, in, at, ask, &failed);
        if (failed && errno == EFAULT && size_of(in) < at + (off_t)ask)
            continue; /* cut meanwhile: ask for the size again */
        if (failed)
            return -1;
    }
    return 0;
}

int mmap_write_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    struct quiet_pipe quiet;
    off_t start = offset ? *offset : lseek(in, 0, SEEK_CUR);
    *moved = 0;
    if (start < 0)
        return -1;
    quiet_pipe_begin(&quiet);
    int result = window_loop(out, in, start, count, moved);
    quiet_pipe_end(&quiet, result);
    int error = errno;
    if (offset)
        *offset += (off_t)*moved;
    else
        lseek(in, start + (off_t)*moved, SEEK_SET);
    errno = error;
    return result;
}
