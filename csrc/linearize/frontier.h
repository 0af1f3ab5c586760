/* SPDX-License-Identifier: MIT */
/*
 * frontier: which calls may come next, given those already placed.
 *
 * Why       Real time (a call that returned before another began comes first) and explicit
 *           predecessors (sequential consistency, executions of a memory model) differ only here.
 * How       Real time: calls and returns as one list in time, placed calls taken out of it; next may
 *           be what begins before the first return in the list (Lowe 2017). Predecessors: a count
 *           of unplaced ones a call, and a list of the calls whose count is zero.
 * Cost      Placing and taking back: constant, or the number of successors.
 */
#ifndef LINEARIZE_FRONTIER_H
#define LINEARIZE_FRONTIER_H

#include "heald/linearize.h"

struct frontier {
    uint32_t count;
    /* Both kinds are doubly linked lists over nodes; node `nodes` is the head and the end. */
    uint32_t nodes;
    uint32_t *next, *previous;
    /* Real time: call i is node 2i where it begins, 2i + 1 where it returns. */
    int timed;
    /* Predecessors: call i is node i; missing[i] of its predecessors are not placed. */
    uint32_t *missing;
    uint32_t *successor, *first_successor;
};

int frontier_open(struct frontier *frontier, const struct linear_options *options,
                  const struct linear_call *calls, uint32_t count);
void frontier_close(struct frontier *frontier);

/* Writes the calls that may come next, at most `count` of them. */
uint32_t frontier_candidates(const struct frontier *frontier, uint32_t *candidates);

/* The call that blocks: the first to return, or any; UINT32_MAX where none is left. */
uint32_t frontier_blocker(const struct frontier *frontier);

void frontier_place(struct frontier *frontier, uint32_t call);
void frontier_take_back(struct frontier *frontier, uint32_t call); /* in reverse order */

#endif
