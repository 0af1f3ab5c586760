/* SPDX-License-Identifier: MIT */
/*
 * linear: an order of a graph's events that a person can follow.
 *
 * Why       The search adds events in an order of its own. A trace should switch threads seldom.
 * How       A thread runs as long as its next event's source is there. Then the thread that can go on
 *           longest follows: if there is one, a thread whose next write every read of the older
 *           value has been made before, so that no read is stale; else one whose writes come in
 *           modification order. A sequentially consistent execution always has the first, under
 *           rc11 there need not even be the second.
 * Result    Event.visited is the position, from 1, of every event in the order.
 */
#include "linear.h"

static int source_done(const struct graph *graph, const struct event *event) {
    const struct event *rf = event->rf;
    if (!rf || rf->index < 0)
        return 1;
    if (rf->flags & EVENT_BASE)
        rf = rf->rf;
    (void)graph;
    return rf->visited != 0;
}

static int mo_done(const struct event *event) {
    if (!(event->flags & EVENT_WRITES))
        return 1;
    const struct event *before = event->location->mo[event->mo - 1];
    if (before->index < 0)
        return 1;
    if (before->flags & EVENT_BASE)
        before = before->rf;
    return before->visited != 0;
}

/* A read that waited and was taken over by a later one is among the readers, but not here. */
static int is_here(const struct graph *graph, const struct event *event) {
    const struct thread *thread = &graph->threads[event->thread];
    return event->index >= 0 && (size_t)event->index < thread->count &&
           thread->events[event->index] == event;
}

/* Every read that saw what this write replaces has been made. */
static int readers_done(const struct graph *graph, const struct event *event) {
    if (!(event->flags & EVENT_WRITES))
        return 1;
    const struct event *reader = event->location->mo[event->mo - 1]->readers;
    for (; reader; reader = reader->next_reader)
        if (reader != event && !reader->visited && is_here(graph, reader))
            return 0;
    return 1;
}

enum wish { ANY, IN_MO, FRESH };

static int may_follow(const struct graph *graph, const struct event *event,
                      enum wish wish) {
    return (wish < IN_MO || mo_done(event)) &&
           (wish < FRESH || readers_done(graph, event));
}

static int can_start(const struct thread *thread, uint32_t done) {
    return done || !thread->id || (thread->spawned_by && thread->spawned_by->visited);
}

/* How many events the thread could do in one go; marks none. */
static size_t run_length(const struct graph *graph, struct thread *thread, uint32_t done,
                         enum wish wish) {
    if (!can_start(thread, done))
        return 0;
    size_t i = done;
    while (i < thread->count && source_done(graph, thread->events[i]) &&
           may_follow(graph, thread->events[i], wish))
        thread->events[i++]->visited = UINT32_MAX; /* its own reads of it count as done */
    for (size_t k = done; k < i; k++)
        thread->events[k]->visited = 0;
    return i - done;
}

static struct thread *longest_run(struct graph *graph, const uint32_t *done,
                                  size_t *length) {
    struct thread *best = NULL;
    *length = 0;
    for (int wish = FRESH; wish >= ANY && !best; wish--)
        for (size_t t = 0; t < graph->thread_count; t++) {
            size_t run = run_length(graph, &graph->threads[t], done[t], (enum wish)wish);
            if (run <= *length)
                continue;
            *length = run;
            best = &graph->threads[t];
        }
    return best;
}

size_t linear_order(struct graph *graph, struct arena *scratch, struct event **order) {
    uint32_t *done = arena_take_zeroed(scratch, graph->thread_count * sizeof *done);
    size_t count = 0, length;
    for (size_t t = 0; t < graph->thread_count; t++)
        for (size_t i = 0; i < graph->threads[t].count; i++)
            graph->threads[t].events[i]->visited = 0;
    struct thread *thread;
    while ((thread = longest_run(graph, done, &length)) != NULL) {
        for (; length; length--) {
            struct event *event = thread->events[done[thread->id]++];
            order[count++] = event;
            event->visited = (uint32_t)count;
        }
    }
    return count;
}

size_t explore_view_trace(const struct explore_view *view, struct explore_step *steps,
                          size_t room) {
    struct explorer *explorer = view->explorer;
    struct arena_mark mark = arena_mark(&explorer->scratch);
    struct event **order =
        arena_take(&explorer->scratch, (explorer->graph.count + 1) * sizeof *order);
    size_t count = linear_order(&explorer->graph, &explorer->scratch, order);
    for (size_t i = 0; i < count && i < room; i++)
        steps[i] = (struct explore_step){order[i]->thread, (uint32_t)order[i]->index};
    arena_release(&explorer->scratch, mark);
    explorer->graph.walk =
        (uint32_t)explorer->graph.count + 1; /* above every mark left */
    return count;
}
