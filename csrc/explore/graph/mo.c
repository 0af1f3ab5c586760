/* SPDX-License-Identifier: MIT */
/* mo: see mo.h. */
#include "graph/mo.h"
#include "graph/array.h"
#include "graph/byte_parts.h"

void mo_insert(struct graph *graph, struct location *location, struct event *event,
               uint32_t position) {
    location->mo = array_grown(graph->panic, location->mo, &location->mo_capacity,
                               location->mo_count + 1, sizeof(struct event *));
    for (size_t i = location->mo_count++; i > position; i--) {
        location->mo[i] = location->mo[i - 1];
        location->mo[i]->mo = (uint32_t)i;
    }
    location->mo[position] = event;
    event->mo = position;
}

void mo_remove(struct location *location, const struct event *event) {
    location->mo_count--;
    for (size_t i = event->mo; i < location->mo_count; i++) {
        location->mo[i] = location->mo[i + 1];
        location->mo[i]->mo = (uint32_t)i;
    }
}

uint32_t mo_floor(const struct location *location, uint32_t thread,
                  const struct clock *hb) {
    uint32_t position = (uint32_t)location->mo_count;
    while (--position > 0) {
        const struct event *write = location->mo[position];
        if (clock_knows(hb, thread, write))
            break;
        const struct event *reader = write->readers;
        while (reader &&
               ((reader->flags & EVENT_WAITING) || !clock_knows(hb, thread, reader)))
            reader = reader->next_reader;
        if (reader)
            break;
    }
    return position;
}

uint32_t mo_update_floor(const struct node *node, uint32_t thread,
                         const struct clock *hb) {
    const struct location *location = node->location;
    uint32_t floor = mo_floor(location, thread, hb);
    while (!part_is_source(node, location->mo[floor]))
        floor--;
    return floor;
}

static int reads_part(const struct event *read, uint32_t thread, const struct clock *hb,
                      uint32_t part) {
    return !(read->flags & (EVENT_WAITING | EVENT_WRITES)) && (read->node->part & part) &&
           clock_knows(hb, thread, read);
}

uint32_t mo_part_floor(const struct node *node, uint32_t thread, const struct clock *hb) {
    const struct location *location = node->location;
    if (node->kind == ACTION_RMW)
        return mo_update_floor(node, thread, hb);
    uint32_t position = (uint32_t)location->mo_count;
    while (--position > 0) {
        const struct event *write = location->mo[position];
        if (part_meets(node, write) && clock_knows(hb, thread, write))
            break;
        const struct event *same = write->readers;
        while (same && !reads_part(same, thread, hb, node->part))
            same = same->next_reader;
        if (same)
            break;
    }
    return byte_parts_source(node, location->mo[position])->mo;
}
