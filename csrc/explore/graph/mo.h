/* SPDX-License-Identifier: MIT */
/* mo: the modification order of one location; mo[0] is its initial value. */
#ifndef EXPLORE_MO_H
#define EXPLORE_MO_H

#include "graph/node.h"

void mo_insert(struct graph *graph, struct location *location, struct event *event,
               uint32_t position);
void mo_remove(struct location *location, const struct event *event);

/* First position in mo that a read or (minus one) a write of the thread may still see. */
uint32_t mo_floor(const struct location *location, uint32_t thread,
                  const struct clock *hb);

/* The same for what a node reads: of a location in parts only accesses to the same bytes count. */
uint32_t mo_part_floor(const struct node *node, uint32_t thread, const struct clock *hb);
static inline uint32_t mo_read_floor(const struct node *node, uint32_t thread,
                                     const struct clock *hb) {
    return node->location->mixed ? mo_part_floor(node, thread, hb)
                                 : mo_floor(node->location, thread, hb);
}

/* The same for the source of a node that writes, too. */
uint32_t mo_update_floor(const struct node *node, uint32_t thread,
                         const struct clock *hb);

/* The one by which mo_is_taken. */
static inline const struct event *mo_taker(const struct location *location, uint32_t mo) {
    while (location->mo[mo + 1]->flags & EVENT_BASE)
        mo++;
    return location->mo[mo + 1];
}

/* Is the write in mo directly followed by an RMW that reads it? Plain writes to other bytes may stand
   between them. */
static inline int mo_is_taken(const struct location *location, uint32_t mo) {
    if (location->mixed)
        while (mo + 1 < location->mo_count && (location->mo[mo + 1]->flags & EVENT_BASE))
            mo++;
    return mo + 1 < location->mo_count && (location->mo[mo + 1]->flags & EVENT_READS);
}

#endif
