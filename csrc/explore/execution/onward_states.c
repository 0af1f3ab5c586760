/* SPDX-License-Identifier: MIT */
/* onward_states: see onward_states.h. */
#include "execution/onward_states.h"

#include <string.h>

#include "execution/events.h"
#include "graph/graph.h"
#include "graph/node.h"

static uint64_t mixed(uint64_t hash, uint64_t word) {
    return (hash ^ word) * 0x9E3779B97F4A7C15u ^ (hash >> 29);
}

/* --- places ------------------------------------------------------------------------------- */

static void begin_thread(struct onward_states *states, uint32_t thread) {
    const struct thread *at = &states->explorer->graph.threads[thread];
    struct onward_thread *own = &states->threads[thread];
    own->room = at->count + ONWARD_STEPS;
    own->place =
        arena_take(&states->explorer->scratch, own->room * sizeof(struct node *));
    for (size_t i = 0; i < at->count; i++)
        own->place[i] = at->events[i]->node;
}

void onward_states_begin(struct onward_states *states, struct explorer *explorer) {
    const struct graph *graph = &explorer->graph;
    memset(states, 0, sizeof *states);
    states->explorer = explorer;
    states->thread_count = graph->thread_count;
    states->threads = arena_take(&explorer->scratch,
                                 graph->thread_count * sizeof(struct onward_thread));
    for (uint32_t t = 0; t < graph->thread_count; t++)
        begin_thread(states, t);
    states->location_count = graph->location_count;
    states->mo_count =
        arena_take(&explorer->scratch, graph->location_count * sizeof(size_t));
    for (size_t i = 0; i < graph->location_count; i++)
        states->mo_count[i] = graph->locations[i]->mo_count;
    states->begin = graph->count;
}

/* Where the reply of the last event leads from its place. */
static struct node *place_after(struct onward_states *states, const struct event *last,
                                const struct node *from, struct node *node) {
    struct node *known = node_next(from, last->read, last->succeeded);
    if (known)
        return known;
    uint64_t hash = mixed(mixed((uintptr_t)from, last->read[0]), last->read[1]);
    struct onward_edge **slot = &states->edges[(hash >> 40) % ONWARD_SLOTS];
    for (struct onward_edge *edge = *slot; edge; edge = edge->next)
        if (edge->from == from && edge->tag == last->succeeded &&
            edge->value[0] == last->read[0] && edge->value[1] == last->read[1])
            return edge->to;
    struct onward_edge *edge = arena_take(&states->explorer->scratch, sizeof *edge);
    *edge = (struct onward_edge){
        *slot, from, node, {last->read[0], last->read[1]}, last->succeeded};
    *slot = edge;
    return node;
}

static int comes_back(const struct node *node) {
    return node->kind == ACTION_ROUND ||
           (node->kind == ACTION_AWAIT && !node->action.operand[1]);
}

int onward_states_place(struct onward_states *states, uint32_t thread,
                        struct node *node) {
    const struct thread *at = &states->explorer->graph.threads[thread];
    if (thread >= states->thread_count)
        return 0; /* one that was made meanwhile */
    const struct onward_thread *own = &states->threads[thread];
    size_t here = (size_t)graph_next_index(at);
    if (here >= own->room)
        return 0;
    const struct event *last = here ? at->events[here - 1] : NULL;
    if (comes_back(node) && node->action.operand[0] <= here)
        own->place[here] = own->place[here - node->action.operand[0]];
    else if (!last || here != at->count ||
             here < states->explorer->graph.threads[thread].count)
        own->place[here] = node; /* asleep, or at its beginning */
    else if (comes_back(last->node))
        own->place[here] = own->place[here - 1];
    else
        own->place[here] = place_after(states, last, own->place[here - 1], node);
    return 1;
}

/* --- states ------------------------------------------------------------------------------- */

static void tell(struct onward_states *states, uint64_t word) {
    if (states->told < ONWARD_WORDS)
        states->telling[states->told] = word;
    states->told++;
}

static void tell_places(struct onward_states *states) {
    const struct graph *graph = &states->explorer->graph;
    for (uint32_t t = 0; t < states->thread_count; t++) {
        const struct thread *thread = &graph->threads[t];
        int is_there = !thread_is_over(thread) && (!t || thread->spawned_by);
        size_t here = (size_t)graph_next_index(thread);
        tell(states, is_there ? (uintptr_t)states->threads[t].place[here] : 0);
    }
}

static void tell_values(struct onward_states *states) {
    struct explorer *explorer = states->explorer;
    const struct graph *graph = &explorer->graph;
    for (size_t i = 0; i < graph->location_count; i++) {
        const struct location *location = graph->locations[i];
        size_t before = i < states->location_count ? states->mo_count[i] : 1;
        uint64_t then[2], now[2];
        if (location->mo_count <= before)
            continue;
        event_value_of(explorer, location->mo[before - 1], then);
        event_value_of(explorer, location->mo[location->mo_count - 1], now);
        if (then[0] == now[0] && then[1] == now[1])
            continue;
        tell(states, i + 1);
        tell(states, now[0]);
        tell(states, now[1]);
    }
}

/* Cells in the order of their addresses, each with the place of its last write. */
static void tell_cell(struct onward_states *states, size_t from, const struct cell *cell,
                      const struct node *place) {
    uint64_t *words = states->telling;
    size_t at = states->told;
    for (size_t i = from; i < states->told; i += 2)
        if (words[i] == (uintptr_t)cell)
            return; /* by a later one */
    tell(states, 0);
    tell(states, 0);
    if (states->told > ONWARD_WORDS)
        return;
    for (; at > from && words[at - 2] > (uintptr_t)cell; at -= 2) {
        words[at] = words[at - 2];
        words[at + 1] = words[at - 1];
    }
    words[at] = (uintptr_t)cell;
    words[at + 1] = (uintptr_t)place;
}

static void tell_plain(struct onward_states *states) {
    const struct graph *graph = &states->explorer->graph;
    size_t from = states->told;
    for (size_t i = graph->count; i-- > states->begin;) {
        const struct event *event = graph->sequence[i];
        if (event->kind != ACTION_WRITE)
            continue;
        const struct node *place = states->threads[event->thread].place[event->index];
        for (uint32_t c = 0; c < event->node->cell_count; c++)
            if (states->told <= ONWARD_WORDS)
                tell_cell(states, from, event->node->cells[c], place);
    }
}

enum onward_state onward_states_look(struct onward_states *states) {
    states->told = 0;
    tell_places(states);
    tell_values(states);
    tell_plain(states);
    if (states->told > ONWARD_WORDS || states->count == ONWARD_STATES)
        return ONWARD_STATE_TOO_MANY;
    uint64_t hash = states->told;
    size_t bytes = states->told * sizeof(uint64_t);
    for (size_t i = 0; i < states->told; i++)
        hash = mixed(hash, states->telling[i]);
    struct onward_seen **slot = &states->seen[(hash >> 40) % ONWARD_SLOTS];
    for (const struct onward_seen *seen = *slot; seen; seen = seen->next)
        if (seen->length == states->told &&
            memcmp(seen->words, states->telling, bytes) == 0)
            return ONWARD_STATE_SEEN;
    struct onward_seen *seen =
        arena_take(&states->explorer->scratch, sizeof *seen + bytes);
    seen->next = *slot;
    seen->length = states->told;
    memcpy(seen->words, states->telling, bytes);
    *slot = seen;
    states->count++;
    return ONWARD_STATE_NEW;
}
