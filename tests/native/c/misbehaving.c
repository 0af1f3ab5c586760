/* SPDX-License-Identifier: MIT */
/*
 * misbehaving: every way in which a subject can take its process down, one per operation.
 *
 * Each does its harm on the state's hundredth use by any thread, so that samples were
 * finished before.
 */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct state {
    int unused;
};

static _Atomic int uses;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile int *volatile nowhere;
static void (*volatile no_function)(void);
static volatile int for_ever = 1;

static int not_yet(void) { return atomic_fetch_add(&uses, 1) < 100; }

void behave(struct state *state);
void call_abort(struct state *state);
void fail_assertion(struct state *state);
void call_exit(struct state *state);
void call_exit_at_once(struct state *state);
void spin(struct state *state);
void deadlock(struct state *state);
void write_through_null(struct state *state);
void call_null(struct state *state);
void allocate(struct state *state);
void allocate_and_ignore(struct state *state);
void overflow_stack(struct state *state);
void call_fork(struct state *state);
void kill_parent(struct state *state);
void print_garbage(struct state *state);
void raise_kill(struct state *state);
void sleep_a_little(struct state *state);

void behave(struct state *state) { (void)state; }

void call_abort(struct state *state) {
    (void)state;
    if (!not_yet())
        abort();
}

void fail_assertion(struct state *state) {
    (void)state;
    assert(not_yet());
}

void call_exit(struct state *state) {
    (void)state;
    if (!not_yet())
        exit(0);
}

void call_exit_at_once(struct state *state) {
    (void)state;
    if (!not_yet())
        _exit(7);
}

void spin(struct state *state) {
    (void)state;
    if (!not_yet())
        while (for_ever)
            continue;
}

void deadlock(struct state *state) {
    (void)state;
    if (!not_yet())
        pthread_mutex_lock(&mutex);
}

void write_through_null(struct state *state) {
    (void)state;
    if (!not_yet())
        *nowhere = 1;
}

void call_null(struct state *state) {
    (void)state;
    if (!not_yet())
        no_function();
}

void allocate(struct state *state) {
    (void)state;
    if (!not_yet())
        for (;;)
            memset(malloc(1 << 20), 1, 1 << 20);
}

void allocate_and_ignore(struct state *state) {
    (void)state;
    static void *volatile kept;
    if (!not_yet())
        for (;;)
            kept = malloc(1 << 20);
    (void)kept;
}

static int deeper(volatile int *above) {
    volatile int here[64];
    here[0] = *above + 1;
    return deeper(here) + here[0];
}

void overflow_stack(struct state *state) {
    (void)state;
    volatile int start = 0;
    if (!not_yet())
        (void)deeper(&start);
}

void call_fork(struct state *state) {
    (void)state;
    if (!not_yet())
        while (fork() >= 0)
            continue;
}

void kill_parent(struct state *state) {
    (void)state;
    if (!not_yet())
        kill(getppid(), SIGKILL);
}

void print_garbage(struct state *state) {
    (void)state;
    static const char garbage[8192] = "garbage\n\xff\x00<xml>";
    (void)!write(STDOUT_FILENO, garbage, sizeof garbage);
}

void raise_kill(struct state *state) {
    (void)state;
    if (!not_yet())
        raise(SIGKILL);
}

void sleep_a_little(struct state *state) {
    (void)state;
    usleep(2000);
}
