/* SPDX-License-Identifier: MIT */
/*
 * urgency: which of the calls that may come next is tried first.
 *
 * How       Takes before puts, a put whose value is taken soonest (queue) or latest (stack) first.
 *           Elsewhere what returns first.
 * Always    This decides speed, never the answer.
 */
#ifndef LINEARIZE_URGENCY_H
#define LINEARIZE_URGENCY_H

#include "heald/linearize.h"

/* Writes the urgency of each call, the least first; 0: no memory. `kind` is a model. Returns
   decide, but a put into a queue or stack is as urgent as its value's take makes it. */
int urgency_set(uint64_t *urgency, const struct linear_call *calls, uint32_t count,
                uint32_t kind);

/* Brings candidates, calls by number, into the order in which they are tried. */
void urgency_sort(const uint64_t *urgency, uint32_t *candidates, uint32_t count);

#endif
