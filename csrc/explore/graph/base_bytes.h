/* SPDX-License-Identifier: MIT */
/* base_bytes: which bytes an entry in mo stands for, of a plain write or an allocation: bases.h. */
#ifndef EXPLORE_BASE_BYTES_H
#define EXPLORE_BASE_BYTES_H

#include "graph/node.h"

/* What an EVENT_BASE stands for; bytes NULL: not known. */
struct base_bytes {
    uintptr_t address;
    size_t length;
    const unsigned char *bytes;
};

static inline struct base_bytes base_bytes(const struct event *base) {
    const struct node *node = base->rf->node;
    return (struct base_bytes){node->action.address, node->action.length, node->bytes};
}

/* Does it write all bytes of its location, and is no atomic one? */
static inline int base_is_whole(const struct event *write) {
    if (!(write->flags & EVENT_BASE))
        return 0;
    struct base_bytes bytes = base_bytes(write);
    const struct location *location = write->location;
    return bytes.address <= location->address &&
           bytes.address + bytes.length >= location->address + location->size;
}

#endif
