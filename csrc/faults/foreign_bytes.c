/* SPDX-License-Identifier: MIT */
/* foreign_bytes: see foreign_bytes.h */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "foreign_bytes.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST ((size_t)1 << 16)
#define PIPE_FITS ((size_t)4096) /* a pipe that is ready for writing takes so much */

enum foreign_kind foreign_bytes_kind_of(int number) {
    switch (number) {
    case SYS_read:
    case SYS_pread64:
        return FOREIGN_READ;
    case SYS_write:
    case SYS_pwrite64:
        return FOREIGN_WRITE;
    default:
        return 0;
    }
}

bool foreign_bytes_is_stream(int copy) {
    struct stat status;
    return fstat(copy, &status) == 0 &&
           (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

static bool is_below(const char *path, const char *argument) {
    char named[PATH_MAX];
    if (realpath(argument, named) == NULL)
        return false;
    size_t length = strlen(named);
    return strncmp(path, named, length) == 0 &&
           (path[length] == '\0' || path[length] == '/');
}

bool foreign_bytes_matters(int copy, char **command) {
    char link[64], path[PATH_MAX];
    if (foreign_bytes_is_stream(copy))
        return true;
    snprintf(link, sizeof link, "/proc/self/fd/%d", copy);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0 || path[0] != '/')
        return false;
    path[length] = '\0';
    for (char **argument = command + 1; *argument != NULL; argument++) {
        const char *value = strchr(*argument, '='); /* dd if=FILE, --output=FILE */
        if (is_below(path, *argument) || (value != NULL && is_below(path, value + 1)))
            return true;
    }
    return false;
}

bool foreign_bytes_is_ready(int copy, short events) {
    struct pollfd one = {.fd = copy, .events = events};
    return poll(&one, 1, 0) == 1 && (one.revents & (events | POLLHUP)) != 0;
}

static ssize_t carry(const struct seccomp_notif *asked, void *here, size_t bytes,
                     bool back) {
    struct iovec own = {here, bytes};
    struct iovec its = {(void *)(uintptr_t)asked->data.args[1], bytes};
    return back ? process_vm_writev((pid_t)asked->pid, &own, 1, &its, 1, 0)
                : process_vm_readv((pid_t)asked->pid, &own, 1, &its, 1, 0);
}

static ssize_t read_for(const struct seccomp_notif *asked, int copy, size_t bytes) {
    static unsigned char buffer[MOST];
    off_t offset = (off_t)asked->data.args[3];
    if (!foreign_bytes_is_stream(copy) || !foreign_bytes_is_ready(copy, POLLIN))
        return FOREIGN_LEFT;
    ssize_t n = asked->data.nr == SYS_pread64 ? pread(copy, buffer, bytes, offset)
                                              : read(copy, buffer, bytes);
    if (n < 0)
        return -errno;
    return n == 0 || carry(asked, buffer, (size_t)n, true) == n ? n : -EFAULT;
}

static ssize_t write_for(const struct seccomp_notif *asked, int copy, size_t bytes) {
    static unsigned char buffer[MOST];
    off_t offset = (off_t)asked->data.args[3];
    if (!foreign_bytes_is_ready(copy, POLLOUT))
        return FOREIGN_LEFT;
    if (carry(asked, buffer, bytes, false) != (ssize_t)bytes)
        return FOREIGN_LEFT; /* the kernel says what is wrong with its memory */
    ssize_t n = asked->data.nr == SYS_pwrite64 ? pwrite(copy, buffer, bytes, offset)
                                               : write(copy, buffer, bytes);
    if (n >= 0)
        return n;
    return errno == EPIPE ? FOREIGN_LEFT : -errno; /* the program gets its signal, too */
}

ssize_t foreign_bytes_move(const struct seccomp_notif *asked, int copy, size_t most) {
    size_t bytes = asked->data.args[2];
    size_t limit = most < MOST ? most : MOST;
    if (foreign_bytes_is_stream(copy) && limit > PIPE_FITS)
        limit = PIPE_FITS;
    if (bytes == 0)
        return FOREIGN_LEFT;
    bytes = bytes < limit ? bytes : limit;
    return foreign_bytes_kind_of(asked->data.nr) == FOREIGN_READ
               ? read_for(asked, copy, bytes)
               : write_for(asked, copy, bytes);
}
