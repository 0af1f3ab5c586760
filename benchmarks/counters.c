/* SPDX-License-Identifier: MIT */
/*
 * counters: nanoseconds per increment for the usual ways to count with several threads.
 *
 * Use       counters ROUNDS TARGET_MS SEED THREADS...
 * Prints    one line per measurement: round, way, threads, ns per increment, share kept
 * How       Every round measures every way with every number of threads once, in an order
 *           drawn anew, so that whatever else the machine does hits all alike. Threads
 *           are pinned, wait for each other at the start, and each counts the same number
 *           of times; what is taken is the time until the last one is done, divided by all
 *           increments together. So 8 ns with two threads is 16 ns of each one's time.
 * Plain     is wrong on purpose (a data race): it shows what the right ways cost more.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_THREADS 64
#define WAYS (sizeof ways / sizeof *ways)
#define MOST_BACKOFF 1024u

static struct {
    _Alignas(128) long plain;
    _Alignas(128) _Atomic long atomic;
    _Alignas(128) pthread_mutex_t mutex;
    long guarded;
} shared = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static struct own {
    _Alignas(128) _Atomic long value;
} own[MOST_THREADS];

static void pause_once(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void count_plain(int thread, long times) {
    (void)thread;
    for (long i = 0; i < times; i++) {
        shared.plain++;
        __asm__ volatile("" ::: "memory"); /* or it becomes one addition */
    }
}

static void count_relaxed(int thread, long times) {
    (void)thread;
    for (long i = 0; i < times; i++)
        atomic_fetch_add_explicit(&shared.atomic, 1, memory_order_relaxed);
}

static void count_seq_cst(int thread, long times) {
    (void)thread;
    for (long i = 0; i < times; i++)
        atomic_fetch_add(&shared.atomic, 1);
}

static void count_cas(int thread, long times) {
    (void)thread;
    for (long i = 0; i < times; i++) {
        long value = atomic_load_explicit(&shared.atomic, memory_order_relaxed);
        while (!atomic_compare_exchange_weak_explicit(&shared.atomic, &value, value + 1,
                                                      memory_order_relaxed,
                                                      memory_order_relaxed))
            continue;
    }
}

static void count_cas_yield(int thread, long times) {
    (void)thread;
    for (long i = 0; i < times; i++) {
        long value = atomic_load_explicit(&shared.atomic, memory_order_relaxed);
        while (!atomic_compare_exchange_weak_explicit(&shared.atomic, &value, value + 1,
                                                      memory_order_relaxed,
                                                      memory_order_relaxed))
            sched_yield();
    }
}

static void count_cas_backoff(int thread, long times) {
    (void)thread;
    for (long i = 0; i < times; i++) {
        unsigned wait = 1;
        long value = atomic_load_explicit(&shared.atomic, memory_order_relaxed);
        while (!atomic_compare_exchange_weak_explicit(&shared.atomic, &value, value + 1,
                                                      memory_order_relaxed,
                                                      memory_order_relaxed)) {
            for (unsigned paused = 0; paused < wait; paused++)
                pause_once();
            wait = wait < MOST_BACKOFF ? wait * 2 : MOST_BACKOFF;
            value = atomic_load_explicit(&shared.atomic, memory_order_relaxed);
        }
    }
}

static void count_mutex(int thread, long times) {
    (void)thread;
    for (long i = 0; i < times; i++) {
        pthread_mutex_lock(&shared.mutex);
        shared.guarded++;
        pthread_mutex_unlock(&shared.mutex);
    }
}

/* Only its owner writes it; relaxed, so that others may read it at any time. */
static void count_own(int thread, long times) {
    _Atomic long *mine = &own[thread].value;
    for (long i = 0; i < times; i++)
        atomic_store_explicit(mine, atomic_load_explicit(mine, memory_order_relaxed) + 1,
                              memory_order_relaxed);
}

static const struct way {
    const char *name;
    void (*count)(int thread, long times);
} ways[] = {
    {"plain", count_plain},         {"relaxed", count_relaxed},
    {"seq_cst", count_seq_cst},     {"cas", count_cas},
    {"cas-yield", count_cas_yield}, {"cas-backoff", count_cas_backoff},
    {"mutex", count_mutex},         {"per-thread", count_own},
};

struct measurement {
    const struct way *way;
    int threads;
    long times;
    _Atomic int arrived;
};

