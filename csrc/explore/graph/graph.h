/* SPDX-License-Identifier: MIT */
/*
 * graph: one execution graph: events in program order, rf, mo, and the clocks that follow from them.
 *
 * Why       The search adds an event, takes it out again, or cuts some out and puts them back. All of
 *           it is linking and unlinking of event structs, in work proportional to what changes.
 * Rules     An event's clocks depend on its prefix alone, so they are computed once and stay right
 *           wherever the event is linked. Stamps say in which order events were added; `sequence`
 *           holds them by ascending stamp. A revisited read keeps its old stamp.
 * Source    Kokologiannakis, Marmanis, Gladstein, Vafeiadis, Truly stateless, optimal dynamic
 *           partial order reduction, POPL 2022; Lahav et al., PLDI 2017, for hb.
 */
#ifndef EXPLORE_GRAPH_H
#define EXPLORE_GRAPH_H

#include "graph/event.h"

/* A point to come back to: everything made and linked since goes. */
struct graph_mark {
    struct arena_mark arena;
    size_t count, made_count;
    uint32_t stamp;
};
struct graph_mark graph_mark(const struct graph *graph);
void graph_return(struct graph *graph, struct graph_mark mark);

void graph_init(struct graph *graph, enum explore_model model, jmp_buf *panic);
void graph_free(struct graph *graph);

struct thread *graph_thread(struct graph *graph, uint32_t id);

/* A new event of the thread, not linked; it comes after the thread's last one (or takes its place,
   if that is waiting). The caller sets rf, flags and values, then calls event_clocks. */
struct event *graph_event(struct graph *graph, struct thread *thread, struct node *node,
                          uint8_t kind, uint8_t order);

/* Into the graph; a write at position `mo` of its location. */
void graph_link(struct graph *graph, struct event *event, uint32_t mo);
void graph_unlink(struct graph *graph, struct event *event);
/* The same without touching `sequence`, for reads that are revisited. */
void graph_attach(struct graph *graph, struct event *event, uint32_t mo);
void graph_detach(struct graph *graph, struct event *event);
/* Unlinks the newest events until `count` are left. */
void graph_cut_to(struct graph *graph, size_t count);

/* Index of what the thread does next: its waiting event is taken over. */
static inline int32_t graph_next_index(const struct thread *thread) {
    const struct event *last = thread_last(thread);
    return (int32_t)thread->count - (last && (last->flags & EVENT_WAITING) ? 1 : 0);
}

#endif
