/* SPDX-License-Identifier: MIT */
/*
 * wrc: write to read causality.
 *
 * Asks      May a third thread miss what the second one had seen?
 *
 *           x = 1   ||   a = x   ||   b = y
 *                   ||   y = 1   ||   c = x
 *
 * Why       The second thread saw x = 1 and said so in y; the third saw y = 1 and still
 *           reads x = 0. Release and acquire are transitive, so they forbid it.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus, int *a);
void litmus_third(struct litmus *litmus, int *a, int *b);

void litmus_first(struct litmus *litmus) { STORE(x, 1); }

void litmus_second(struct litmus *litmus, int *a) {
    *a = LOAD(x);
    LITMUS_BETWEEN;
    STORE(y, 1);
}

void litmus_third(struct litmus *litmus, int *a, int *b) {
    *a = LOAD(y);
    LITMUS_BETWEEN;
    *b = LOAD(x);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 1, 1, 0); }
