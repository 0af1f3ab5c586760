/* SPDX-License-Identifier: MIT */
/*
 * byte_parts: atomic accesses of several sizes over the same bytes, as accesses to parts of one location.
 *
 * Why       Natural sizes nest, so the widest one that is met is the location. Its mo orders all writes to
 *           any of its bytes, and at each place in it each byte is that of the last write to it. What
 *           a store to a part leaves alone it carries on from its predecessor. So such a store is taken
 *           as an update that reads nothing for its thread and synchronises with nobody.
 * Reads     A read gets its bytes as of one place in mo, and synchronises with those writes whose own
 *           bytes it reads. It is said to read from the last write up to there that shares a byte with
 *           it: other places would be the same execution.
 * Plain     A plain write to other bytes than an update's has no order with it. So a write and the plain
 *           ones directly behind it in mo are one place for updates, which go behind them all; and a
 *           plain write goes as far to the front as it may (base_position).
 */
#ifndef EXPLORE_BYTE_PARTS_H
#define EXPLORE_BYTE_PARTS_H

#include <string.h>

#include "graph/base_bytes.h"
#include "graph/node.h"

/* A bit for each byte of the location. */
static inline uint32_t part_whole(const struct location *location) {
    return (1u << location->size) - 1u;
}

/* The bytes that a write in mo writes itself, or that an access to the location names. */
uint32_t byte_parts_of(const struct event *event);

/* Does the read, not an update, get a byte from this write itself? */
static inline int part_meets(const struct node *node, const struct event *write) {
    return !node->location->mixed || (node->part & byte_parts_of(write)) != 0;
}

/* May this write be what the node's event has as its source, in mo directly before what it writes? */
static inline int part_is_source(const struct node *node, const struct event *write) {
    return !node->location->mixed || !(write->flags & EVENT_BASE) ||
           (node->part & byte_parts_of(write)) != 0;
}

/* The last write up to this one that a read of these bytes can be said to read. */
struct event *byte_parts_source(const struct node *node, struct event *write);

/* The last of the plain writes behind this place in mo; the place itself if there are none. */
static inline uint32_t part_top(const struct location *location, uint32_t mo) {
    while (mo + 1 < location->mo_count && (location->mo[mo + 1]->flags & EVENT_BASE))
        mo++;
    return mo;
}

/* The last place in mo that the node's event may have as its source. */
uint32_t byte_parts_last(const struct node *node);
static inline uint32_t part_last(const struct node *node) {
    return node->location->mixed ? byte_parts_last(node)
                                 : (uint32_t)node->location->mo_count - 1;
}

/* The write from which the bytes come that this one leaves alone; NULL: there are none. */
struct event *byte_parts_before(const struct event *write);

/* Is the event a store, whether to all of its location or to a part? */
static inline int part_is_store(const struct event *event) {
    return event->kind == ACTION_STORE ||
           (event->kind == ACTION_RMW && event->node->carries);
}

/* What the node's access gets of a value of the location. */
static inline void part_of_value(const struct node *node, const uint64_t whole[2],
                                 uint64_t value[2]) {
    if (node->size == node->location->size) {
        value[0] = whole[0];
        value[1] = whole[1];
        return;
    }
    value[0] = value[1] = 0;
    memcpy(value, (const unsigned char *)whole + node->shift, node->size);
}

/* The location's value with the node's part of it replaced. */
static inline void part_into_value(const struct node *node, const uint64_t value[2],
                                   uint64_t whole[2]) {
    if (node->size == node->location->size) {
        whole[0] = value[0];
        whole[1] = value[1];
        return;
    }
    memcpy((unsigned char *)whole + node->shift, value, node->size);
}

#endif
