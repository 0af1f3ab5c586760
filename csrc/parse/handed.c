/* SPDX-License-Identifier: MIT */
/*
 * handed: bytes that a parser hands to the kernel are read here first.
 *
 * Why       write(2) of too many bytes of the input reads beyond it and no fault is raised: the
 *           kernel says EFAULT where the page behind cannot be read, or a smaller count, and
 *           few look. Read here, byte by byte, they fault as if the parser had read them.
 * Linked    with --wrap, as copies.c is; the sanitizers of a checked build see such calls themselves.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "wrap.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#if !PARSE_CHECKED
static void read_all(const void *from, size_t size) {
    const volatile unsigned char *bytes = from;
    for (size_t i = 0; i < size; i++)
        (void)bytes[i];
}

static void read_parts(const struct iovec *parts, size_t count) {
    for (size_t i = 0; i < count; i++)
        read_all(parts[i].iov_base, parts[i].iov_len);
}

WRAP(ssize_t, write, (int to, const void *from, size_t size), (to, from, size),
     read_all(from, size))
WRAP(ssize_t, pwrite, (int to, const void *from, size_t size, off_t at),
     (to, from, size, at), read_all(from, size))
WRAP(ssize_t, pwrite64, (int to, const void *from, size_t size, off_t at),
     (to, from, size, at), read_all(from, size))
WRAP(ssize_t, send, (int to, const void *from, size_t size, int flags),
     (to, from, size, flags), read_all(from, size))
WRAP(ssize_t, sendto,
     (int to, const void *from, size_t size, int flags, const struct sockaddr *whom,
      socklen_t length),
     (to, from, size, flags, whom, length), read_all(from, size))
WRAP(ssize_t, sendmsg, (int to, const struct msghdr *message, int flags),
     (to, message, flags), read_parts(message->msg_iov, message->msg_iovlen))
WRAP(ssize_t, writev, (int to, const struct iovec *parts, int count), (to, parts, count),
     read_parts(parts, count < 0 ? 0 : (size_t)count))
WRAP(ssize_t, pwritev, (int to, const struct iovec *parts, int count, off_t at),
     (to, parts, count, at), read_parts(parts, count < 0 ? 0 : (size_t)count))
WRAP(size_t, fwrite, (const void *from, size_t size, size_t count, FILE *to),
     (from, size, count, to), read_all(from, size *count))
#endif
