/* SPDX-License-Identifier: MIT */
/* live: see live.h. */
#include "execution/live.h"

#include <string.h>

#include "execution/executed.h"
#include "execution/failed.h"
#include "execution/unseen.h"
#include "execution/untold.h"
#include "graph/ahead.h"
#include "graph/array.h"
#include "graph/byte_parts.h"
#include "graph/cells.h"
#include "graph/graph.h"
#include "graph/node.h"

uint32_t live_child(struct explorer *explorer, uint32_t parent, uint32_t nth) {
    for (size_t i = 0; i < explorer->child_count; i++)
        if (explorer->children[i].parent == parent && explorer->children[i].nth == nth)
            return explorer->children[i].id;
    explorer->children =
        array_grown(&explorer->panic, explorer->children, &explorer->child_capacity,
                    explorer->child_count + 1, sizeof *explorer->children);
    uint32_t id = ++explorer->next_id;
    explorer->children[explorer->child_count++] = (struct child){parent, nth, id};
    graph_thread(&explorer->graph, id);
    return id;
}

static void live_restart(struct explorer *explorer) {
    struct graph *graph = &explorer->graph;
    struct live *live = &explorer->live;
    live->threads = array_grown(&explorer->panic, live->threads, &live->capacity,
                                graph->thread_capacity, sizeof *live->threads);
    for (size_t i = 0; i < live->capacity; i++) {
        live->threads[i].started = 0;
        live->threads[i].untold = (struct untold_thread){0};
    }
    for (size_t i = 0; i < graph->thread_capacity; i++)
        graph->executed[i] = 0;
    graph->executed_stale = 0;
    ahead_forget(graph);
    live->valid = 1;
    explorer->result->runs++;
    explorer->program->restart(explorer->program->self);
    untold_restart(explorer);
}

/* Is a thread where the graph has not come? */
static int live_is_ahead(const struct graph *graph) {
    const struct ahead *ahead = &graph->ahead;
    return ahead->count > graph_next_index(&graph->threads[ahead->thread]);
}

static void live_check(struct explorer *explorer) {
    if (!explorer->live.valid || explorer->graph.executed_stale ||
        live_is_ahead(&explorer->graph))
        live_restart(explorer);
    ahead_forget(&explorer->graph);
}

static int live_advance(struct explorer *explorer, uint32_t thread, int32_t count);

static int live_mismatch(struct explorer *explorer, const struct event *event) {
    failed_report(
        explorer, FAILURE_NONDETERMINISM,
        "the same replies led to another action: the program depends on something "
        "that the explorer does not control",
        event, NULL, NULL);
    return 0;
}

/* The slot that remembers what follows the thread's first `count` events. */
static struct node *live_remember(struct explorer *explorer, uint32_t thread,
                                  int32_t count) {
    struct graph *graph = &explorer->graph;
    struct thread *at = &graph->threads[thread];
    struct action *shown = &explorer->live.threads[thread].shown;
    struct event *before = count ? at->events[count - 1] : NULL;
    struct event *here = count < (int32_t)at->count ? at->events[count] : NULL;
    struct node *known = before ? before->after : (*at->root);
    uint32_t tag = before ? before->succeeded : 0;
    if (!known && before)
        known = node_next(before->node, before->read, tag);
    if (!known) {
        known = here ? here->node : behaviour_node(&explorer->behaviour, shown);
        if (before)
            behaviour_add(&explorer->behaviour, before->node, before->read, tag, known);
        else
            *at->root = known;
    }
    if (explorer->graph.outgrown) { /* what was done so far took its parts for objects */
        explorer->live.valid = 0;
        explorer->begins_anew = explorer->stop = explorer->abandoned = 1;
        return NULL;
    }
    if (before)
        before->after = known;
    if (!behaviour_same(&known->action, shown)) {
        live_mismatch(explorer, here ? here : before);
        return NULL;
    }
    return known;
}

/* Has the memory of the cell been written to in this execution? */
static int cell_is_touched(const struct cell *cell) {
    if (cell->newest)
        return 1;
    for (const struct placed *placed = cell->placed; placed; placed = placed->next)
        if (placed->location->mo_count > 1)
            return 1;
    return 0;
}

