/* SPDX-License-Identifier: MIT */
/*
 * carried: an order of writes to parts of one object that the search cannot build.
 *
 * Why       A write to a part carries the other bytes on from its predecessor in mo, and the search takes
 *           that for a read: nothing that depends on the write can be its predecessor. In truth
 *           nothing is read. A thread that has seen what came after the write, but by relaxed accesses
 *           alone, may write to another part, and its write may be the earlier one of the two.
 *           No execution may be missing in silence: where that can be, the program is refused.
 * Not there Under sc and tso, and where all accesses are seq_cst: such orders are inconsistent.
 */
#ifndef EXPLORE_CARRIED_H
#define EXPLORE_CARRIED_H

#include "execution/explorer.h"

/* The thread is about to write; nonzero: reported, and the graph cannot grow. */
int carried_refuses_part(struct explorer *explorer, const struct event *write);
static inline int carried_refuses(struct explorer *explorer, const struct event *write) {
    return write->location->mixed && carried_refuses_part(explorer, write);
}

#endif
