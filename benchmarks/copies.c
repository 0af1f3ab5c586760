/* SPDX-License-Identifier: MIT */
/*
 * copies: how often each method copies a byte, asked of the pages and of the processor.
 *
 * Why       "Zero-copy" is a claim. Two measurements that share nothing have to agree on it.
 * Pages     A file is moved into a queue that nobody reads yet; then other bytes are written
 *           over the file; then the queue is read. Who reads the new bytes reads the file's own
 *           pages: nothing was copied. Who reads the old ones got a copy.
 * Processor The time of the sending thread for SIZE bytes into a pipe that another thread
 *           empties into /dev/null without copying. Beside them the two single copies: `pread`
 *           of the same file into a buffer of 64 KiB (copy_out), and `write` of such a buffer
 *           into such a pipe (copy_in).
 * Usage     copies ROUNDS SIZE ; lines
 *           pages METHOD SINK new_bytes bytes
 *           cost METHOD bytes sender_cpu_ns
 */
#include "../csrc/subjects/transfer/transfer.h"
#include "moving.h"

#include <pthread.h>
#include <unistd.h>

#define LOOKED_AT ((size_t)32768) /* fits into every queue */
#define CHUNK ((size_t)65536)
#define ROOMY (1 << 20) /* what an unprivileged process may ask for */

struct method {
    const char *name;
    transfer *run;
    int to_pipe, to_socket;
};

static const struct method methods[] = {
    {"sendfile", sendfile_all, 1, 1},
    {"splice", splice_all, 1, 1},
    {"best", best_all, 1, 1},
    {"vmsplice", vmsplice_all, 1, 0},
    {"mmap_write", mmap_write_all, 1, 1},
    {"read_write", read_write_all, 1, 1},
};

#define METHODS (sizeof methods / sizeof methods[0])

static size_t read_all(int from, unsigned char *to, size_t size) {
    size_t have = 0;
    while (have < size) {
        ssize_t n = read(from, to + have, size - have);
        if (n <= 0)
            fail("read");
        have += (size_t)n;
    }
    return have;
}

/* ends[0] is written, ends[1] is read. */
static void look_at_pages(const struct method *m, const char *sink, const int ends[2]) {
    unsigned char bytes[LOOKED_AT];
    int source = memory_file(LOOKED_AT); /* full of 'x' */
    size_t moved, changed = 0;
    off_t offset = 0;
    if (m->run(ends[0], source, &offset, LOOKED_AT, &moved) != 0 || moved != LOOKED_AT)
        fail(m->name);
    memset(bytes, 'y', sizeof bytes);
    if (pwrite(source, bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        fail("pwrite");
    read_all(ends[1], bytes, LOOKED_AT);
    for (size_t i = 0; i < LOOKED_AT; i++)
        changed += bytes[i] == 'y';
    printf("pages %s %s %zu %zu\n", m->name, sink, changed, LOOKED_AT);
    close(source);
    close(ends[0]);
    close(ends[1]);
}

static void look_at(const struct method *m) {
    int ends[2], pipe_ends[2];
    if (m->to_pipe && pipe2(pipe_ends, O_CLOEXEC) == 0)
        look_at_pages(m, "pipe", (int[]){pipe_ends[1], pipe_ends[0]});
    if (m->to_socket && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0)
        look_at_pages(m, "unix", ends);
    if (m->to_socket) {
        connect_pair(ends);
        look_at_pages(m, "tcp", ends);
    }
}

struct drain {
    int from, null;
};

/* Throws the pipe's pages away as they are. */
static void *drain(void *argument) {
    const struct drain *d = argument;
    while (splice(d->from, NULL, d->null, NULL, CHUNK, 0) > 0)
        continue;
    return NULL;
}

static void cost_of(const struct method *m, int source, size_t size) {
    int ends[2];
    pthread_t thread;
    off_t offset = 0;
    size_t moved;
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("pipe");
    fcntl(ends[1], F_SETPIPE_SZ,
          ROOMY); /* so that neither side often waits for the other */
    struct drain draining = {ends[0], open("/dev/null", O_WRONLY | O_CLOEXEC)};
    pthread_create(&thread, NULL, drain, &draining);
    int64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    if (m->run(ends[1], source, &offset, size, &moved) != 0 || moved != size)
        fail(m->name);
    cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
    close(draining.null);
    printf("cost %s %zu %lld\n", m->name, size, (long long)cpu);
}

static int write_the_same(int out, int in, off_t *offset, size_t count, size_t *moved) {
    static char buffer[CHUNK];
    (void)in;
    (void)offset;
    for (*moved = 0; *moved < count;) {
        size_t left = count - *moved;
        ssize_t n = write(out, buffer, left < CHUNK ? left : CHUNK);
        if (n <= 0)
            return -1;
        *moved += (size_t)n;
    }
    return 0;
}

static const struct method copy_in = {"copy_in", write_the_same, 1, 0};

static void cost_of_copy_out(int source, size_t size) {
    static char buffer[CHUNK];
    int64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    for (size_t at = 0; at < size; at += CHUNK)
        if (pread(source, buffer, CHUNK, (off_t)at) <= 0)
            fail("pread");
    cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    printf("cost copy_out %zu %lld\n", size, (long long)cpu);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 0;
    size_t size = argc > 2 ? strtoull(argv[2], NULL, 10) : (size_t)1 << 26;
    int source = disk_file(size);
    for (size_t i = 0; i < METHODS; i++)
        look_at(&methods[i]);
    for (int round = 0; round < rounds; round++) {
        for (size_t i = 0; i < METHODS; i++)
            cost_of(&methods[(i + (size_t)round) % METHODS], source, size);
        cost_of_copy_out(source, size);
        cost_of(&copy_in, source, size);
    }
    close(source);
    return 0;
}