static void live_capture_initial(const struct node *node) {
    struct location *location = node->location;
    if (!location || location->initial_known)
        return;
    for (int i = 0; i < 2 && location->cell[i]; i++)
        if (cell_is_touched(location->cell[i]))
            return;
    memcpy(location->initial.written, (const void *)location->address, location->size);
    location->initial_known = 1;
}

/* The thread was taken off its work: the search is over, wherever it stands. */
static int live_is_cut(struct explorer *explorer, const struct live_thread *live) {
    if (live->shown.kind != ACTION_CUT)
        return 0;
    explorer->live.valid = 0;
    explorer->abandoned = explorer->stop = 1;
    explorer->result->stopped = 1;
    return 1;
}

/* Goes past what is no step. 0: the search is over, or begins anew. */
static int live_pass_untold(struct explorer *explorer, uint32_t thread) {
    for (;;) {
        struct live_thread *live = &explorer->live.threads[thread];
        struct reply reply;
        if (live_is_cut(explorer, live))
            return 0;
        switch (untold_answer(explorer, thread, &live->shown, &reply)) {
        case TOLD:
            return 1;
        case UNTOLD_NO_MORE:
            return 0;
        case UNTOLD:
            memset(&live->shown, 0, sizeof live->shown);
            explorer->program->step(explorer->program->self, thread, &reply,
                                    &live->shown);
        }
    }
}

static int live_start(struct explorer *explorer, uint32_t thread) {
    struct live_thread *live = &explorer->live.threads[thread];
    const struct event *parent = explorer->graph.threads[thread].spawned_by;
    if (parent && !live_advance(explorer, parent->thread, parent->index + 1))
        return 0;
    if (live->started)
        return 1;
    live->started = 1;
    untold_begin(&live->untold, parent);
    memset(&live->shown, 0, sizeof live->shown);
    explorer->program->step(explorer->program->self, thread, NULL, &live->shown);
    if (!live_pass_untold(explorer, thread))
        return 0;
    const struct node *node = live_remember(explorer, thread, 0);
    if (!node)
        return 0;
    live_capture_initial(node);
    return 1;
}

/* Of `value` the bytes that the event names, and that nothing executed has overwritten. */
static void live_store_part(const struct explorer *explorer, const struct event *event,
                            const uint64_t value[2]) {
    const struct location *location = event->location;
    uint32_t part = event->node->part;
    for (size_t i = (event->flags & EVENT_WRITES) ? event->mo + 1 : location->mo_count;
         i < location->mo_count && part; i++) {
        const struct event *later = location->mo[i];
        if (later->index < explorer->graph.executed[later->thread])
            part &= ~byte_parts_of(later);
    }
    for (uint32_t i = 0; i < location->size; i++)
        if (part >> i & 1)
            ((unsigned char *)location->address)[i] = ((const unsigned char *)value)[i];
}

static void live_store(const struct explorer *explorer, const struct event *event,
                       const uint64_t value[2]) {
    const struct location *location = event->location;
    if (location->hidden)
        return;
    if (location->mixed) {
        live_store_part(explorer, event, value);
        return;
    }
    const struct event *latest = executed_latest(explorer, location);
    if ((event->flags & EVENT_WRITES) && latest && latest->mo > event->mo)
        return;
    memcpy((void *)location->address, value, location->size);
}

/* A plain read that is taken as an atomic one finds in memory what the search has it read. */
static void live_shows(const struct explorer *explorer, const struct event *event) {
    uint64_t whole[2] = {0, 0};
    part_into_value(event->node, event->read, whole);
    live_store(explorer, event, whole);
}

static void live_bytes(struct explorer *explorer, struct event *event) {
    struct node *node = event->node;
    const void *memory = (const void *)node->action.address;
    if (!node->bytes)
        node->bytes = arena_take(&explorer->behaviour.arena, node->action.length + 1);
    memcpy(node->bytes, memory, node->action.length);
}

/* The store that a hook has announced may come after what was put in behind the hook. */
static void live_earlier_bytes(struct explorer *explorer, struct event *event) {
    struct event **events = explorer->graph.threads[event->thread].events;
    int32_t index = event->index;
    while (index > 0 && (events[index]->node->action.flags & ACTION_BETWEEN))
        index--;
    if (events[index] != event && events[index]->node->action.kind == ACTION_WRITE)
        live_bytes(explorer, events[index]);
}

