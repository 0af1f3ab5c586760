/* SPDX-License-Identifier: MIT */
/* events: see events.h. */
#include "execution/events.h"

#include <string.h>

#include "execution/limits.h"
#include "execution/live.h"
#include "execution/next.h"
#include "graph/ahead.h"
#include "graph/bases.h"
#include "graph/blocks.h"
#include "graph/byte_parts.h"
#include "graph/cells.h"
#include "graph/event_clocks.h"
#include "graph/graph.h"
#include "graph/memory.h"
#include "graph/node.h"
#include "value.h"

enum { MOST_PRIVATE = 256 }; /* steps of a failed round after its last read */

/* --- values ------------------------------------------------------------------------------- */

/* What the value is put together from becomes known. */
static void parts_become_known(struct explorer *explorer, struct event *write) {
    struct location *location = write->location;
    uint32_t needed = part_whole(location);
    for (uint32_t mo = write->mo; needed; mo--) {
        struct event *from = location->mo[mo];
        uint32_t own = byte_parts_of(from) & needed;
        needed &= ~own;
        if (own && (from->flags & EVENT_BASE) && from->kind == ACTION_WRITE &&
            !live_capture(explorer, from->rf))
            return;
        if (from == &location->initial && !location->initial_known)
            live_initial(explorer, location);
    }
}

void event_value_of(struct explorer *explorer, struct event *write, uint64_t value[2]) {
    struct location *location = write->location;
    if (location->mixed) {
        parts_become_known(explorer, write);
        base_value(write, value);
        return;
    }
    struct event *from = write;
    while (from->flags & EVENT_BASE) {
        if (!from->rf->node->bytes && from->kind == ACTION_WRITE &&
            !live_capture(explorer, from->rf))
            break;
        if (base_is_whole(from))
            break;
        from = location->mo[from->mo - 1];
    }
    if (from == &location->initial && !location->initial_known)
        live_initial(explorer, location);
    base_value(write, value);
}

void event_value_for(struct explorer *explorer, const struct node *node,
                     struct event *write, uint64_t value[2]) {
    uint64_t whole[2];
    event_value_of(explorer, write, whole);
    part_of_value(node, whole, value);
}

/* --- events ------------------------------------------------------------------------------- */

static void event_order(struct explorer *explorer, struct event *event) {
    if (event->order == ORDER_SEQ_CST && explorer->graph.model == EXPLORE_RC11)
        event->flags |= EVENT_SC;
}

void event_waits(struct event *event) {
    event->flags |= EVENT_WAITING;
    event->flags &= (uint8_t)~EVENT_WRITES;
    if (event->location->mixed)
        event->rf = byte_parts_source(event->node, event->rf);
    event->child = event->stamp > event->rf->stamp ? event->stamp : event->rf->stamp;
}

int event_changes_nothing(const struct event *event) {
    if (!(event->flags & EVENT_WRITES))
        return 1;
    if (!(event->flags & EVENT_READS) || event->node->carries)
        return 0;
    if (!event->location->mixed)
        return event->read[0] == event->written[0] && event->read[1] == event->written[1];
    uint64_t written[2];
    part_of_value(event->node, event->written, written);
    return event->read[0] == written[0] && event->read[1] == written[1];
}

void event_fails_weakly(struct explorer *explorer, struct event *event) {
    event->flags &= (uint8_t)~(EVENT_WRITES | EVENT_SC);
    event->flags |= EVENT_ODD;
    event->succeeded = 0;
    event->after = NULL; /* known, if it is, of the one that succeeded */
    event->order = event->node->order_fail;
    event->message_from = NULL;
    event->message = &clock_zero;
    event_order(explorer, event);
    event_clocks(&explorer->graph, event);
}

/* Did the run go through the event, and could it be used for what comes in its place? */
static int may_be_ahead(const struct explorer *explorer, const struct event *event) {
    const struct graph *graph = &explorer->graph;
    return event->index < graph->executed[event->thread] && !graph->executed_stale &&
           explorer->live.valid && !explorer->abandoned && !explorer->forgets &&
           !explorer->options->no_memo && !event->location->mixed && !event->node->races;
}

/*
 * An RMW that writes back what it read may belong to a failed round of a loop, and then it must never
 * have written. Unlike a read it cannot take that back later, so find out first.
 */
static void probe_silent(struct explorer *explorer, const struct event *event) {
    struct graph *graph = &explorer->graph;
    if (!(event->flags & EVENT_WRITES) || !event_changes_nothing(event))
        return;
    if (node_after(event->node, event->read, event->succeeded))
        return;
    struct graph_mark mark = graph_mark(graph);
    struct event *probe = graph_event(graph, &graph->threads[event->thread], event->node,
                                      event->kind, event->order);
    probe->flags = EVENT_ATOMIC | EVENT_READS;
    probe->location = event->location;
    probe->rf = event->rf;
    probe->succeeded = event->succeeded;
    if (event->location->mixed)
        probe->rf = byte_parts_source(event->node, event->rf);
    memcpy(probe->read, event->read, sizeof probe->read);
    event_clocks(graph, probe);
    graph_link(graph, probe, 0);
    struct node *next = next_node(explorer, event->thread);
    for (int steps = 0; next && node_is_private(next) && steps < MOST_PRIVATE; steps++) {
        graph_link(graph, event_make_other(explorer, event->thread, next), 0);
        next = next_node(explorer, event->thread);
    }
    if (next && next->kind == ACTION_AWAIT)
        event->node->loops = next->loops = 1;
    const struct event tried = *probe;
    int is_ahead = may_be_ahead(explorer, probe);
    graph_return(graph, mark);
    if (is_ahead)
        ahead_begin(graph, &tried);
}

