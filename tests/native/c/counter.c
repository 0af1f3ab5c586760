/* SPDX-License-Identifier: MIT */
/*
 * counter: a number to increment, the right way or a wrong one.
 *
 * COUNTER_PLAIN  load, then store: loses updates.
 * COUNTER_LIMIT  the invariant holds up to this value.
 */
#include <stdatomic.h>
#include <stdint.h>

#ifndef COUNTER_LIMIT
#define COUNTER_LIMIT 1000000
#endif

struct counter {
    _Atomic long value;
};

void counter_increment(struct counter *counter);
long counter_add(struct counter *counter, long amount);
long counter_read(struct counter *counter);
int counter_is_valid(struct counter *counter);

void counter_increment(struct counter *counter) { (void)counter_add(counter, 1); }

long counter_add(struct counter *counter, long amount) {
#ifdef COUNTER_PLAIN
    long value = atomic_load_explicit(&counter->value, memory_order_relaxed);
    atomic_store_explicit(&counter->value, value + amount, memory_order_relaxed);
    return value + amount;
#else
    return atomic_fetch_add(&counter->value, amount) + amount;
#endif
}

long counter_read(struct counter *counter) { return atomic_load(&counter->value); }

int counter_is_valid(struct counter *counter) {
    return atomic_load(&counter->value) <= COUNTER_LIMIT;
}
