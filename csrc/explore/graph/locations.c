/* SPDX-License-Identifier: MIT */
/* locations: see locations.h. */
#include "graph/locations.h"
#include "graph/array.h"

#include <stdlib.h>

static size_t location_bucket(const struct graph *graph, uintptr_t address) {
    return (size_t)(((uint64_t)address * 0x9E3779B97F4A7C15u) >> 20) &
           (graph->bucket_count - 1);
}

static struct location *location_known(const struct graph *graph, uintptr_t address,
                                       uint32_t size) {
    if (!graph->bucket_count)
        return NULL;
    struct location *found = graph->buckets[location_bucket(graph, address)];
    while (found && (found->address != address || found->size != size))
        found = found->next;
    return found;
}

static void locations_rehash(struct graph *graph) {
    size_t wanted = graph->bucket_count ? graph->bucket_count * 2 : 64;
    struct location **buckets = calloc(wanted, sizeof(struct location *));
    if (!buckets)
        longjmp(*graph->panic, 1);
    free(graph->buckets);
    graph->buckets = buckets;
    graph->bucket_count = wanted;
    for (size_t i = 0; i < graph->location_count; i++) {
        struct location *location = graph->locations[i];
        struct location **bucket = &buckets[location_bucket(graph, location->address)];
        location->next = *bucket;
        *bucket = location;
    }
}

static void location_begin(struct graph *graph, struct location *location) {
    struct event *initial = &location->initial;
    initial->index = -1;
    initial->location = location;
    initial->flags = EVENT_WRITES | EVENT_ATOMIC;
    initial->kind = ACTION_STORE;
    initial->hb = initial->prefix = initial->stays = &clock_zero;
    initial->pending = initial->message = &clock_zero;
    initial->live_value = location->hidden;
    location->initial_known = location->hidden;
    size_t capacity = 0;
    location->mo = array_grown(graph->panic, NULL, &capacity, 8, sizeof *location->mo);
    location->mo_capacity = capacity;
    location->mo[0] = initial;
    location->mo_count = 1;
}

struct location *location_of(struct graph *graph, uintptr_t address, uint32_t size,
                             int hidden) {
    struct location *location = location_known(graph, address, size);
    if (location)
        return location;
    graph->locations =
        array_grown(graph->panic, graph->locations, &graph->location_capacity,
                    graph->location_count + 1, sizeof(struct location *));
    location = calloc(1, sizeof *location);
    if (!location)
        longjmp(*graph->panic, 1);
    location->address = address;
    location->size = size;
    location->hidden = hidden != 0;
    location->number = (uint32_t)graph->location_count;
    graph->locations[graph->location_count++] = location;
    location_begin(graph, location);
    if (graph->location_count * 2 > graph->bucket_count) {
        locations_rehash(graph);
    } else {
        struct location **bucket = &graph->buckets[location_bucket(graph, address)];
        location->next = *bucket;
        *bucket = location;
    }
    return location;
}
