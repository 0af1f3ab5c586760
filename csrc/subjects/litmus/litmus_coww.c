/* SPDX-License-Identifier: MIT */
/*
 * coww: coherence, write-write.
 *
 * Asks      May the first of two stores by one thread be the last?
 *
 *           x = 1   ||   a = x
 *           x = 2   ||   b = x
 *
 * Why       Forbidden for all atomics, relaxed ones, too: program order is kept between
 *           stores to one location.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus, int *a, int *b);

void litmus_first(struct litmus *litmus) {
    STORE(x, 1);
    LITMUS_BETWEEN;
    STORE(x, 2);
}

void litmus_second(struct litmus *litmus, int *a, int *b) {
    *a = LOAD(x);
    LITMUS_BETWEEN;
    *b = LOAD(x);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 2, 0, 0); }
