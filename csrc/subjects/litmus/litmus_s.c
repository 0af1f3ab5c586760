/* SPDX-License-Identifier: MIT */
/*
 * s: S.
 *
 * Asks      May a store be overtaken by one that came after it?
 *
 *           x = 2   ||   a = y
 *           y = 1   ||   x = 1
 *
 * Why       The second thread has seen y = 1, and yet its store to x comes before the one
 *           the first thread made before y. Forbidden once y is released and acquired;
 *           never seen on x86.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus, int *a);

void litmus_first(struct litmus *litmus) {
    STORE(x, 2);
    LITMUS_BETWEEN;
    STORE(y, 1);
}

void litmus_second(struct litmus *litmus, int *a) {
    *a = LOAD(y);
    LITMUS_BETWEEN;
    STORE(x, 1);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 2, 1, 0); }
