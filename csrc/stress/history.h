/* SPDX-License-Identifier: MIT */
/*
 * history: from the stamps of a sample's calls to the little that a reader needs of them.
 *
 * Why       Stamps never repeat, so no two histories would be equal and a histogram of them
 *           would be a list. What decides whether a history is linearizable is only which
 *           call ended before which began; that repeats, and is small.
 * How       Go through all calls and returns in time. An epoch ends where a call follows a
 *           return. Call a came before call b exactly where return_epoch(a) <
 *           call_epoch(b): every interval order has such numbers (Fishburn, J. Math.
 *           Psych. 7, 1970), and these are the smallest.
 * Ties      A call and a return at the same tick overlap: the call counts as the earlier.
 */
#ifndef STRESS_HISTORY_H
#define STRESS_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define HISTORY_CALLS 64u /* most calls of all threads together */

struct history_event {
    uint64_t ticks;
    uint32_t place; /* 2 * call, + 1 for its return */
};

/* Sort `events` (calls * 2 of them) and write two epochs per call, its call and return. */
void history_epochs(struct history_event *events, uint32_t calls, int64_t *epochs);

#endif
