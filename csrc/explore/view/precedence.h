/* SPDX-License-Identifier: MIT */
/*
 * precedence: which of a graph's events must be shown before which.
 *
 * Why       An execution graph is no sequence, but people read sequences. Any order that respects
 *           po and rf is a run; one that also respects mo and fr shows every write in its turn and
 *           no read of a value that has been replaced, which is what a reader takes for granted.
 * Rule      po, rf and creation always hold. An mo edge is given up only if it lies on a cycle of
 *           those and mo, an fr edge only if it lies on a cycle of what is left and fr. So a read
 *           is shown as stale only where the execution is not sequentially consistent, and there
 *           only among the events that make it so.
 * Kept      Events of thread t from kept[t] on are left out; what is kept must be closed under po
 *           and rf. mo and fr skip what is left out.
 */
#ifndef EXPLORE_PRECEDENCE_H
#define EXPLORE_PRECEDENCE_H

#include "execution/explorer.h"

struct precedence {
    size_t threads;
    size_t count;           /* events */
    const uint32_t *kept;   /* per thread */
    uint32_t *first;        /* threads + 1: number of the thread's first event */
    struct event **events;  /* by number: threads one after another, each in po */
    uint32_t *before_start; /* count + 1: where an event's list in `before` starts */
    uint32_t *before; /* numbers of events of other threads that must come earlier */
};

/* Everything in it lives in `scratch`. */
struct precedence precedence_of(const struct graph *graph, const uint32_t *kept,
                                struct arena *scratch);

static inline uint32_t precedence_number(const struct precedence *precedence,
                                         uint32_t thread, uint32_t index) {
    return precedence->first[thread] + index;
}

#endif
