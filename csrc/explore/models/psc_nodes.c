/* SPDX-License-Identifier: MIT */
/* psc_nodes: see psc_nodes.h. */
#include "models/psc_nodes.h"

#include <string.h>

enum { NOBODY = 0, SEVERAL = UINT16_MAX }; /* users of a location; else 1 + the thread */

static uint16_t *users_of_locations(const struct graph *graph, struct arena *scratch) {
    size_t bytes = (graph->location_count + 1) * sizeof(uint16_t);
    uint16_t *users = arena_take_zeroed(scratch, bytes);
    for (size_t t = 0; t < graph->thread_count; t++) {
        const struct thread *thread = &graph->threads[t];
        for (size_t i = 0; i < thread->count; i++) {
            if (!(thread->events[i]->flags & EVENT_ATOMIC))
                continue;
            uint16_t *user = &users[thread->events[i]->location->number];
            *user = *user == NOBODY || *user == t + 1 ? (uint16_t)(t + 1) : SEVERAL;
        }
    }
    return users;
}

/* Can nobody but the thread itself notice the event? */
static int is_private(const struct event *event, const uint16_t *users) {
    if (event->flags & EVENT_ATOMIC)
        return users[event->location->number] != SEVERAL;
    switch (event->kind) {
    case ACTION_READ:
    case ACTION_WRITE:
    case ACTION_YIELD:
    case ACTION_CALL:
    case ACTION_RETURN:
    case ACTION_ALLOC:
    case ACTION_FREE:
    case ACTION_CHOOSE:
        return 1;
    default:
        return 0;
    }
}

static void nodes_add(struct psc_nodes *nodes, struct event *event) {
    if (event->flags & EVENT_SC)
        nodes->sc[nodes->sc_count++] = event;
    event->visited = nodes->count;
    nodes->event[nodes->count++] = event;
}

int psc_nodes_find(struct psc_nodes *nodes, struct graph *graph, struct arena *scratch,
                   const struct event *added) {
    int has_added = 0;
    nodes->event = arena_take(scratch, (graph->count + 1) * sizeof(struct event *));
    nodes->sc = arena_take(scratch, (graph->sc_count + 1) * sizeof(struct event *));
    nodes->first = arena_take(scratch, (graph->thread_count + 1) * sizeof(uint32_t));
    nodes->count = nodes->sc_count = 0;
    const uint16_t *users = users_of_locations(graph, scratch);
    for (size_t t = 0; t < graph->thread_count; t++) {
        const struct thread *thread = &graph->threads[t];
        nodes->first[t] = nodes->count;
        int behind_fence = 0; /* nothing since an SC fence that others can notice */
        for (size_t i = 0; i < thread->count; i++) {
            struct event *event = thread->events[i];
            int is_fence = event->kind == ACTION_FENCE && (event->flags & EVENT_SC);
            if (is_private(event, users) || (is_fence && behind_fence))
                continue;
            behind_fence = is_fence;
            if (!(event->flags & (EVENT_ATOMIC | EVENT_SC)) ||
                (event->flags & EVENT_WAITING)) /* it will be another one */
                continue;
            nodes_add(nodes, event);
            has_added |= event == added;
        }
    }
    nodes->first[graph->thread_count] = nodes->count;
    if (graph->walk < nodes->count) /* marks of walks are above the numbers left here */
        graph->walk = nodes->count;
    return has_added;
}
