/* SPDX-License-Identifier: MIT */
/* one_counter: the smallest subject there is, for measuring the runner and nothing else. */
#include <stdatomic.h>

struct one_counter {
    _Atomic long value;
};

void one_counter_increment(struct one_counter *counter);
long one_counter_read(struct one_counter *counter);

void one_counter_increment(struct one_counter *counter) {
#ifdef ONE_COUNTER_PLAIN
    long value = atomic_load_explicit(&counter->value, memory_order_relaxed);
    atomic_store_explicit(&counter->value, value + 1, memory_order_relaxed);
#else
    atomic_fetch_add_explicit(&counter->value, 1, memory_order_relaxed);
#endif
}

long one_counter_read(struct one_counter *counter) {
    return atomic_load_explicit(&counter->value, memory_order_relaxed);
}
