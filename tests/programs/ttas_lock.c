/* SPDX-License-Identifier: MIT */
/*
 * ttas_lock: look before you lock (test and test-and-set).
 *
 * Orders    UNLOCK (release) pairs with TAKE (acquire); the look may be relaxed.
 * Bug       -DLOOK_IS_ENOUGH takes the lock with a store after the look: two may have looked.
 */
#include "start.h"

#ifndef N /* threads */
#define N 2
#endif
#ifndef TAKE
#define TAKE memory_order_acquire
#endif
#ifndef UNLOCK
#define UNLOCK memory_order_release
#endif

static atomic_int locked;
static int counter;

static int take(void) {
#ifdef LOOK_IS_ENOUGH
    atomic_store_explicit(&locked, 1, memory_order_seq_cst);
    return 0;
#else
    return atomic_exchange_explicit(&locked, 1, TAKE);
#endif
}

static void *add_one(void *number) {
    do
        while (atomic_load_explicit(&locked, memory_order_relaxed))
            ;
    while (take());
    counter++;
    atomic_store_explicit(&locked, 0, UNLOCK);
    return number;
}

int main(void) {
    run_same(N, add_one);
    assert(counter == N);
    return 0;
}
