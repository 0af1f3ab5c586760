/* SPDX-License-Identifier: MIT */
/* view: the execution graph as callers of explore() see it. */
#include <string.h>

#include "execution/explorer.h"
#include "graph/byte_parts.h"
#include "graph/cells.h"
#include "graph/graph.h"
#include "graph/memory.h"
#include "graph/node.h"

static const struct graph *graph_of(const struct explore_view *view) {
    return &view->explorer->graph;
}

static struct event *event_at(const struct explore_view *view, uint32_t thread,
                              uint32_t index) {
    return graph_of(view)->threads[thread].events[index];
}

uint32_t explore_view_threads(const struct explore_view *view) {
    const struct graph *graph = graph_of(view);
    size_t count = graph->thread_count;
    while (count > 1 && !graph->threads[count - 1].spawned_by)
        count--;
    return (uint32_t)count;
}

uint32_t explore_view_length(const struct explore_view *view, uint32_t thread) {
    return (uint32_t)graph_of(view)->threads[thread].count;
}

const struct action *explore_view_pending(const struct explore_view *view,
                                          uint32_t thread) {
    const struct thread *at = &graph_of(view)->threads[thread];
    const struct event *last = thread_last(at);
    const struct node *next = NULL;
    if (last)
        next = last->flags & EVENT_WAITING
                   ? last->node
                   : node_next(last->node, last->read, last->succeeded);
    else if (at->root)
        next = *at->root;
    return next ? &next->action : NULL;
}

void explore_view_event(const struct explore_view *view, uint32_t thread, uint32_t index,
                        struct explore_event *result) {
    const struct event *event = event_at(view, thread, index);
    const struct node *node = event->node;
    memset(result, 0, sizeof *result);
    result->thread = thread;
    result->index = index;
    result->stamp = event->stamp;
    result->action = &node->action;
    result->atomic = event->flags & EVENT_ATOMIC && !node->races;
    result->reads =
        (event->flags & EVENT_READS && !node->carries) || event->kind == ACTION_READ;
    result->writes = event->flags & EVENT_WRITES || event->kind == ACTION_WRITE;
    result->order = event->order;
    result->waiting = (event->flags & EVENT_WAITING) != 0;
    memcpy(result->value_read, event->read, sizeof event->read);
    if (event->flags & EVENT_ATOMIC)
        part_of_value(event->node, event->written, result->value_written);
    result->rf_thread = -1;
    if (event->rf && event->rf->index >= 0 && !node->carries) {
        result->rf_thread = event->rf->thread;
        result->rf_index = (uint32_t)event->rf->index;
    }
    if (event->flags & EVENT_WRITES)
        result->mo_position = event->mo;
    if (!event->location)
        return;
    result->location = event->location->number;
    result->size = event->node->size;
}

/* The newest write to the record's bytes that is older than the record. */
static const struct record *write_before(const struct record *record) {
    const struct record *at = record->older;
    while (at && !(at->writes && (at->mask & record->mask)))
        at = at->older;
    return at;
}

/* Were bytes of the record written as parts of atomic locations? Their writes have no records. */
static int is_written_atomically(const struct record *record) {
    for (const struct placed *at = record->cell->placed; at; at = at->next) {
        const struct location *location = at->location;
        if ((at->mask & record->mask) && location->mo_count > 1 &&
            !(location->mo[location->mo_count - 1]->flags & EVENT_BASE))
            return 1;
    }
    return 0;
}

/* 0: its bytes come from several writes. `source` NULL: from before the program. */
static int plain_source(const struct event *read, const struct event **source) {
    *source = NULL;
    for (const struct record *record = read->records; record; record = record->sibling) {
        const struct record *write = write_before(record);
        const struct event *event = write ? write->event : NULL;
        if (is_written_atomically(record) ||
            (write && (write->mask & record->mask) != record->mask) ||
            (record != read->records && event != *source))
            return 0;
        *source = event;
    }
    return 1;
}

