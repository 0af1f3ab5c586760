/* SPDX-License-Identifier: MIT */
/* foreign_bytes: see foreign_bytes.h */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "foreign_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST ((size_t)1 << 16)
#define PIPE_FITS ((size_t)4096) /* a pipe that is ready for writing takes so much */

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

ssize_t foreign_bytes_unready(int copy, short events) {
    struct pollfd one = {.fd = copy, .events = events};
    int found = poll(&one, 1, 0);
    if (found == 1 && (one.revents & (events | POLLHUP)) != 0)
        return 0;
    /* Of an error the program's own call is told. */
    return found == 0 && fcntl(copy, F_GETFL) & O_NONBLOCK ? -EAGAIN : FOREIGN_LEFT;
}

/* A message is whole or nothing: only streams of bytes are cut. */
static bool is_of_messages(int copy) {
    int type = SOCK_STREAM;
    socklen_t length = sizeof type;
    return getsockopt(copy, SOL_SOCKET, SO_TYPE, &type, &length) == 0 &&
           type != SOCK_STREAM;
}

/* Whom a stream's bytes are from. */
struct sender {
    struct sockaddr_storage name;
    socklen_t length;
};

static ssize_t read_here(int copy, const struct foreign_parts *parts, void *here,
                         struct sender *from) {
    from->length = sizeof from->name;
    if (parts->is_message && parts->name != 0)
        return recvfrom(copy, here, parts->bytes, parts->flags,
                        (struct sockaddr *)&from->name, &from->length);
    if (parts->is_message)
        return recv(copy, here, parts->bytes, parts->flags);
    if (parts->is_placed)
        return pread(copy, here, parts->bytes, parts->place);
    return read(copy, here, parts->bytes);
}

static ssize_t write_here(int copy, const struct foreign_parts *parts, const void *here) {
    if (parts->is_message)
        return send(copy, here, parts->bytes, parts->flags);
    if (parts->is_placed)
        return pwrite(copy, here, parts->bytes, parts->place);
    return write(copy, here, parts->bytes);
}

static ssize_t read_for(const struct seccomp_notif *asked, int copy,
                        const struct foreign_parts *parts) {
    static unsigned char buffer[MOST];
    ssize_t n = foreign_bytes_is_stream(copy) ? foreign_bytes_unready(copy, POLLIN)
                                              : FOREIGN_LEFT;
    if (n != 0)
        return n;
    struct sender from;
    n = read_here(copy, parts, buffer, &from);
    if (n < 0)
        return -errno;
    bool told = n == 0 || foreign_parts_carry(asked, parts, buffer, (size_t)n, true);
    told = told && foreign_parts_name(asked, parts, &from.name, from.length);
    return told && foreign_parts_received(asked, parts) ? n : -EFAULT;
}

static ssize_t write_for(const struct seccomp_notif *asked, int copy,
                         const struct foreign_parts *parts) {
    static unsigned char buffer[MOST];
    ssize_t n = foreign_bytes_unready(copy, POLLOUT);
    if (n != 0)
        return n;
    if (!foreign_parts_carry(asked, parts, buffer, parts->bytes, false))
        return FOREIGN_LEFT; /* the kernel says what is wrong with its memory */
    n = write_here(copy, parts, buffer);
    if (n >= 0)
        return n;
    return errno == EPIPE ? FOREIGN_LEFT : -errno; /* the program gets its signal, too */
}

ssize_t foreign_bytes_move(const struct seccomp_notif *asked, int copy, size_t most,
                           size_t *wanted) {
    struct foreign_parts parts;
    size_t limit = most < MOST ? most : MOST;
    if (foreign_bytes_is_stream(copy) && limit > PIPE_FITS)
        limit = PIPE_FITS;
    if (!foreign_parts_of(asked, &parts) || is_of_messages(copy))
        return FOREIGN_LEFT;
    *wanted = parts.bytes;
    foreign_parts_cut(&parts, limit);
    ssize_t n = foreign_parts_kind_of(asked->data.nr) == FOREIGN_READ
                    ? read_for(asked, copy, &parts)
                    : write_for(asked, copy, &parts);
    if (n < 0 || !parts.is_of_many)
        return n;
    if ((size_t)n >= *wanted) /* which is not cut then, though one is less than it */
        *wanted = 0;
    return foreign_parts_count(asked, &parts, (size_t)n) ? 1 : -EFAULT;
}
