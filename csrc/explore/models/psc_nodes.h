/* SPDX-License-Identifier: MIT */
/*
 * psc_nodes: the events that RC11's condition on SC events has to look at.
 *
 * Why       The condition is quadratic in the events it looks at, and most events of a long program
 *           cannot lie on a cycle that is there only because of them.
 * Left out  Accesses of a location that one thread alone uses: whatever is scb before or after one of them
 *           is hb before or after it, and what leads there and on leads past it, too: [F_sc] ; hb in front
 *           of scb, hb ; [F_sc] behind it, and between two accesses sb_neq_loc ; hb ; sb_neq_loc.
 *           SC fences since another one looked at, if the thread did nothing in between that others can
 *           notice: what reaches such a fence reaches that one, and what it reaches that one reaches.
 * New one   If the event that was just added is left out, the graph is as consistent as before.
 */
#ifndef EXPLORE_PSC_NODES_H
#define EXPLORE_PSC_NODES_H

#include "graph/event.h"

struct psc_nodes {
    struct event *
        *event; /* atomic accesses and SC fences, each with its number in `visited` */
    struct event **sc; /* those that are SC */
    uint32_t *first;   /* of each thread, they come one behind the other; then `count` */
    uint32_t count, sc_count;
};

/* Takes the lists from `scratch`. Returns whether `added` is among them. */
int psc_nodes_find(struct psc_nodes *nodes, struct graph *graph, struct arena *scratch,
                   const struct event *added);

#endif