static void plain_value(struct explore_plain *plain, const struct event *write,
                        uintptr_t address) {
    const struct node *node = write->node;
    if (!node->bytes || plain->length > sizeof plain->value ||
        address < node->action.address ||
        address + plain->length > node->action.address + node->action.length)
        return;
    memcpy(plain->value, node->bytes + (address - node->action.address), plain->length);
    plain->has_value = 1;
}

void explore_view_plain(const struct explore_view *view, uint32_t thread, uint32_t index,
                        struct explore_plain *plain) {
    const struct event *event = event_at(view, thread, index), *source = event;
    const struct action *action = &event->node->action;
    memset(plain, 0, sizeof *plain);
    plain->length = (uint32_t)action->length;
    plain->rf_thread = -1;
    if (event->kind == ACTION_READ) {
        plain->has_source = (uint8_t)plain_source(event, &source);
        if (!plain->has_source || !source)
            return;
        plain->rf_thread = source->thread;
        plain->rf_index = (uint32_t)source->index;
    }
    plain_value(plain, source, action->address);
}

uint32_t explore_view_child(const struct explore_view *view, uint32_t thread,
                            uint32_t index) {
    return event_at(view, thread, index)->child;
}

int explore_view_happens_before(const struct explore_view *view, uint32_t thread_a,
                                uint32_t index_a, uint32_t thread_b, uint32_t index_b) {
    return happens_before(event_at(view, thread_a, index_a),
                          event_at(view, thread_b, index_b));
}

uint32_t explore_view_locations(const struct explore_view *view) {
    return (uint32_t)graph_of(view)->location_count;
}

uintptr_t explore_view_location(const struct explore_view *view, uint32_t location,
                                uint32_t *size, uint32_t *writes) {
    const struct location *at = graph_of(view)->locations[location];
    *size = at->size;
    *writes = (uint32_t)at->mo_count - 1;
    return at->address;
}

void explore_view_write(const struct explore_view *view, uint32_t location,
                        uint32_t position, uint32_t *thread, uint32_t *index) {
    const struct event *write = graph_of(view)->locations[location]->mo[position];
    *thread = write->thread;
    *index = (uint32_t)write->index;
}

/* --- hash --------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0xBF58476D1CE4E5B9u;
    return hash ^ (hash >> 31);
}

static uint64_t mix_event(uint64_t hash, const struct event *event) {
    const struct action *action = &event->node->action;
    const uint8_t shown =
        EVENT_READS | EVENT_WRITES | EVENT_WAITING; /* not how it came about */
    hash = mix(hash, (uint64_t)action->kind | (uint64_t)(event->flags & shown) << 8 |
                         (uint64_t)event->order << 16);
    hash = mix(hash, action->address);
    if (event->flags & EVENT_ATOMIC) {
        hash = mix(mix(hash, event->read[0]), event->read[1]);
        hash = mix(mix(hash, event->written[0]), event->written[1]);
    } else if (event->kind == ACTION_CHOOSE) {
        hash = mix(hash, event->read[0]);
    }
    if (event->rf)
        hash =
            mix(hash, ((uint64_t)event->rf->thread << 32) ^ (uint32_t)event->rf->index);
    return hash;
}

uint64_t explore_view_hash(const struct explore_view *view) {
    const struct graph *graph = graph_of(view);
    uint64_t hash = 0x9E3779B97F4A7C15u;
    for (size_t t = 0; t < graph->thread_count; t++) {
        const struct thread *thread = &graph->threads[t];
        hash = mix(hash, thread->count);
        for (size_t i = 0; i < thread->count; i++)
            hash = mix_event(hash, thread->events[i]);
    }
    uint64_t orders = 0;
    for (size_t l = 0; l < graph->location_count; l++) {
        const struct location *location = graph->locations[l];
        uint64_t order = mix(location->address, location->size);
        for (size_t i = 1; i < location->mo_count; i++)
            order = mix(order, ((uint64_t)location->mo[i]->thread << 32) ^
                                   (uint32_t)location->mo[i]->index);
        if (location->mo_count > 1)
            orders += order; /* numbers of locations do not matter */
    }
    return mix(hash, orders);
}
