/* SPDX-License-Identifier: MIT */
/*
 * corr: coherence, read-read.
 *
 * Asks      May two loads of one location see its stores in the wrong order?
 *
 *           x = 1   ||   a = x
 *                   ||   b = x
 *
 * Why       Forbidden for all atomics, relaxed ones, too: the stores to one location have
 *           one order, and nobody goes back in it.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus, int *a, int *b);

void litmus_first(struct litmus *litmus) { STORE(x, 1); }

void litmus_second(struct litmus *litmus, int *a, int *b) {
    *a = LOAD(x);
    LITMUS_BETWEEN;
    *b = LOAD(x);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 1, 0, 0); }