/* A plain store with races allowed: its bytes are known once it has been made. */
static void bytes_become_known(struct explorer *explorer, struct event *event) {
    struct graph *graph = &explorer->graph;
    if (event->node->bytes)
        return;
    graph_link(graph, event, (uint32_t)event->location->mo_count);
    live_capture(explorer, event);
    graph_unlink(graph, event);
}

/* What it reads is `value`, of the whole location `whole`. */
static inline void read_updates(struct event *event, const uint64_t value[2],
                                const uint64_t whole[2]) {
    const struct node *node = event->node;
    const struct action *action = &node->action;
    uint64_t written[2] = {action->operand[0], action->operand[1]};
    if (node->races) {
        written[0] = written[1] = 0;
        if (node->bytes)
            memcpy(written, node->bytes, node->size);
    } else if (node->kind == ACTION_RMW) {
        value_of_rmw((enum action_op)action->op, node->size, action->operand, value,
                     written);
    }
    value_cut(written, node->size);
    event->flags |= EVENT_WRITES;
    event->written[0] = whole[0];
    event->written[1] = whole[1];
    part_into_value(node, written, event->written);
}

static int compares_equal(const struct node *node, const uint64_t value[2]) {
    uint64_t expected[2] = {node->action.expected[0], node->action.expected[1]};
    value_cut(expected, node->size);
    return value[0] == expected[0] && value[1] == expected[1];
}

struct event *event_make_read(struct explorer *explorer, uint32_t thread,
                              struct node *node, struct event *source) {
    struct graph *graph = &explorer->graph;
    uint64_t whole[2], value[2];
    struct location *location = node->location;
    struct event *last = source;
    if (location->mixed && node->kind != ACTION_LOAD)
        last = location->mo[part_top(location, source->mo)];
    event_value_of(explorer, last, whole);
    part_of_value(node, whole, value);
    struct event *event =
        graph_event(graph, &graph->threads[thread], node, node->kind, node->order);
    event->flags = EVENT_ATOMIC | EVENT_READS;
    event->location = node->location;
    event->rf = source;
    if (!node->carries) {
        event->read[0] = value[0];
        event->read[1] = value[1];
    }
    int waits = !node_guard_holds(node, value);
    if (node->kind == ACTION_RMW && !waits) {
        event->flags |= EVENT_WRITES;
        if (node->carries && node->races) {
            event_clocks(graph, event);
            bytes_become_known(explorer, event);
        }
        read_updates(event, value, whole);
    } else if (node->kind == ACTION_CAS) {
        if (!waits && compares_equal(node, value)) {
            event->succeeded = 1;
            read_updates(event, value, whole);
        } else {
            event->order = node->order_fail;
        }
    }
    if (location->mixed && !(event->flags & EVENT_WRITES))
        event->rf = byte_parts_source(node, source);
    if (!waits)
        probe_silent(explorer, event);
    if (waits || (node_loops_on(node, event->read, event->succeeded) &&
                  ((event->flags & EVENT_WRITES) || !explorer->options->shared)))
        event_waits(event);
    event_order(explorer, event);
    event_clocks(graph, event);
    return event;
}

struct event *event_make_write(struct explorer *explorer, uint32_t thread,
                               struct node *node) {
    struct graph *graph = &explorer->graph;
    struct event *event =
        graph_event(graph, &graph->threads[thread], node, node->kind, node->order);
    event->flags = EVENT_ATOMIC | EVENT_WRITES;
    event->location = node->location;
    event->written[0] = node->action.operand[0];
    event->written[1] = node->action.operand[1];
    value_cut(event->written, node->location->size);
    event_order(explorer, event);
    event_clocks(graph, event);
    if (node->races) {
        bytes_become_known(explorer, event);
        event->written[0] = event->written[1] = 0;
        if (node->bytes)
            memcpy(event->written, node->bytes, node->location->size);
    }
    return event;
}

static void event_spawns(struct explorer *explorer, struct event *event) {
    struct thread *thread = &explorer->graph.threads[event->thread];
    event->child = live_child(explorer, event->thread, thread->spawns);
    event->root =
        &behaviour_root(&explorer->behaviour, event->child, event->node->action.operand,
                        event->node->action.expected[0])
             ->first;
}

struct event *event_make_other(struct explorer *explorer, uint32_t thread,
                               struct node *node) {
    struct graph *graph = &explorer->graph;
    struct event *event =
        graph_event(graph, &graph->threads[thread], node, node->kind, node->order);
    if (node->kind == ACTION_JOIN) {
        event->rf = graph->threads[node->action.operand[0]].finish;
        event->read[0] = event->rf->node->action.operand[0]; /* the thread's result */
        event->read[1] = event->rf->node->action.operand[1]; /* what it left untold */
        event->succeeded = event->rf->readers != NULL;       /* it was joined already */
    }
    if (node->kind == ACTION_ALLOC && node->action.length > BLOCK_TRACKED_BYTES &&
        explorer->memory.heap_begin != explorer->memory.heap_end)
        explorer->result->notes |= EXPLORE_NOTE_LARGE_BLOCK;
    if (node->kind == ACTION_SPAWN)
        event_spawns(explorer, event);
    if (node->kind == ACTION_ROUND)
        explorer->has_rounds = 1;
    if (node->kind == ACTION_FENCE)
        event_order(explorer, event);
    event_clocks(graph, event);
    if (node->kind == ACTION_READ)
        event->succeeded = (uint8_t)memory_key(event, event->read);
    if (node->cell_count)
        limits_worked(explorer, node->cell_count);
    return event;
}
