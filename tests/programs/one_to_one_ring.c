/* SPDX-License-Identifier: MIT */
/*
 * one_to_one_ring: bounded queue for one producer and one consumer, two slots, three items.
 *
 * Orders    PUBLISH (release) pairs with OBSERVE (acquire): written before seen.
 *           RECYCLE (release) pairs with REUSE (acquire): read before overwritten.
 */
#include "start.h"

#ifndef PUBLISH
#define PUBLISH memory_order_release
#endif
#ifndef OBSERVE
#define OBSERVE memory_order_acquire
#endif
#ifndef RECYCLE
#define RECYCLE memory_order_release
#endif
#ifndef REUSE
#define REUSE memory_order_acquire
#endif

enum { SLOTS = 2, ITEMS = 3 };

static int slots[SLOTS];
static atomic_int written, consumed;

static void *produce(void *number) {
    for (int i = 0; i < ITEMS; i++) {
        while (i - atomic_load_explicit(&consumed, REUSE) == SLOTS)
            ;
        slots[i % SLOTS] = i + 1;
        atomic_store_explicit(&written, i + 1, PUBLISH);
    }
    return number;
}

static void *consume(void *number) {
    for (int i = 0; i < ITEMS; i++) {
        while (atomic_load_explicit(&written, OBSERVE) == i)
            ;
        assert(slots[i % SLOTS] == i + 1);
        atomic_store_explicit(&consumed, i + 1, RECYCLE);
    }
    return number;
}

int main(void) {
    thread_function *const functions[] = {produce, consume};
    run_threads(2, functions);
    return 0;
}
