/* SPDX-License-Identifier: MIT */
/*
 * lb: load buffering.
 *
 * Asks      May both threads read what the other writes afterwards?
 *
 *           a = x   ||   b = y
 *           y = 1   ||   x = 1
 *
 * Why       RC11 forbids it for all orders (no cycle in program order and reads-from), so
 *           that no value comes out of thin air; the price is that an ARM compiler must
 *           keep the order. C11 as printed allows it for relaxed accesses.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus, int *a);
void litmus_second(struct litmus *litmus, int *a);

void litmus_first(struct litmus *litmus, int *a) {
    *a = LOAD(x);
    LITMUS_BETWEEN;
    STORE(y, 1);
}

void litmus_second(struct litmus *litmus, int *a) {
    *a = LOAD(y);
    LITMUS_BETWEEN;
    STORE(x, 1);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 1, 1, 0); }
