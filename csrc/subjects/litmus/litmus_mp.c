/* SPDX-License-Identifier: MIT */
/*
 * mp: message passing.
 *
 * Asks      May the flag be seen before the data?
 *
 *           x = 1   ||   a = y
 *           y = 1   ||   b = x
 *
 * Why       A reader that sees y = 1 and then x = 0 has seen the flag without the
 *           message. Forbidden once the store of y is a release and the load of y an
 *           acquire; never seen on x86.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus, int *a, int *b);

void litmus_first(struct litmus *litmus) {
    STORE(x, 1);
    LITMUS_BETWEEN;
    STORE(y, 1);
}

void litmus_second(struct litmus *litmus, int *a, int *b) {
    *a = LOAD(y);
    LITMUS_BETWEEN;
    *b = LOAD(x);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 1, 1, 0); }
