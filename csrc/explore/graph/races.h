/* SPDX-License-Identifier: MIT */
/*
 * races: accesses to the same bytes that nothing orders, and reads of bytes nobody has written.
 *
 * Why       Records of a cell are a linear extension of happens-before as long as there is no race, so
 *           a look back to the last ordered write of each byte is enough.
 */
#ifndef EXPLORE_RACES_H
#define EXPLORE_RACES_H

#include "graph/event.h"

/* The linked event that races with this one, which is not linked itself; NULL: none. */
const struct event *race_plain(const struct event *event);
const struct event *race_atomic(const struct graph *graph, const struct event *event);
/* The allocation from which bytes come that an atomic read gets, though nobody wrote them; else NULL. */
const struct event *race_fresh(const struct event *event);

/* Were all bytes of a plain read last touched by an allocation, or moved from where they were by realloc? That
   allocation; else NULL. */
const struct event *race_uninitialised(const struct graph *graph,
                                       const struct event *event);

#endif
