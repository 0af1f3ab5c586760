/* SPDX-License-Identifier: MIT */
/*
 * latch: a waiter goes on when all workers are done.
 *
 * Orders    COUNT_DOWN (release; the chain of read-modify-writes keeps earlier ones' releases)
 *           pairs with WAIT (acquire).
 */
#include "start.h"

#ifndef COUNT_DOWN
#define COUNT_DOWN memory_order_release
#endif
#ifndef WAIT
#define WAIT memory_order_acquire
#endif

enum { WORKERS = 2 };

static atomic_int left = WORKERS;
static int results[WORKERS];

static void *work(void *number) {
    results[number_of(number)] = 1;
    atomic_fetch_sub_explicit(&left, 1, COUNT_DOWN);
    return number;
}

static void *collect(void *number) {
    while (atomic_load_explicit(&left, WAIT) != 0)
        ;
    assert(results[0] + results[1] == WORKERS);
    return number;
}

int main(void) {
    thread_function *const functions[] = {work, work, collect};
    run_threads(3, functions);
    return 0;
}