struct member {
    struct measurement *measurement;
    int number;
    uint64_t began, ended;
    pthread_t thread;
};

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int processors[MOST_THREADS], processor_count;

static void find_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return;
    for (size_t cpu = 0; cpu < CPU_SETSIZE && processor_count < MOST_THREADS; cpu++)
        if (CPU_ISSET(cpu, &set))
            processors[processor_count++] = (int)cpu;
}

static void pin(int number) {
    if (processor_count == 0)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)processors[number % processor_count], &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

static void *count_in_thread(void *argument) {
    struct member *member = argument;
    struct measurement *measurement = member->measurement;
    pin(member->number);
    atomic_fetch_add(&measurement->arrived, 1);
    while (atomic_load(&measurement->arrived) < measurement->threads)
        sched_yield();
    member->began = nanoseconds();
    measurement->way->count(member->number, measurement->times);
    member->ended = nanoseconds();
    return NULL;
}

static long counted(void) {
    long sum = shared.plain + atomic_load(&shared.atomic) + shared.guarded;
    for (int i = 0; i < MOST_THREADS; i++)
        sum += atomic_load(&own[i].value);
    return sum;
}

/* Wall-clock nanoseconds from the first start to the last end. */
static uint64_t run(const struct way *way, int threads, long times) {
    static struct member members[MOST_THREADS];
    struct measurement measurement = {.way = way, .threads = threads, .times = times};
    for (int i = 0; i < threads; i++) {
        members[i] = (struct member){.measurement = &measurement, .number = i};
        if (pthread_create(&members[i].thread, NULL, count_in_thread, &members[i]) != 0) {
            fprintf(stderr, "counters: no thread %d\n", i + 1);
            exit(1);
        }
    }
    uint64_t began = UINT64_MAX, ended = 0;
    for (int i = 0; i < threads; i++) {
        pthread_join(members[i].thread, NULL);
        began = members[i].began < began ? members[i].began : began;
        ended = members[i].ended > ended ? members[i].ended : ended;
    }
    return ended - began;
}

/* How often each thread is to count for the measurement to last about `target_ns`. */
static long calibrate(const struct way *way, int threads, uint64_t target_ns) {
    long times = 1000;
    for (;;) {
        uint64_t ns = run(way, threads, times);
        if (ns >= target_ns / 8)
            return (long)((double)times * (double)target_ns / (double)ns) + 1;
        times *= 4;
    }
}

static void shuffle(size_t *order, size_t count, unsigned *seed) {
    for (size_t i = count; i > 1; i--) {
        size_t at = (size_t)rand_r(seed) % i, kept = order[i - 1];
        order[i - 1] = order[at];
        order[at] = kept;
    }
}

static void measure(int round, const struct way *way, int threads, long times) {
    long before = counted();
    uint64_t ns = run(way, threads, times);
    double all = (double)times * threads;
    printf("%d %s %d %.4f %.6f\n", round, way->name, threads, (double)ns / all,
           (double)(counted() - before) / all);
    fflush(stdout);
}

int main(int count, char **arguments) {
    static size_t order[WAYS * MOST_THREADS];
    static long times[WAYS * MOST_THREADS];
    if (count < 5 || count - 4 > MOST_THREADS) {
        fprintf(stderr, "usage: counters ROUNDS TARGET_MS SEED THREADS...\n");
        return 2;
    }
    int rounds = atoi(arguments[1]);
    uint64_t target_ns = strtoull(arguments[2], NULL, 10) * 1000000u;
    unsigned seed = (unsigned)strtoul(arguments[3], NULL, 10);
    size_t sizes = (size_t)count - 4, cells = WAYS * sizes;
    find_processors();
    for (size_t i = 0; i < cells; i++) {
        int threads = atoi(arguments[4 + i % sizes]);
        if (threads < 1 || threads > MOST_THREADS) {
            fprintf(stderr, "counters: 1 to %d threads\n", MOST_THREADS);
            return 2;
        }
        order[i] = i;
        times[i] = calibrate(&ways[i / sizes], threads, target_ns);
    }
    for (int round = 0; round < rounds; round++) {
        shuffle(order, cells, &seed);
        for (size_t i = 0; i < cells; i++)
            measure(round, &ways[order[i] / sizes], atoi(arguments[4 + order[i] % sizes]),
                    times[order[i]]);
    }
    return 0;
}
