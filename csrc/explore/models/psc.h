/* SPDX-License-Identifier: MIT */
/*
 * psc: RC11's condition on SC events: psc_base U psc_F is acyclic.
 *
 *   scb       = sb U sb_neq_loc ; hb ; sb_neq_loc U hb_loc U mo U rb
 *   psc_base  = ([SC] U [F_sc] ; hb?) ; scb ; ([SC] U hb? ; [F_sc])
 *   psc_F     = [F_sc] ; (hb U hb ; eco ; hb) ; [F_sc]
 *
 * Source    Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017, section 3.
 * How       Events that matter (psc_nodes.h) get numbers, relations are rows of bits. Asked only where at least two SC events
 *           exist and an event was added that is not the latest in everything.
 * Threads   A thread's start counts as an event without location, before its first.
 */
#ifndef EXPLORE_PSC_H
#define EXPLORE_PSC_H

#include "graph/event.h"

/* Is the graph with this event, just linked, still consistent? Without it it was. */
int psc_allows(struct graph *graph, struct arena *scratch, const struct event *added);

#endif
