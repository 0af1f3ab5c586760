/* SPDX-License-Identifier: MIT */
/*
 * counter_plain: `value++` on an ordinary or a volatile variable.
 *
 * Why       What everybody writes first. Two increments at the same time are a data race,
 *           and in machine code a load, an addition and a store: both may load the same
 *           value, and one increment is lost. On x86 even `add $1, (mem)` is two accesses
 *           without `lock`.
 * Flawed    Both. COUNTER_QUALIFIER=volatile makes the compiler keep each access, which
 *           is about device registers; it makes the increment neither atomic nor ordered.
 * Orders    None: that is the flaw.
 */
#include "counter.h"

#ifndef COUNTER_QUALIFIER
#define COUNTER_QUALIFIER
#endif

struct counter {
    COUNTER_QUALIFIER long value;
};

void counter_init(struct counter *counter) { counter->value = 0; }

void counter_destroy(struct counter *counter) { (void)counter; }

void counter_increment(struct counter *counter) { counter->value++; }

long counter_read(struct counter *counter) { return counter->value; }

bool counter_is_valid(struct counter *counter) { return counter->value >= 0; }
