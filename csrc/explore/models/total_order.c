/* SPDX-License-Identifier: MIT */
/* total_order: see total_order.h. */
#include "models/total_order.h"

#include "graph/byte_parts.h"
#include "graph/node.h"

struct walk {
    struct event **stack;
    size_t count;
    uint64_t number;
    const struct event *goal;
    int found;
};

static void walk_to(struct walk *walk, struct event *event) {
    if (event == walk->goal)
        walk->found = 1;
    if (event->visited == walk->number)
        return;
    event->visited = walk->number;
    walk->stack[walk->count++] = event;
}

/* A try that does not get its lock has only looked: no locked instruction, in glibc as in POSIX. */
static int is_failed_try(const struct event *event) {
    return event->kind == ACTION_CAS && event->location->hidden &&
           !(event->flags & EVENT_WRITES);
}

static int is_barrier(const struct event *event) {
    switch (event->kind) {
    case ACTION_RMW:
        return !event->node->carries;
    case ACTION_CAS:
        return !is_failed_try(event);
    case ACTION_SPAWN:
    case ACTION_JOIN:
    case ACTION_FINISH:
        return 1;
    case ACTION_FENCE:
        return event->order == ORDER_SEQ_CST;
    default:
        return 0;
    }
}

/* The first load and the first store from there on, or the barrier before them. */
static void walk_tso_from(struct walk *walk, const struct thread *thread, size_t first,
                          int loads) {
    int stores = 1;
    for (size_t i = first; i < thread->count && (loads || stores); i++) {
        struct event *next = thread->events[i];
        if (is_barrier(next)) {
            walk_to(walk, next);
            return;
        }
        if (loads && (next->kind == ACTION_LOAD || is_failed_try(next))) {
            walk_to(walk, next);
            loads = 0;
        } else if (stores && part_is_store(next)) {
            walk_to(walk, next);
            stores = 0;
        }
    }
}

/* ppo and fences: what must wait for `event`. */
static void walk_tso(struct walk *walk, const struct thread *thread,
                     const struct event *event) {
    int loads = !part_is_store(event) || event->order == ORDER_SEQ_CST;
    walk_tso_from(walk, thread, (size_t)event->index + 1, loads);
}

/* All that the thread does comes after its creation, a load behind its first store, too. */
static void walk_beginning(struct walk *walk, const struct graph *graph,
                           const struct thread *thread) {
    if (graph->model == EXPLORE_TSO)
        walk_tso_from(walk, thread, 0, 1);
    else if (thread->count)
        walk_to(walk, thread->events[0]);
}

static void walk_program_order(struct walk *walk, const struct graph *graph,
                               const struct event *event) {
    const struct thread *thread = &graph->threads[event->thread];
    if (graph->model == EXPLORE_TSO)
        walk_tso(walk, thread, event);
    else if ((size_t)event->index + 1 < thread->count)
        walk_to(walk, thread->events[event->index + 1]);
    if (event->kind == ACTION_SPAWN)
        walk_beginning(walk, graph, &graph->threads[event->child]);
}

/* Does a read get bytes beside those that its own thread has in the store buffer? Then it waits until
   the store is in memory. */
static int is_wider(const struct event *read, const struct event *write) {
    return (read->flags & EVENT_ATOMIC) && read->location->mixed &&
           (read->node->part & ~byte_parts_of(write));
}

/* The next write in mo, after a read the next one to its bytes. */
static void walk_parts(struct walk *walk, const struct event *event) {
    const struct location *location = event->location;
    int writes = event->flags & EVENT_WRITES;
    for (size_t mo = (writes ? event : event->rf)->mo + 1u; mo < location->mo_count;
         mo++) {
        struct event *next = location->mo[mo];
        if (!(next->flags & EVENT_BASE) && (writes || part_meets(event->node, next))) {
            walk_to(walk, next);
            return;
        }
    }
}

/* Nothing comes after a read that waits: it will be another one, of a newer write. */
static void walk_communication(struct walk *walk, const struct graph *graph,
                               const struct event *event) {
    int internal = graph->model != EXPLORE_TSO;
    for (struct event *reader = event->readers; reader; reader = reader->next_reader)
        if (internal || reader->thread != event->thread || is_wider(reader, event))
            walk_to(walk, reader);
    if (!(event->flags & EVENT_ATOMIC) || (event->flags & EVENT_WAITING))
        return;
    if (event->location->mixed) {
        walk_parts(walk, event);
        return;
    }
    const struct event *write = event->flags & EVENT_WRITES ? event : event->rf;
    if (write->mo + 1 < event->location->mo_count)
        walk_to(walk, event->location->mo[write->mo + 1]);
}

int total_order_allows(struct graph *graph, struct arena *scratch, struct event *event) {
    struct arena_mark mark = arena_mark(scratch);
    struct walk walk = {arena_take(scratch, (graph->count + 64) * sizeof(struct event *)),
                        0, ++graph->walk, event, 0};
    walk_program_order(&walk, graph, event);
    walk_communication(&walk, graph, event);
    while (walk.count && !walk.found) {
        struct event *next = walk.stack[--walk.count];
        if (next->flags & EVENT_BASE)
            continue;
        walk_program_order(&walk, graph, next);
        walk_communication(&walk, graph, next);
    }
    arena_release(scratch, mark);
    return !walk.found;
}
