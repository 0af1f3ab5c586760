/* SPDX-License-Identifier: MIT */
/*
 * counter_fetch_add: one atomic read-modify-write.
 *
 * Why       The right way to count. A read-modify-write reads the value just before its
 *           own in modification order, whatever its memory order, so no increment is lost
 *           even when relaxed; a stronger order only orders *other* memory around the
 *           count.
 * Progress  Wait-free where the machine has the instruction, as x86 and ARMv8.1 do.
 * Orders    COUNTER_ADD and COUNTER_READ have no partner: nothing is published by a
 *           count.
 */
#include <stdatomic.h>

#include "counter.h"

#ifndef COUNTER_ADD
#define COUNTER_ADD memory_order_relaxed
#endif
#ifndef COUNTER_READ
#define COUNTER_READ memory_order_relaxed
#endif

struct counter {
    atomic_long value;
};

void counter_init(struct counter *counter) { atomic_init(&counter->value, 0); }

void counter_destroy(struct counter *counter) { (void)counter; }

void counter_increment(struct counter *counter) {
    atomic_fetch_add_explicit(&counter->value, 1, COUNTER_ADD);
}

long counter_read(struct counter *counter) {
    return atomic_load_explicit(&counter->value, COUNTER_READ);
}

bool counter_is_valid(struct counter *counter) { return counter_read(counter) >= 0; }
