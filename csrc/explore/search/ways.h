/* SPDX-License-Identifier: MIT */
/*
 * ways: what a step may choose from: sources of a read, places of a write.
 *
 * Why       How many there are decides their shares of the tree before any of them is visited.
 */
#ifndef EXPLORE_WAYS_H
#define EXPLORE_WAYS_H

#include "execution/explorer.h"
#include "search/revisit.h"

/* The lowest source, and from which stamp on, for a thread that has declined the older ones. */
uint32_t way_newer_than(const struct thread *thread);

/* Revisits by a successful RMW whose source another one has taken: those that delete that one. */
struct revisits way_conflicts(struct explorer *explorer, const struct event *event);

/* Does nobody look below the way by which the graph has just grown: no probe, or another part? */
int way_is_passed_by(struct explorer *explorer, const struct event *way, double share);
/* A probe has come to an execution. */
void way_ends(struct explorer *explorer);

int way_may_fail_weakly(const struct explorer *explorer, const struct node *node);

/* Would nothing be visited? Only probes ask: a share that comes to nothing widens their spread. */
int way_is_vain(struct explorer *explorer, uint32_t thread, struct node *node,
                struct event *source, uint32_t newer);

/* Ways to read that get a share; the latest write is always one. */
uint32_t ways_of_read(struct explorer *explorer, uint32_t thread, struct node *node,
                      uint32_t floor, uint32_t newer);

/* The lowest place in mo that a write of the thread may take. */
uint32_t way_floor(const struct graph *graph, const struct event *write);

/* Places in mo, from `mo` on, where a write can go. */
uint32_t way_places(const struct location *location, uint32_t mo);

/* Is this one of the node's sources, and the event what reading it is, not what reading another is? */
int way_is_own(const struct explorer *explorer, const struct event *event,
               const struct event *source);

#endif
