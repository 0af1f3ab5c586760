/* SPDX-License-Identifier: MIT */
/*
 * symmetry: of executions that differ only in which of two identical threads did what, one.
 *
 * Twins     Two threads that the same thread created one right after the other, with the same start
 *           routine and the same argument. N of them are a row; swapping two gives N! graphs for one.
 * One       Two twins are compared at the first place where they differ: by the place in mo of what they
 *           read or wrote there. Kept are the graphs in which no twin comes before its elder; of
 *           each class there is exactly one.
 * Search    The elder goes first, always. So that no revisit leaves the younger ahead, what the elder
 *           did up to the first difference belongs to what a revisit by the younger leaves in
 *           place (event.stays). With that, graphs in order are closed under taking away what
 *           nothing depends on, and adding at the mo-end keeps them in order: all that TruSt asks for.
 * Rule      Twins that can tell themselves apart are none. Where it shows, the search says so.
 * Source    Kokologiannakis, Marmanis, Vafeiadis, SPORE: Combining Symmetry and Partial Order
 *           Reduction, PLDI 2024.
 */
#ifndef EXPLORE_SYMMETRY_H
#define EXPLORE_SYMMETRY_H

#include "graph/event.h"

/* A SPAWN is linked, or no longer: who is whose twin. */
void symmetry_born(struct graph *graph, const struct event *spawn);
void symmetry_unborn(struct graph *graph, const struct event *spawn);

/* The thread, or the twin that must make its next step before it may make that step. */
uint32_t symmetry_first(const struct graph *graph, uint32_t thread);

/* Sets what a revisit by the event leaves in place, beside its prefix. */
void symmetry_clock(struct graph *graph, struct event *event);

/* Is the linked event in order with its twins'? */
int symmetry_allows(const struct graph *graph, const struct event *event);

/* Why the event shows that its thread and its elder are no twins, and by which event of the elder;
   NULL: it does not. The event need not be linked. */
struct symmetry_doubt {
    const char *message;
    const struct event *other;
};
struct symmetry_doubt symmetry_doubt(const struct graph *graph,
                                     const struct event *event);

#endif
