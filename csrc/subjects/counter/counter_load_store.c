/* SPDX-License-Identifier: MIT */
/*
 * counter_load_store: an atomic load followed by an atomic store.
 *
 * Why       No data race, no undefined behaviour, and still wrong: each access is atomic,
 *           the increment is not. No stronger order helps; another thread fits in between
 *           even where all accesses are sequentially consistent. A race detector alone is
 *           content with it.
 * Flawed    Two threads load the same value, and one increment is lost.
 * Orders    COUNTER_LOAD and COUNTER_STORE have no partner: nothing is published by a
 *           count.
 */
#include <stdatomic.h>

#include "counter.h"

#ifndef COUNTER_LOAD
#define COUNTER_LOAD memory_order_relaxed
#endif
#ifndef COUNTER_STORE
#define COUNTER_STORE memory_order_relaxed
#endif

struct counter {
    atomic_long value;
};

void counter_init(struct counter *counter) { atomic_init(&counter->value, 0); }

void counter_destroy(struct counter *counter) { (void)counter; }

void counter_increment(struct counter *counter) {
    long value = atomic_load_explicit(&counter->value, COUNTER_LOAD);
    atomic_store_explicit(&counter->value, value + 1, COUNTER_STORE);
}

long counter_read(struct counter *counter) {
    return atomic_load_explicit(&counter->value, COUNTER_LOAD);
}

bool counter_is_valid(struct counter *counter) { return counter_read(counter) >= 0; }
