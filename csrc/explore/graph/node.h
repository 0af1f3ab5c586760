/* SPDX-License-Identifier: MIT */
/* node: what a remembered action says of itself, and what follows it. */
#ifndef EXPLORE_NODE_H
#define EXPLORE_NODE_H

#include "graph/behaviour.h"

/* Can this action be taken now? Not its value: only whether it must wait for another thread. */
int node_enabled(const struct graph *graph, const struct node *node);
/* A step that no other thread takes part in. */
int node_is_private(const struct node *node);
/* What the thread does after this reply and after private steps; NULL: not known. */
const struct node *node_after(const struct node *node, const uint64_t *value,
                              uint8_t succeeded);
/* Does the thread come back to this read if it gets the value? Not known counts as no. */
int node_loops_on(const struct node *node, const uint64_t *value, uint8_t succeeded);
int node_guard_holds(const struct node *node, const uint64_t *value);

#endif
