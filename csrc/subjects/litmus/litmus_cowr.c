/* SPDX-License-Identifier: MIT */
/*
 * cowr: coherence, write-read.
 *
 * Asks      May a thread read a store that came before its own?
 *
 *           x = 1   ||   x = 2
 *           a = x   ||
 *
 * Why       Forbidden for all atomics, relaxed ones, too: who has read the 2 after
 *           storing the 1 cannot find the 1 in the end.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus, int *a);
void litmus_second(struct litmus *litmus);

void litmus_first(struct litmus *litmus, int *a) {
    STORE(x, 1);
    LITMUS_BETWEEN;
    *a = LOAD(x);
}

void litmus_second(struct litmus *litmus) { STORE(x, 2); }

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 2, 0, 0); }
