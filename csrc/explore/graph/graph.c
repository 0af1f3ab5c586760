/* SPDX-License-Identifier: MIT */
/* graph: see graph.h. */
#include "graph/graph.h"

#include <stdlib.h>
#include <string.h>

#include "graph/ahead.h"
#include "graph/array.h"
#include "graph/bases.h"
#include "graph/log.h"
#include "graph/memory.h"
#include "graph/mo.h"
#include "graph/symmetry.h"

void graph_init(struct graph *graph, enum explore_model model, jmp_buf *panic) {
    memset(graph, 0, sizeof *graph);
    graph->model = model;
    graph->panic = panic;
    graph->stamp = 1;
    graph->open = 1;
    graph->event_bytes = sizeof(struct event);
    arena_init(&graph->arena, panic);
}

void graph_free(struct graph *graph) {
    for (size_t i = 0; i < graph->thread_count; i++)
        free(graph->threads[i].events);
    for (size_t i = 0; i < graph->location_count; i++) {
        free(graph->locations[i]->mo);
        free(graph->locations[i]);
    }
    free(graph->threads);
    free(graph->sequence);
    free(graph->made);
    free(graph->executed);
    free(graph->locations);
    free(graph->buckets);
    arena_free(&graph->arena);
}

struct thread *graph_thread(struct graph *graph, uint32_t id) {
    if (id >= graph->thread_count) {
        graph->threads =
            array_grown(graph->panic, graph->threads, &graph->thread_capacity, id + 1,
                        sizeof *graph->threads);
        memset(&graph->threads[graph->thread_count], 0,
               (id + 1 - graph->thread_count) * sizeof *graph->threads);
        free(graph->executed);
        graph->executed = calloc(graph->thread_capacity, sizeof *graph->executed);
        if (!graph->executed)
            longjmp(*graph->panic, 1);
        graph->executed_stale = 1;
        for (size_t i = graph->thread_count; i <= id; i++)
            graph->threads[i].id = (uint32_t)i;
        graph->thread_count = id + 1;
    }
    return &graph->threads[id];
}

/* --- events -------------------------------------------------------------- */

struct event *graph_event(struct graph *graph, struct thread *thread, struct node *node,
                          uint8_t kind, uint8_t order) {
    struct event *event = arena_take(&graph->arena, sizeof *event);
    memset(event, 0, graph->event_bytes);
    if (graph->made_count == graph->made_capacity)
        graph->made = array_grown(graph->panic, graph->made, &graph->made_capacity,
                                  graph->made_count + 1, sizeof(struct event *));
    graph->made[graph->made_count++] = event;
    event->node = node;
    event->thread = (uint16_t)thread->id;
    event->index = graph_next_index(thread);
    event->kind = kind;
    event->order = order;
    event->stamp = graph->stamp++;
    event->message = &clock_zero;
    return event;
}

/* --- linking ------------------------------------------------------------------------------ */

static void reader_add(struct event *event) {
    event->next_reader = event->rf->readers;
    event->rf->readers = event;
}

static void reader_remove(struct event *event) {
    struct event **link = &event->rf->readers;
    while (*link != event)
        link = &(*link)->next_reader;
    *link = event->next_reader;
}

static void exit_add(struct graph *graph, struct event *event) {
    event->next_reader = graph->exited;
    graph->exited = event;
}

static void exit_remove(struct graph *graph, const struct event *event) {
    struct event **link = &graph->exited;
    while (*link != event)
        link = &(*link)->next_reader;
    *link = event->next_reader;
}

static void thread_push(struct graph *graph, struct thread *thread, struct event *event) {
    if ((size_t)event->index < thread->count) {
        event->covers = thread->events[event->index];
    } else {
        if (thread->count == thread->capacity)
            thread->events = array_grown(graph->panic, thread->events, &thread->capacity,
                                         thread->count + 1, sizeof(struct event *));
        thread->count++;
        event->covers = NULL;
    }
    thread->events[event->index] = event;
}

static uint64_t thread_bit(uint32_t id) { return UINT64_C(1) << id; }

