/* SPDX-License-Identifier: MIT */
/*
 * paired: a subject and its bare system call, one right after the other, many times.
 *
 * Why       Two per cent is less than what one measurement differs from the next. So both sides
 *           of a pair see the same machine, the order changes from pair to pair, the threads
 *           stay on their processors, and descriptors are opened once: what is left is the
 *           subject's own care.
 * Usage     paired ROUNDS SIZE ; one line per transfer, pairs in order:
 *           METHOD SINK SIZE wall_ns sender_cpu_ns receiver_cpu_ns
 * Sinks     file: memfd to memfd. tcp: a file where TMPDIR is, over one loopback connection a
 *           method pair, to a thread that reads into 256 KiB.
 * Priority  Raised where that is allowed, so that neighbours disturb less; else as it is.
 */
#include "../csrc/subjects/transfer/transfer.h"
#include "moving.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

struct pair {
    struct side {
        const char *name;
        transfer *run;
    } sides[2];
};

static const struct pair pairs[] = {
    {{{"bare_sendfile", bare_sendfile}, {"sendfile", sendfile_all}}},
    {{{"bare_splice", bare_splice}, {"splice", splice_all}}},
};

#define PAIRS (sizeof pairs / sizeof pairs[0])
#define WARM_UP 4

/* The n-th of the processors that this process may use, or the last one there is. */
static void stay_on(int n) {
    cpu_set_t allowed, one;
    sched_getaffinity(0, sizeof allowed, &allowed);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && n >= 0; cpu++)
        if (CPU_ISSET(cpu, &allowed)) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            n--;
        }
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

/* Threads inherit it. Where it is not allowed, neighbours disturb, and the interval is wider. */
static void go_before_others(void) {
    struct sched_param first = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &first) != 0)
        setpriority(PRIO_PROCESS, 0, -15);
}

static void *receive_elsewhere(void *receiver) {
    stay_on(1);
    return receive(receiver);
}

static void report(const char *name, const char *sink, size_t size, int64_t wall,
                   int64_t sender, int64_t reader) {
    printf("%s %s %zu %lld %lld %lld\n", name, sink, size, (long long)wall,
           (long long)sender, (long long)reader);
}

static void over_tcp(const struct side *side, const int ends[2], int source, size_t size,
                     int shown) {
    struct receiver receiver = {.socket = ends[1], .expected = size};
    pthread_t thread;
    off_t offset = 0;
    size_t moved;
    pthread_create(&thread, NULL, receive_elsewhere, &receiver);
    int64_t begin = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    if (side->run(ends[0], source, &offset, size, &moved) != 0 || moved != size)
        fail(side->name);
    cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    pthread_join(thread, NULL);
    int64_t wall = now_ns(CLOCK_MONOTONIC) - begin;
    if (shown)
        report(side->name, "tcp", size, wall, cpu, receiver.cpu_ns);
}

static void into_file(const struct side *side, int source, int sink, size_t size,
                      int shown) {
    off_t offset = 0;
    size_t moved;
    lseek(sink, 0, SEEK_SET);
    int64_t begin = now_ns(CLOCK_MONOTONIC), cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    if (side->run(sink, source, &offset, size, &moved) != 0 || moved != size)
        fail(side->name);
    cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    int64_t wall = now_ns(CLOCK_MONOTONIC) - begin;
    if (shown)
        report(side->name, "file", size, wall, cpu, 0);
}

int main(int argc, char **argv) {
    int rounds = argc > 1 ? atoi(argv[1]) : 0, ends[PAIRS][2];
    size_t size = argc > 2 ? strtoull(argv[2], NULL, 10) : (size_t)1 << 26;
    int source = memory_file(size), sink = memory_file(size), served = disk_file(size);
    go_before_others();
    stay_on(0);
    for (size_t p = 0; p < PAIRS; p++)
        connect_pair(ends[p]);
    for (int round = -WARM_UP; round < rounds; round++)
        for (size_t p = 0; p < PAIRS; p++)
            for (int i = 0; i < 4; i++) {
                const struct side *side = &pairs[p].sides[(i + round) & 1];
                if (i < 2)
                    into_file(side, source, sink, size, round >= 0);
                else
                    over_tcp(side, ends[p], served, size, round >= 0);
            }
    return 0;
}
