/* SPDX-License-Identifier: MIT */
/*
 * transfer: seconds and processor time of every transfer method, interleaved.
 *
 * Why       Methods that are measured one after the other are measured on different machines:
 *           clocks and neighbours change. Here each round runs every method once.
 * Usage     transfer ROUNDS SIZE... ; one line per measurement:
 *           METHOD SINK SIZE wall_ns sender_cpu_ns receiver_cpu_ns
 * Sinks     tcp: a file where TMPDIR is, in the page cache, over loopback; a thread reads into
 *           a buffer of 256 KiB. file: memfd to memfd.
 * Limit     memcpy of as many bytes, in the same rounds.
 */
#include "../csrc/subjects/transfer/transfer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
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

static int64_t now_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What the manual page has: nothing but the call, as often as it takes. */
static int bare_sendfile(int out, int in, off_t *offset, size_t count, size_t *moved) {
    for (*moved = 0; *moved < count;) {
        ssize_t n = sendfile(out, in, offset, count - *moved);
        if (n <= 0)
            return (int)n;
        *moved += (size_t)n;
    }
    return 0;
}

static int bare_splice(int out, int in, off_t *offset, size_t count, size_t *moved) {
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

static int event_on_nonblocking(int out, int in, off_t *offset, size_t count,
                                size_t *moved) {
    int flags = fcntl(out, F_GETFL);
    fcntl(out, F_SETFL, flags | O_NONBLOCK);
    int result = event_all(out, in, offset, count, moved);
    fcntl(out, F_SETFL, flags);
    return result;
}

struct method {
    const char *name;
    transfer *run;
    int tcp, file;
};

static const struct method methods[] = {
    {"bare_sendfile", bare_sendfile, 1, 1},
    {"sendfile", sendfile_all, 1, 1},
    {"bare_splice", bare_splice, 1, 1},
    {"splice", splice_all, 1, 1},
    {"read_write", read_write_all, 1, 1},
    {"mmap_write", mmap_write_all, 1, 1},
    {"best", best_all, 1, 1},
    {"event", event_on_nonblocking, 1, 0},
    {"zerocopy", zerocopy_all, 1, 0},
    {"copy_range", copy_range_all, 0, 1},
};

struct receiver {
    int socket;
    size_t expected;
    int64_t cpu_ns;
};

static void *receive(void *argument) {
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

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void connect_pair(int pair[2]) {
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

static void report(const char *name, const char *sink, size_t size, int64_t wall,
                   int64_t sender, int64_t reader) {
    printf("%s %s %zu %lld %lld %lld\n", name, sink, size, (long long)wall,
           (long long)sender, (long long)reader);
}

static void over_tcp(const struct method *m, int source, size_t size) {
    struct receiver receiver = {.expected = size};
    int pair[2];
    pthread_t thread;
    off_t offset = 0;
    size_t moved;
    connect_pair(pair);
    receiver.socket = pair[1];
    int64_t begin = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    pthread_create(&thread, NULL, receive, &receiver);
    if (m->run(pair[0], source, &offset, size, &moved) != 0 || moved != size)
        fail(m->name);
    cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    pthread_join(thread, NULL);
    report(m->name, "tcp", size, now_ns(CLOCK_MONOTONIC) - begin, cpu, receiver.cpu_ns);
    close(pair[0]);
    close(pair[1]);
}

/* The sink has its pages: what is measured is the moving, not the allocation. */
static void into_file(const struct method *m, int source, int sink, size_t size) {
    off_t offset = 0;
    size_t moved;
    lseek(sink, 0, SEEK_SET);
    int64_t begin = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    if (m->run(sink, source, &offset, size, &moved) != 0 || moved != size)
        fail(m->name);
    cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    report(m->name, "file", size, now_ns(CLOCK_MONOTONIC) - begin, cpu, 0);
}

static void in_memory(const char *from, char *to, size_t size) {
    int64_t begin = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    memcpy(to, from, size);
    __asm__ volatile("" : : "r"(to) : "memory");
    cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    report("memcpy", "memory", size, now_ns(CLOCK_MONOTONIC) - begin, cpu, 0);
}

static int memory_file(size_t size) {
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

static void fill_file(int file, size_t size) {
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

static int disk_file(size_t size) {
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

static void one_round(size_t size, int round) {
    enum { COUNT = sizeof methods / sizeof methods[0] };
    int source = memory_file(size), sink = memory_file(size), served = disk_file(size);
    char *from = malloc(size), *to = malloc(size);
    if (!from || !to)
        fail("malloc");
    memset(from, 'x', size);
    memset(to, 'y', size);
    /* Each round begins with another method, so that none is always the first. */
    for (int i = 0; i < COUNT; i++) {
        const struct method *m = &methods[(i + round) % COUNT];
        if (m->tcp)
            over_tcp(m, served, size);
        if (m->file)
            into_file(m, source, sink, size);
    }
    in_memory(from, to, size);
    free(from);
    free(to);
    close(source);
    close(sink);
    close(served);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 0;
    for (int round = 0; round < rounds; round++)
        for (int i = 2; i < argc; i++)
            one_round(strtoull(argv[i], NULL, 10), round);
    return 0;
}
