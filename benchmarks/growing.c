/* SPDX-License-Identifier: MIT */
/*
 * growing: the same executions, however long the program: two threads make LENGTH private steps
 * each, then ROUNDS times store their own, and look at the other's.
 *
 *   STEPS=0  a relaxed store and a load of an atomic of the thread's own
 *   STEPS=1  a relaxed store and a seq_cst fence; the rounds are fenced, too
 *   STEPS=2  plain writes and reads
 *   STEPS=3  no private steps: LENGTH threads add once each to one counter
 */
#include <pthread.h>
#include <stdatomic.h>

enum { ROUNDS = 2, ACCESSES = 0, FENCES = 1, PLAIN = 2, THREADS = 3, MOST = 32 };

static atomic_int shared[2], own[2], sum;
static int plain[2], number[MOST];

static void private_step(int thread, int step) {
    if (STEPS == PLAIN) {
        plain[thread] += step;
        return;
    }
    atomic_store_explicit(&own[thread], step, memory_order_relaxed);
    if (STEPS == FENCES)
        atomic_thread_fence(memory_order_seq_cst);
    else
        (void)atomic_load_explicit(&own[thread], memory_order_relaxed);
}

static void *meet(void *argument) {
    int thread = *(int *)argument;

    for (int step = 0; step < LENGTH; step++)
        private_step(thread, step);
    for (int round = 1; round <= ROUNDS; round++) {
        atomic_store_explicit(&shared[thread], round, memory_order_relaxed);
        if (STEPS == FENCES)
            atomic_thread_fence(memory_order_seq_cst);
        (void)atomic_load_explicit(&shared[1 - thread], memory_order_relaxed);
    }
    return 0;
}

static void *add(void *unused) {
    atomic_fetch_add_explicit(&sum, 1, memory_order_relaxed);
    return unused;
}

int main(void) {
    pthread_t thread[MOST];
    int count = STEPS == THREADS ? LENGTH : 2;

    for (int i = 0; i < count; i++) {
        number[i] = i;
        pthread_create(&thread[i], 0, STEPS == THREADS ? add : meet, &number[i]);
    }
    for (int i = 0; i < count; i++)
        pthread_join(thread[i], 0);
    return 0;
}
