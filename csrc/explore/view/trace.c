/* SPDX-License-Identifier: MIT */
/*
 * trace: what a failure depends on, in the order in which it is told.
 *
 * Why       A failing execution may hold much that has nothing to do with the failure: what other
 *           threads did meanwhile, calls that came to nothing. Whoever reads it wants the rest.
 * Rule      Kept is the (po, rf)-prefix of the failure's places, and of what the failing thread was
 *           about to do. It is closed under po and rf, so it is an execution by itself: whatever it
 *           takes for the failure to happen is in it, and a store that no step of it has seen
 *           leaves nothing to explain.
 */
#include "view/linear.h"

static void keep_prefix(const struct graph *graph, const struct event *event,
                        uint32_t *kept) {
    for (uint32_t t = 0; t < graph->thread_count; t++) {
        uint32_t known = (uint32_t)clock_at(event->prefix, t);
        if (known > kept[t])
            kept[t] = known;
    }
    if ((uint32_t)event->index >= kept[event->thread])
        kept[event->thread] = (uint32_t)event->index + 1;
}

/* A place is an event, or what its thread was about to do: then all that the thread has done. */
static void keep_place(const struct graph *graph, const struct explore_place *place,
                       uint32_t *kept) {
    const struct thread *thread = &graph->threads[place->thread];

    if (place->index < thread->count)
        keep_prefix(graph, thread->events[place->index], kept);
    else if (thread->count)
        keep_prefix(graph, thread->events[thread->count - 1], kept);
    else if (thread->spawned_by)
        keep_prefix(graph, thread->spawned_by, kept);
}

static int is_about_all(const struct explore_failure *failure) {
    if (!failure || !failure->places)
        return 1;
    return failure->kind == FAILURE_DEADLOCK || failure->kind == FAILURE_LIVELOCK ||
           failure->kind == FAILURE_LEAK || failure->kind == FAILURE_NOT_LINEARIZABLE;
}

static const uint32_t *kept_for(const struct graph *graph,
                                const struct explore_failure *failure,
                                struct arena *scratch) {
    if (is_about_all(failure))
        return linear_all(graph, scratch);
    uint32_t *kept = arena_take_zeroed(scratch, graph->thread_count * sizeof *kept);
    for (uint32_t i = 0; i < failure->places && i < 3; i++)
        keep_place(graph, &failure->place[i], kept);
    return kept;
}

struct explore_trace explore_view_trace(const struct explore_view *view,
                                        const struct explore_failure *failure,
                                        struct explore_step *steps, size_t room) {
    struct explorer *explorer = view->explorer;
    struct graph *graph = &explorer->graph;
    struct arena_mark mark = arena_mark(&explorer->scratch);
    const uint32_t *kept = kept_for(graph, failure, &explorer->scratch);
    struct linear linear = linear_order(graph, kept, LINEAR_STATES, &explorer->scratch);

    size_t count = 0;
    for (size_t i = 0; i < linear.count && count < room; i++)
        if (!node_is_look(linear.order[i]->node))
            steps[count++] = (struct explore_step){linear.order[i]->thread,
                                                   (uint32_t)linear.order[i]->index};
    arena_release(&explorer->scratch, mark);
    return (struct explore_trace){count, linear.switches, linear.at_least};
}
