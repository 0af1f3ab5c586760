/* SPDX-License-Identifier: MIT */
/* linear: all linked events in an order that respects po and rf, with few switches of thread. */
#ifndef EXPLORE_LINEAR_H
#define EXPLORE_LINEAR_H

#include "explorer.h"

/* Fills `order` (room for graph.count) and returns the number of events. */
size_t linear_order(struct graph *graph, struct arena *scratch, struct event **order);

#endif
