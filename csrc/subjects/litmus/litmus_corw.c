/* SPDX-License-Identifier: MIT */
/*
 * corw: coherence, read-write.
 *
 * Asks      May a store come before one that its thread had already read?
 *
 *           a = x   ||   x = 2
 *           x = 1   ||
 *
 * Why       Forbidden for all atomics, relaxed ones, too: who has read the 2 stores after
 *           it, so the 2 is not what is left.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus, int *a);
void litmus_second(struct litmus *litmus);

void litmus_first(struct litmus *litmus, int *a) {
    *a = LOAD(x);
    LITMUS_BETWEEN;
    STORE(x, 1);
}

void litmus_second(struct litmus *litmus) { STORE(x, 2); }

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 2, 0, 0); }
