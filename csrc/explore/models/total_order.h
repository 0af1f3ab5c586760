/* SPDX-License-Identifier: MIT */
/*
 * total_order: sc and x86-TSO, as one acyclic relation over events.
 *
 * sc        acyclic(po U rf U mo U fr), Shasha and Snir, TOPLAS 1988.
 * tso       acyclic(ppo U fence U rfe U mo U fr), Alglave, Maranget, Tautschnig, TOPLAS 2014; ppo is po
 *           without store -> load. As compilers map C11 to x86: a seq_cst store is followed by a
 *           full fence, RMWs and compare-exchanges are full fences, loads and other fences nothing.
 *           Creating and joining threads are full fences.
 * rc11      Where every access is seq_cst, psc is acyclic exactly if this relation is that of sc: rf is in hb
 *           then, so scb contains sb, rf, mo and rb, and all of psc lies in their closure.
 * How       The new event is the only one that can lie on a cycle: walk from it, look for it.
 */
#ifndef EXPLORE_TOTAL_ORDER_H
#define EXPLORE_TOTAL_ORDER_H

#include "graph/event.h"

int total_order_allows(struct graph *graph, struct arena *scratch, struct event *event);

#endif