static void link_special(struct graph *graph, struct thread *thread,
                         struct event *event) {
    switch (event->kind) {
    case ACTION_FINISH:
        thread->finish = event;
        graph->open &= ~thread_bit(thread->id);
        break;
    case ACTION_EXIT:
        exit_add(graph, event);
        graph->open &= ~thread_bit(thread->id);
        break;
    case ACTION_JOIN:
        reader_add(event);
        break;
    case ACTION_SPAWN: {
        struct thread *child = graph_thread(graph, event->child);
        graph->threads[event->thread].spawns++;
        child->spawned_by = event;
        child->root = event->root;
        graph->open |= thread_bit(event->child);
        if (graph->symmetric)
            symmetry_born(graph, event);
        break;
    }
    case ACTION_READ:
    case ACTION_WRITE:
    case ACTION_ALLOC:
    case ACTION_FREE:
        memory_link(graph, event);
        break;
    default:
        break;
    }
}

static void unlink_special(struct graph *graph, struct thread *thread,
                           struct event *event) {
    switch (event->kind) {
    case ACTION_FINISH:
        thread->finish = NULL;
        graph->open |= thread_bit(thread->id);
        break;
    case ACTION_EXIT:
        exit_remove(graph, event);
        graph->open |= thread_bit(thread->id);
        break;
    case ACTION_JOIN:
        reader_remove(event);
        break;
    case ACTION_SPAWN:
        if (graph->symmetric)
            symmetry_unborn(graph, event);
        thread->spawns--;
        graph->threads[event->child].spawned_by = NULL;
        graph->open &= ~thread_bit(event->child);
        break;
    case ACTION_READ:
    case ACTION_WRITE:
    case ACTION_ALLOC:
    case ACTION_FREE:
        memory_unlink(event);
        break;
    default:
        break;
    }
}

void graph_attach(struct graph *graph, struct event *event, uint32_t mo) {
    struct thread *thread = &graph->threads[event->thread];
    if (event->index < graph->executed[event->thread] && !ahead_has(graph, event))
        graph->executed_stale = 1;
    thread_push(graph, thread, event);
    if (event->flags & EVENT_READS) {
        reader_add(event);
        event->location->read_by |= thread_bit(event->thread);
    }
    if (event->flags & EVENT_WRITES)
        mo_insert(graph, event->location, event, mo);
    if (event->flags & EVENT_SC)
        graph->sc_count++;
    else if (event->flags & EVENT_ATOMIC)
        graph->weak_count++;
    if (!(event->flags & EVENT_ATOMIC))
        link_special(graph, thread, event);
    log_event(graph, '+', event);
}

void graph_detach(struct graph *graph, struct event *event) {
    struct thread *thread = &graph->threads[event->thread];
    log_event(graph, '-', event);
    if (!(event->flags & EVENT_ATOMIC))
        unlink_special(graph, thread, event);
    if (event->flags & EVENT_SC)
        graph->sc_count--;
    else if (event->flags & EVENT_ATOMIC)
        graph->weak_count--;
    if (event->flags & EVENT_WRITES)
        mo_remove(event->location, event);
    if (event->flags & EVENT_READS)
        reader_remove(event);
    if (event->covers)
        thread->events[event->index] = event->covers;
    else
        thread->count--;
    if (event->index < graph->executed[event->thread])
        graph->executed_stale = 1;
}

void graph_link(struct graph *graph, struct event *event, uint32_t mo) {
    if (graph->count == graph->capacity)
        graph->sequence = array_grown(graph->panic, graph->sequence, &graph->capacity,
                                      graph->count + 1, sizeof(struct event *));
    graph->sequence[graph->count++] = event;
    graph_attach(graph, event, mo);
}

void graph_unlink(struct graph *graph, struct event *event) {
    graph->count--;
    graph_detach(graph, event);
}

void graph_cut_to(struct graph *graph, size_t count) {
    while (graph->count > count)
        graph_unlink(graph, graph->sequence[graph->count - 1]);
}

struct graph_mark graph_mark(const struct graph *graph) {
    return (struct graph_mark){arena_mark(&graph->arena), graph->count, graph->made_count,
                               graph->stamp};
}

void graph_return(struct graph *graph, struct graph_mark mark) {
    graph_cut_to(graph, mark.count);
    bases_return(graph->memory, mark.made_count);
    arena_release(&graph->arena, mark.arena);
    graph->made_count = mark.made_count;
    graph->stamp = mark.stamp;
}
