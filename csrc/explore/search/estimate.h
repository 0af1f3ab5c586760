/* SPDX-License-Identifier: MIT */
/*
 * estimate: how many executions an exhaustive search will visit, before it has.
 *
 * How       The search gives every way an equal share of what its point has, so leaves have shares that
 *           add up to 1. A probe goes down to the one leaf in whose share a random number lies, and
 *           1 / share of that leaf is, on average over probes, the number of leaves.
 * Worth     Without bias, but with a wide spread where subtrees differ much in size: the mean of the
 *           probes of a big program is mostly below the truth, and rarely far above it.
 * Beside    Probes are made by an explorer of their own, in the middle of a search that turns out to be
 *           long, or at the end of one that was cut off: a short search pays nothing.
 * Source    Knuth, Estimating the Efficiency of Backtrack Programs, Mathematics of Computation 29, 1975.
 */
#ifndef EXPLORE_ESTIMATE_H
#define EXPLORE_ESTIMATE_H

#include "execution/explorer.h"

/* Sets explorer->estimate; the program is anywhere afterwards. */
void estimate_executions(struct explorer *explorer);
/* Sets result->tree: whoever shares a search must come to the same. */
void estimate_tree(struct explorer *explorer);

#endif
