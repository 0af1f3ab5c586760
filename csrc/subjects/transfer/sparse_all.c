/* SPDX-License-Identifier: MIT */
/*
 * sparse_all: a file to a file, with its holes: what was never written is not read.
 *
 * Why       A disk image of 100 GiB may hold 3. Who copies it byte by byte needs 100.
 * Contract  That of transfer.h, for files at both ends and the position of `in` (offset NULL):
 *           to look for holes moves that position, so nobody else may use it meanwhile.
 * Holes     A hole becomes one in the sink, or zeros where its file system has none. What the
 *           sink held there before is gone; one at the end makes the sink longer.
 * Source    copied: it may be changed as soon as the call has returned. One that is cut meanwhile
 *           ends there.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SPARSE_EXTENDS /* 0: a hole at the end leaves the sink as long as its last byte */
#define SPARSE_EXTENDS 1
#endif
#ifndef SPARSE_WIPES /* 0: what the sink held where a hole is stays there */
#define SPARSE_WIPES 1
#endif
#ifndef SPARSE_GOES_ON /* 0: the first hole is taken for the end */
#define SPARSE_GOES_ON 1
#endif
#ifndef SPARSE_SEES_LAST /* 0: no data behind a place is taken for the end of the file */
#define SPARSE_SEES_LAST 1
#endif
#ifndef SPARSE_RETURNS /* 0: the source stays where its next hole was found */
#define SPARSE_RETURNS 1
#endif

#define BUFFER ((size_t)65536)

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static off_t size_of(int file) {
    struct stat status;
    return fstat(file, &status) == 0 ? status.st_size : -1;
}

/* Writes all of them at the position; returns how many the sink took, and -1 in *result. */
static size_t write_all(int out, const char *from, size_t bytes, int *result) {
    size_t done = 0;
    while (done < bytes) {
        ssize_t n = write(out, from + done, bytes - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            *result = -1;
            break;
        }
        done += (size_t)n;
    }
    return done;
}

/* Moves bytes from the position of `in`, where there is data. */
static size_t move_data(int out, int in, size_t bytes, int *result) {
    char buffer[BUFFER];
    ssize_t held;
    do {
        held = read(in, buffer, smaller(bytes, BUFFER));
    } while (held < 0 && errno == EINTR);
    if (held < 0)
        *result = -1;
    if (held <= 0)
        return 0;
    size_t done = write_all(out, buffer, (size_t)held, result);
    int error = errno;
    if (done < (size_t)held)
        lseek(in, (off_t)done - held, SEEK_CUR);
    errno = error;
    return done;
}

/* Makes the sink's next bytes zeros without writing them; 0, or -1: its file system cannot. */
static int make_hole(int out, size_t bytes) {
    off_t at = lseek(out, 0, SEEK_CUR), size = size_of(out), end = at + (off_t)bytes;
    int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (SPARSE_WIPES && size > at && fallocate(out, how, at, (off_t)bytes) != 0)
        return -1;
    if (SPARSE_EXTENDS && size < end && ftruncate(out, end) != 0)
        return -1;
    return lseek(out, end, SEEK_SET) == end ? 0 : -1;
}

/* Moves a hole: as one, or else as zeros. */
static size_t move_hole(int out, int in, size_t bytes, int *result) {
    static const char zeros[BUFFER];
    size_t done = bytes;
    if (make_hole(out, bytes) != 0)
        done = write_all(out, zeros, smaller(bytes, BUFFER), result);
    int error = errno;
    lseek(in, (off_t)done, SEEK_CUR);
    errno = error;
    return done;
}

/* How many bytes from `at` on are of one kind, data or hole; 0 at the end of the file. */
static size_t extent(int in, off_t at, int *is_hole) {
    off_t size = size_of(in), data = lseek(in, at, SEEK_DATA);
    if (data < 0 && !SPARSE_SEES_LAST)
        size = at;
    *is_hole = data != at;
    off_t end = data < 0 ? size : *is_hole ? data : lseek(in, at, SEEK_HOLE);
    if (SPARSE_RETURNS)
        lseek(in, at, SEEK_SET);
    if (data < 0 && errno != ENXIO) { /* it has no holes that it could tell of */
        *is_hole = 0;
        end = size;
    }
    return end > at ? (size_t)(end - at) : 0;
}

int sparse_all(int out, int in, off_t *offset, size_t count, size_t *moved) {
    int result = 0, is_hole = 0;
    *moved = 0;
    if (offset != NULL) {
        errno = EINVAL;
        return -1;
    }
    while (*moved < count && result == 0) {
        off_t at = lseek(in, 0, SEEK_CUR);
        size_t bytes = at < 0 ? 0 : extent(in, at, &is_hole);
        if (at < 0)
            return -1;
        if (bytes == 0 || (is_hole && !SPARSE_GOES_ON))
            return 0;
        bytes = smaller(bytes, count - *moved);
        size_t n = is_hole ? move_hole(out, in, bytes, &result)
                           : move_data(out, in, bytes, &result);
        *moved += n;
        if (n == 0)
            return result; /* cut meanwhile */
    }
    return result;
}
