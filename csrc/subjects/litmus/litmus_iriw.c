/* SPDX-License-Identifier: MIT */
/*
 * iriw: independent reads of independent writes.
 *
 * Asks      May two readers disagree on which of two stores came first?
 *
 *           x = 1   ||   y = 1   ||   a = x   ||   c = y
 *                   ||           ||   b = y   ||   d = x
 *
 * Why       Acquire and release do not forbid it, sequential consistency does: there is
 *           then one order of all stores. Never seen on x86, whose stores reach everybody
 *           at once.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus);
void litmus_third(struct litmus *litmus, int *a, int *b);
void litmus_fourth(struct litmus *litmus, int *a, int *b);

void litmus_first(struct litmus *litmus) { STORE(x, 1); }

void litmus_second(struct litmus *litmus) { STORE(y, 1); }

void litmus_third(struct litmus *litmus, int *a, int *b) {
    *a = LOAD(x);
    LITMUS_BETWEEN;
    *b = LOAD(y);
}

void litmus_fourth(struct litmus *litmus, int *a, int *b) {
    *a = LOAD(y);
    LITMUS_BETWEEN;
    *b = LOAD(x);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 1, 1, 0); }
