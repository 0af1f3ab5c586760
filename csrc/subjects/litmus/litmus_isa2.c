/* SPDX-License-Identifier: MIT */
/*
 * isa2: ISA2.
 *
 * Asks      Does message passing work over two hops?
 *
 *           x = 1   ||   a = y   ||   b = z
 *           y = 1   ||   z = 1   ||   c = x
 *
 * Why       Message passing with a messenger between. Release and acquire are transitive
 *           and forbid the third thread to read x = 0 after z = 1.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus, int *a);
void litmus_third(struct litmus *litmus, int *a, int *b);

void litmus_first(struct litmus *litmus) {
    STORE(x, 1);
    LITMUS_BETWEEN;
    STORE(y, 1);
}

void litmus_second(struct litmus *litmus, int *a) {
    *a = LOAD(y);
    LITMUS_BETWEEN;
    STORE(z, 1);
}

void litmus_third(struct litmus *litmus, int *a, int *b) {
    *a = LOAD(z);
    LITMUS_BETWEEN;
    *b = LOAD(x);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 1, 1, 1); }
