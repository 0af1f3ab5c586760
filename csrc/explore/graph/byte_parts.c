/* SPDX-License-Identifier: MIT */
/* byte_parts: see byte_parts.h. */
#include "graph/byte_parts.h"

uint32_t byte_parts_of(const struct event *event) {
    const struct location *location = event->location;
    if (event == &location->initial)
        return part_whole(location);
    if (!(event->flags & EVENT_BASE))
        return event->node->part;
    struct base_bytes bytes = base_bytes(event);
    uint32_t part = 0;
    for (uint32_t i = 0; i < location->size; i++) {
        uintptr_t at = location->address + i;
        if (at >= bytes.address && at - bytes.address < bytes.length)
            part |= 1u << i;
    }
    return part;
}

struct event *byte_parts_source(const struct node *node, struct event *write) {
    while (!part_meets(node, write))
        write = node->location->mo[write->mo - 1];
    return write;
}

uint32_t byte_parts_last(const struct node *node) {
    const struct location *location = node->location;
    uint32_t last = (uint32_t)location->mo_count - 1;
    if (node->kind == ACTION_LOAD)
        return byte_parts_source(node, location->mo[last])->mo;
    while (!part_is_source(node, location->mo[last]))
        last--;
    return last;
}

struct event *byte_parts_before(const struct event *write) {
    const struct location *location = write->location;
    if (byte_parts_of(write) == part_whole(location))
        return NULL;
    return location->mo[write->mo - 1];
}
