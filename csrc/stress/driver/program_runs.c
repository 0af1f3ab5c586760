/* SPDX-License-Identifier: MIT */
/*
 * program_runs: a whole program run again and again on real threads, until it fails or time is over.
 *
 * Why       What no model knows shows only at full speed: the optimiser, the real allocator. But a
 *           thread that its maker does not overlap with shows nothing, and a program that has just
 *           begun overlaps little.
 * How       Linked with the program, whose main, pthread_create and pthread_join (and their C11 twins)
 *           are wrapped. Each run is a child that is confined like a subject on real threads. By turns,
 *           runs are as they are, threads wait for each other at a gate that opens when their maker
 *           joins, or makers wait until a thread has begun; then all are late by a few turns.
 * Form      HEALD_RUNS="SECONDS LIMIT", both in ms: how long, and when a run hangs. What came of it is
 *           one line on standard output: runs, then "ok", or "status N", "signal N", "hang", "slow" (the first
 *           run was not over by then: that is no failure); what the failing run wrote to standard error follows. Without the variable the program just runs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "confine.h"

enum { MOST_THREADS = 4096, GATE_US = 30, WORDS = 4096 };
enum { PATIENCE = 20 }; /* a run that takes so many times as long as any before hangs */
#define MEMORY_BYTES ((uint64_t)2 << 30)
#define FILE_BYTES ((uint64_t)64 << 20)

int __real_main(int count, char **words, char **environment);
int __wrap_main(int count, char **words, char **environment);
int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __real_pthread_join(pthread_t, void **);
int __wrap_pthread_join(pthread_t, void **);
int __real_thrd_create(thrd_t *, thrd_start_t, void *);
int __wrap_thrd_create(thrd_t *, thrd_start_t, void *);
int __real_thrd_join(thrd_t, int *);
int __wrap_thrd_join(thrd_t, int *);

static enum { AS_IT_IS, GATED, OVERLAPPED, WAYS } way;
static uint32_t turns; /* a run's own number: how late whom */

struct start {
    void *(*routine)(void *);
    thrd_start_t c11;
    void *argument;
    unsigned gate; /* when it was made */
    atomic_bool has_begun;
};
static struct start starts[MOST_THREADS];
static atomic_uint made, gate;

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void be_late(uint32_t who) {
    uint32_t mixed = (turns * 2654435761u) ^ (who * 2246822519u);
    mixed ^= mixed >> 15;
    for (volatile uint32_t i = mixed % 256; i > 0; i--)
        ;
}

static void begin(struct start *start) {
    int64_t end = now_us() + GATE_US;

    atomic_store_explicit(&start->has_begun, true, memory_order_relaxed);
    while (way == GATED && now_us() < end &&
           atomic_load_explicit(&gate, memory_order_relaxed) == start->gate)
        ;
    if (way != AS_IT_IS)
        be_late((uint32_t)(start - starts) + 1);
}

static void *run_posix(void *argument) {
    struct start *start = argument;
    begin(start);
    return start->routine(start->argument);
}

static int run_c11(void *argument) {
    struct start *start = argument;
    begin(start);
    return start->c11(start->argument);
}

static struct start *new_start(void *argument) {
    unsigned number = atomic_fetch_add(&made, 1);
    if (number >= MOST_THREADS)
        return NULL; /* it begins by itself */
    starts[number].argument = argument;
    starts[number].gate = atomic_load(&gate);
    return &starts[number];
}

static void await(struct start *start) {
    int64_t end = now_us() + 10 * GATE_US;
    if (way != OVERLAPPED)
        return;
    while (!atomic_load_explicit(&start->has_begun, memory_order_relaxed) &&
           now_us() < end)
        ;
    be_late(0);
}

int __wrap_pthread_create(pthread_t *handle, const pthread_attr_t *attributes,
                          void *(*routine)(void *), void *argument) {
    struct start *start = new_start(argument);
    if (!start)
        return __real_pthread_create(handle, attributes, routine, argument);
    start->routine = routine;
    int error = __real_pthread_create(handle, attributes, run_posix, start);
    if (!error)
        await(start);
    return error;
}

