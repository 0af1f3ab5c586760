/* SPDX-License-Identifier: MIT */
/*
 * sb: store buffering.
 *
 * Asks      May both threads miss the other's store?
 *
 *           x = 1   ||   y = 1
 *           a = y   ||   b = x
 *
 * Why       Both loads may return 0 unless everything is sequentially consistent or a
 *           full fence stands between: a store waits in the processor's buffer while the
 *           load goes ahead. The one weak outcome that x86 shows, and what Dekker,
 *           Peterson and hazard pointers fail by.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus, int *a);
void litmus_second(struct litmus *litmus, int *a);

void litmus_first(struct litmus *litmus, int *a) {
    STORE(x, 1);
    LITMUS_BETWEEN;
    *a = LOAD(y);
}

void litmus_second(struct litmus *litmus, int *a) {
    STORE(y, 1);
    LITMUS_BETWEEN;
    *a = LOAD(x);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 1, 1, 0); }
