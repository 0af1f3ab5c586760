/* SPDX-License-Identifier: MIT */
/*
 * moving: what the transfer benchmarks share: the bare calls, descriptors, clocks.
 *
 * Why       A subject is measured against nothing but its system call, so that call is written
 *           down once. Inline functions: each program is one file and this header.
 */
#ifndef BENCHMARKS_MOVING_H
#define BENCHMARKS_MOVING_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef int transfer(int out, int in, off_t *offset, size_t count, size_t *moved);

static inline void fail(const char *what) {
    perror(what);
    exit(1);
}

static inline int64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What the manual page has: nothing but the call, as often as it takes. */
static inline int bare_sendfile(int out, int in, off_t *offset, size_t count,
                                size_t *moved) {
    for (*moved = 0; *moved < count;) {
        ssize_t n = sendfile(out, in, offset, count - *moved);
        if (n <= 0)
            return (int)n;
        *moved += (size_t)n;
    }
    return 0;
}

static inline int bare_splice(int out, int in, off_t *offset, size_t count,
                              size_t *moved) {
    int ends[2], result = 0;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    for (*moved = 0; *moved < count && result == 0;) {
        ssize_t held = splice(in, offset, ends[1], NULL, 65536, SPLICE_F_MOVE);
        if (held <= 0)
            break;
        for (ssize_t n; held > 0; held -= n, *moved += (size_t)n)
            if ((n = splice(ends[0], NULL, out, NULL, (size_t)held, SPLICE_F_MOVE)) <=
                0) {
                result = -1;
                break;
            }
    }
    close(ends[0]);
    close(ends[1]);
    return result;
}

struct receiver {
    int socket;
    size_t expected;
    int64_t cpu_ns;
};

static inline void *receive(void *argument) {
    static char buffer[256 * 1024];
    struct receiver *r = argument;
    int64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
    for (size_t got = 0; got < r->expected;) {
        ssize_t n = read(r->socket, buffer, sizeof buffer);
        if (n <= 0)
            break;
        got += (size_t)n;
    }
    r->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
    return NULL;
}

static inline void connect_pair(int pair[2]) {
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&at, length) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &length) != 0)
        fail("listen");
    pair[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(pair[1], (struct sockaddr *)&at, length) != 0)
        fail("connect");
    pair[0] = accept(listener, NULL, NULL);
    close(listener);
}

static inline int memory_file(size_t size) {
    int file = memfd_create("benchmark", MFD_CLOEXEC);
    char *map;
    if (file < 0 || ftruncate(file, (off_t)size) != 0)
        fail("memfd");
    map = mmap(NULL, size, PROT_WRITE, MAP_SHARED, file, 0);
    if (map == MAP_FAILED)
        fail("mmap");
    memset(map, 'x', size);
    munmap(map, size);
    return file;
}

static inline void fill_file(int file, size_t size) {
    static char block[1 << 16];
    memset(block, 'x', sizeof block);
    for (size_t done = 0; done < size;) {
        size_t part = size - done < sizeof block ? size - done : sizeof block;
        ssize_t n = write(file, block, part);
        if (n <= 0)
            fail("write");
        done += (size_t)n;
    }
}

static inline int disk_file(size_t size) {
    const char *folder = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/heald-XXXXXX", folder ? folder : "/tmp");
    int file = mkstemp(path);
    if (file < 0)
        fail(path);
    unlink(path);
    fill_file(file, size);
    return file;
}

#endif
