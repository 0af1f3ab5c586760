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

/* What a thread does that was the first to go on before its last step, if it still is; NULL: ask all. */
struct node *waiting_first_again(struct explorer *explorer);
int waiting_any(struct explorer *explorer, struct node **node);

/* Judges a read that is linked. One that waits is no step; but if it is a failure that it may be made, that
   is reported. */
int waiting_stays_sound(struct explorer *explorer, struct event *event);
/* Has the event been made of a read with which a round is in vain? It is linked to be judged. */
int waiting_is_vain(struct explorer *explorer, struct event *event);

/* The first thread that can go on; *node is what it does. -1: none, -2: go back. */
static inline int waiting_next(struct explorer *explorer, struct node **node) {
    if (explorer->first && !explorer->attention &&
        (*node = waiting_first_again(explorer)))
        return (int)explorer->first - 1;
    return waiting_any(explorer, node);
}

#endif