int __wrap_thrd_create(thrd_t *handle, thrd_start_t routine, void *argument) {
    struct start *start = new_start(argument);
    if (!start)
        return __real_thrd_create(handle, routine, argument);
    start->c11 = routine;
    int error = __real_thrd_create(handle, run_c11, start);
    if (error == thrd_success)
        await(start);
    return error;
}

int __wrap_pthread_join(pthread_t handle, void **result) {
    atomic_fetch_add(&gate, 1);
    return __real_pthread_join(handle, result);
}

int __wrap_thrd_join(thrd_t handle, int *result) {
    atomic_fetch_add(&gate, 1);
    return __real_thrd_join(handle, result);
}

/* What a run says is kept until the next one: the last words of one that fails. */
static void child(pid_t parent, int words_to) {
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0 || dup2(nowhere, 0) < 0 || dup2(nowhere, 1) < 0 ||
        dup2(words_to, 2) < 0)
        _exit(127);
    confine_process(parent);
}

/* 0: it went on for too long; else how it ended is in `status`. */
static int await_end(pid_t process, int64_t limit_us, const sigset_t *ends, int *status) {
    int64_t end = now_us() + limit_us;
    while (waitpid(process, status, WNOHANG) == 0) {
        int64_t left_us = end - now_us();
        if (left_us <= 0) {
            kill(process, SIGKILL);
            waitpid(process, status, 0);
            return 0;
        }
        struct timespec left = {left_us / 1000000, left_us % 1000000 * 1000};
        sigtimedwait(ends, NULL, &left);
    }
    return 1;
}

static void tell(uint64_t runs, const char *what, int number, int words) {
    static char text[WORDS];
    printf("%llu %s %d\n", (unsigned long long)runs, what, number);
    off_t end = lseek(words, 0, SEEK_END);
    lseek(words, end > WORDS ? end - WORDS : 0, SEEK_SET);
    ssize_t got = read(words, text, sizeof text);
    if (got > 0)
        fwrite(text, 1, (size_t)got, stdout);
    fflush(stdout);
}

static int run_again_and_again(int64_t time_us, int64_t limit_us, int count, char **words,
                               char **environment) {
    int errors = memfd_create("stderr", MFD_CLOEXEC);
    pid_t self = getpid();
    uint64_t runs = 0;
    sigset_t ends, before;
    int64_t end = now_us() + time_us;

    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ends, &before);
    confine_resources(MEMORY_BYTES, FILE_BYTES);
    for (; errors >= 0 && now_us() < end; runs++) {
        int status = 0;
        turns = (uint32_t)runs;
        way = turns % WAYS;
        if (ftruncate(errors, 0) || lseek(errors, 0, SEEK_SET))
            return 1;
        pid_t process = fork();
        if (process < 0)
            return 1;
        if (process == 0) {
            sigprocmask(SIG_SETMASK, &before, NULL);
            child(self, errors);
            exit(__real_main(count, words, environment));
        }
        int64_t began = now_us();
        if (!await_end(process, limit_us, &ends, &status))
            return tell(runs + (runs > 0), runs ? "hang" : "slow", 0, errors), 0;
        if (PATIENCE * (now_us() - began) > limit_us)
            limit_us = PATIENCE * (now_us() - began);
        if (WIFSIGNALED(status))
            return tell(runs + 1, "signal", WTERMSIG(status), errors), 0;
        if (WEXITSTATUS(status))
            return tell(runs + 1, "status", WEXITSTATUS(status), errors), 0;
    }
    return tell(runs, "ok", 0, errors), 0;
}

int __wrap_main(int count, char **words, char **environment) {
    const char *wanted = getenv("HEALD_RUNS");
    long long time_ms, limit_ms;

    if (!wanted || sscanf(wanted, "%lld %lld", &time_ms, &limit_ms) != 2)
        return __real_main(count, words, environment);
    unsetenv("HEALD_RUNS");
    return run_again_and_again(time_ms * 1000, limit_ms * 1000, count, words,
                               environment);
}
