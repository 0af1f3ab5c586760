/* SPDX-License-Identifier: MIT */
/*
 * linear: events in an order that a person can follow: the fewest switches between threads.
 *
 * Why       The search adds events in an order of its own. A trace should switch threads seldom.
 * How       Of the orders that precedence.h allows, one with the fewest switches is found by A*. A
 *           state is how far each thread has come; a move runs one thread as far as it can go,
 *           which is never worse than stopping earlier: its events only let others go on. Bounds:
 *           every thread with events left runs once more; along a path of constraints it runs as
 *           often as the path changes threads.
 * Limits    After `most_states` states the order is found greedily (who can go on longest), and
 *           `at_least` says how many switches any order has.
 */
#ifndef EXPLORE_LINEAR_H
#define EXPLORE_LINEAR_H

#include "execution/explorer.h"

enum { LINEAR_STATES = 50000, LINEAR_GREEDY = 0 };

struct linear {
    struct event **order;
    size_t count;
    uint32_t switches;
    uint32_t at_least; /* equal to `switches` where that is proven to be the minimum */
};

/* The first kept[t] events of each thread t (closed under po and rf), in `scratch`. Afterwards
   event.visited is the position in the order, from 1, of those, and 0 of all others. */
struct linear linear_order(struct graph *graph, const uint32_t *kept, size_t most_states,
                           struct arena *scratch);

/* kept, for all events. */
const uint32_t *linear_all(const struct graph *graph, struct arena *scratch);

#endif