/* Is it known that the thread goes on after the event, and does not wait or come back? */
static uint8_t live_goes_on(const struct explorer *explorer, struct event *event) {
    if (explorer->forgets || explorer->options->no_memo)
        return 0;
    if (!event->after)
        event->after = node_next(event->node, event->read, event->succeeded);
    return event->after && event->after->action.kind != ACTION_AWAIT &&
           event->after->action.kind != ACTION_ROUND;
}

/* Feeds the thread's next event to the real thread. */
static int live_feed(struct explorer *explorer, uint32_t thread) {
    struct graph *graph = &explorer->graph;
    int32_t index = graph->executed[thread];
    struct event *event = graph->threads[thread].events[index];
    if (event->rf && event->rf->index >= 0 &&
        !live_advance(explorer, event->rf->thread, event->rf->index + 1))
        return 0;
    if (graph->executed[thread] != index)
        return 1; /* gone through meanwhile */
    if (!unseen_look(explorer, event))
        return 0;
    struct reply reply = {{event->read[0], event->read[1]},
                          event->child,
                          event->succeeded,
                          live_goes_on(explorer, event),
                          0};
    if (event->flags & EVENT_ATOMIC) {
        if (event->node->races && event->kind == ACTION_LOAD)
            live_shows(explorer, event);
        else if ((event->flags & EVENT_WRITES) && !event->node->races)
            live_store(explorer, event, event->written);
    }
    if (event->kind == ACTION_FINISH || event->kind == ACTION_EXIT) {
        graph->executed[thread]++;
        return 1;
    }
    struct live_thread *live = &explorer->live.threads[thread];
    untold_passed(&live->untold, event);
    memset(&live->shown, 0, sizeof live->shown);
    explorer->program->step(explorer->program->self, thread, &reply, &live->shown);
    live = &explorer->live.threads[thread];
    if (live_is_cut(explorer, live))
        return 0;
    if (event->node->action.kind == ACTION_WRITE)
        live_bytes(explorer, event);
    if (event->node->action.flags & ACTION_BETWEEN)
        live_earlier_bytes(explorer, event);
    graph->executed[thread]++;
    if (event->flags & EVENT_ATOMIC)
        executed_note(explorer, event);
    if (!live_pass_untold(explorer, thread))
        return 0;
    const struct node *node = live_remember(explorer, thread, index + 1);
    if (!node)
        return 0;
    live_capture_initial(node);
    return 1;
}

static int live_advance(struct explorer *explorer, uint32_t thread, int32_t count) {
    if (!live_start(explorer, thread))
        return 0;
    while (explorer->graph.executed[thread] < count)
        if (!live_feed(explorer, thread))
            return 0;
    return 1;
}

struct node *live_learn(struct explorer *explorer, uint32_t thread) {
    live_check(explorer);
    struct thread *at = &explorer->graph.threads[thread];
    int32_t count = graph_next_index(at);
    if (!live_advance(explorer, thread, count))
        return NULL;
    return live_remember(explorer, thread, count);
}

uint8_t live_finds(struct explorer *explorer, const struct event *read) {
    const struct action *remembered = &read->node->action;
    live_check(explorer);
    if (!live_advance(explorer, read->thread, read->index))
        return remembered->flags;
    const struct action *shown = &explorer->live.threads[read->thread].shown;
    return behaviour_same(shown, remembered) ? shown->flags : remembered->flags;
}

int live_capture(struct explorer *explorer, struct event *write) {
    if (write->node->bytes)
        return 1;
    live_check(explorer);
    if (write->index < explorer->graph.executed[write->thread])
        explorer->live.valid = 0;
    live_check(explorer);
    return live_advance(explorer, write->thread, write->index + 1);
}

void live_initial(struct explorer *explorer, struct location *location) {
    if (location->initial_known)
        return;
    live_restart(explorer);
    memcpy(location->initial.written, (const void *)location->address, location->size);
    location->initial_known = 1;
}

int live_to_end(struct explorer *explorer) {
    struct graph *graph = &explorer->graph;
    live_check(explorer);
    for (uint32_t t = 0; t < graph->thread_count; t++)
        if ((!t || graph->threads[t].spawned_by) &&
            !live_advance(explorer, t, graph_next_index(&graph->threads[t])))
            return 0;
    return 1;
}
