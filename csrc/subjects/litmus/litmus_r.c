/* SPDX-License-Identifier: MIT */
/*
 * r: R.
 *
 * Asks      May a store that lost against a later one be missed as well?
 *
 *           x = 1   ||   y = 2
 *           y = 1   ||   a = x
 *
 * Why       y = 2 in the end and x read as 0: the second thread's store comes after the
 *           first's, its load before. Forbidden only by sequential consistency; x86 shows
 *           it, it is store buffering.
 */
#include "litmus.h"

void litmus_first(struct litmus *litmus);
void litmus_second(struct litmus *litmus, int *a);

void litmus_first(struct litmus *litmus) {
    STORE(x, 1);
    LITMUS_BETWEEN;
    STORE(y, 1);
}

void litmus_second(struct litmus *litmus, int *a) {
    STORE(y, 2);
    LITMUS_BETWEEN;
    *a = LOAD(x);
}

void litmus_read(struct litmus *litmus, int *x, int *y) { litmus_read_all(litmus, x, y); }

bool litmus_is_valid(struct litmus *litmus) { return litmus_in_range(litmus, 1, 2, 0); }
