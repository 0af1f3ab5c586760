/* SPDX-License-Identifier: MIT */
/*
 * 2+2W: two threads, two stores each.
 *
 * Asks      May each thread's first store be the last one to its location?
 *
 *           x = 1   ||   y = 1
 *           y = 2   ||   x = 2
 *
 * Why       x = 1 and y = 1 in the end need a cycle of program order and modification
 *           order, which only sequential consistency forbids. Never seen on x86, which
 *           keeps stores in order.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus);

void litmus_first(struct litmus *litmus) {
    STORE(x, 1);
    LITMUS_BETWEEN;
    STORE(y, 2);
}

void litmus_second(struct litmus *litmus) {
    STORE(y, 1);
    LITMUS_BETWEEN;
    STORE(x, 2);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 2, 2, 0); }
