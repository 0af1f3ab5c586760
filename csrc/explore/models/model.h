/* SPDX-License-Identifier: MIT */
/*
 * model: which graphs a memory model allows. docs/memory-model.md has the rules.
 *
 * Add one   A value of enum explore_model, its word in host/host_options.c, a function here that says
 *           whether a graph is consistent, litmus tests with every outcome of it, and the same
 *           axioms once more, by brute force, in tests/oracle.
 */
#ifndef EXPLORE_MODEL_H
#define EXPLORE_MODEL_H

#include "graph/event.h"

/* Is the graph with this event, just linked, still consistent? Coherence is known to hold. */
int model_allows(struct graph *graph, struct arena *scratch, struct event *event);

#endif
