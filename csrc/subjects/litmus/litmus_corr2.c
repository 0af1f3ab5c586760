/* SPDX-License-Identifier: MIT */
/*
 * corr2: coherence, read-read, twice.
 *
 * Asks      May two readers see the stores to one location in different orders?
 *
 *           x = 1   ||   x = 2   ||   a = x   ||   c = x
 *                   ||           ||   b = x   ||   d = x
 *
 * Why       Forbidden for all atomics, relaxed ones, too: the order of the stores to one
 *           location is the same for everybody.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus);
void litmus_third(struct litmus *litmus, int *a, int *b);
void litmus_fourth(struct litmus *litmus, int *a, int *b);

void litmus_first(struct litmus *litmus) { STORE(x, 1); }

void litmus_second(struct litmus *litmus) { STORE(x, 2); }

void litmus_third(struct litmus *litmus, int *a, int *b) {
    *a = LOAD(x);
    LITMUS_BETWEEN;
    *b = LOAD(x);
}

void litmus_fourth(struct litmus *litmus, int *a, int *b) {
    *a = LOAD(x);
    LITMUS_BETWEEN;
    *b = LOAD(x);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 2, 0, 0); }
