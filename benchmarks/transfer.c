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
 * Time      of the sender is that of the process without the receiver: io_uring works in
 *           threads of the kernel's own.
 * Limit     memcpy of as many bytes, in the same rounds.
 */
#include "../csrc/subjects/transfer/transfer.h"

#include "moving.h"

#include <linux/io_uring.h>
#include <pthread.h>
#include <sys/syscall.h>

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
    int tcp, file, ring;
};

static const struct method methods[] = {
    {"bare_sendfile", bare_sendfile, 1, 1, 0},
    {"sendfile", sendfile_all, 1, 1, 0},
    {"bare_splice", bare_splice, 1, 1, 0},
    {"splice", splice_all, 1, 1, 0},
    {"read_write", read_write_all, 1, 1, 0},
    {"mmap_write", mmap_write_all, 1, 1, 0},
    {"best", best_all, 1, 1, 0},
    {"event", event_on_nonblocking, 1, 0, 0},
    {"zerocopy", zerocopy_all, 1, 0, 0},
    {"copy_range", copy_range_all, 0, 1, 0},
    {"uring", uring_all, 1, 1, 1},
    {"send_zc", send_zc_all, 1, 0, 1},
};

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
    int64_t begin = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    pthread_create(&thread, NULL, receive, &receiver);
    if (m->run(pair[0], source, &offset, size, &moved) != 0 || moved != size)
        fail(m->name);
    pthread_join(thread, NULL);
    int64_t wall = now_ns(CLOCK_MONOTONIC) - begin;
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu - receiver.cpu_ns;
    report(m->name, "tcp", size, wall, cpu, receiver.cpu_ns);
    close(pair[0]);
    close(pair[1]);
}

/* The sink has its pages: what is measured is the moving, not the allocation. */
static void into_file(const struct method *m, int source, int sink, size_t size) {
    off_t offset = 0;
    size_t moved;
    lseek(sink, 0, SEEK_SET);
    int64_t begin = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (m->run(sink, source, &offset, size, &moved) != 0 || moved != size)
        fail(m->name);
    cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    report(m->name, "file", size, now_ns(CLOCK_MONOTONIC) - begin, cpu, 0);
}

static void in_memory(const char *from, char *to, size_t size) {
    int64_t begin = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    memcpy(to, from, size);
    __asm__ volatile("" : : "r"(to) : "memory");
    cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    report("memcpy", "memory", size, now_ns(CLOCK_MONOTONIC) - begin, cpu, 0);
}

/* Old kernels, containers and administrators refuse io_uring. */
static int rings_work;

static int ask_for_a_ring(void) {
    struct io_uring_params asked = {0};
    int ring = (int)syscall(SYS_io_uring_setup, 1, &asked);
    return ring >= 0 && close(ring) == 0;
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
        if (m->ring && !rings_work)
            continue;
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
    rings_work = ask_for_a_ring();
    for (int round = 0; round < rounds; round++)
        for (int i = 2; i < argc; i++)
            one_round(strtoull(argv[i], NULL, 10), round);
    return 0;
}
