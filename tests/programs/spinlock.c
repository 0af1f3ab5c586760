/* SPDX-License-Identifier: MIT */
/*
 * spinlock: a compare-exchange lock around a plain counter.
 *
 * Orders    UNLOCK (release) pairs with LOCK (acquire): one holder's writes are seen by the next.
 */
#include "start.h"

#ifndef LOCK
#define LOCK memory_order_acquire
#endif
#ifndef UNLOCK
#define UNLOCK memory_order_release
#endif

static atomic_int locked;
static int counter;

static void *add_one(void *number) {
    int expected;
    do
        expected = 0;
    while (!atomic_compare_exchange_weak_explicit(&locked, &expected, 1, LOCK, memory_order_relaxed));
    counter++;
    atomic_store_explicit(&locked, 0, UNLOCK);
    return number;
}

int main(void) {
    run_same(3, add_one);
    assert(counter == 3);
    return 0;
}
