/* SPDX-License-Identifier: MIT */
/*
 * waiting: which thread the search takes next, which sleep, and what wakes them.
 *
 * Why       A loop that came back to its read with nothing changed, or a guard that does not hold, is
 *           no step: the read stays as its thread's last event and is offered again to newer
 *           writes, those only.
 * Source    Kokologiannakis, Ren, Vafeiadis, Dynamic Partial Order Reductions for Spinloops, FMCAD 2021.
 */
#ifndef EXPLORE_WAITING_H
#define EXPLORE_WAITING_H

#include "execution/explorer.h"

/* The first thread that can go on; *node is what it does. -1: none, -2: go back. */
int waiting_next(struct explorer *explorer, struct node **node);

#endif
