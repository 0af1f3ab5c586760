/* SPDX-License-Identifier: MIT */
#include "graph/graph.h"

#include <stdlib.h>
#include <string.h>

#include "graph/memory.h"
#include "graph/symmetry.h"

void graph_init(struct graph *graph, enum explore_model model, jmp_buf *panic) {
    memset(graph, 0, sizeof *graph);
    graph->model = model;
    graph->panic = panic;
    graph->stamp = 1;
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

/* --- locations ---------------------------------------------------------------------------- */

static size_t location_bucket(const struct graph *graph, uintptr_t address) {
    return (size_t)(((uint64_t)address * 0x9E3779B97F4A7C15u) >> 20) &
           (graph->bucket_count - 1);
}

struct location *graph_location_known(const struct graph *graph, uintptr_t address,
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

struct location *graph_location(struct graph *graph, uintptr_t address, uint32_t size,
                                int hidden) {
    struct location *location = graph_location_known(graph, address, size);
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

/* --- events and their clocks -------------------------------------------------------------- */

static const struct event *event_before(const struct thread *thread) {
    const struct event *last = thread_last(thread);
    if (last && (last->flags & EVENT_WAITING))
        return thread->count > 1 ? thread->events[thread->count - 2] : NULL;
    return last;
}

/* The same, or the event that the thread began with; NULL: the program did. */
static const struct event *begun_by(const struct thread *thread,
                                    const struct event *before) {
    return before ? before : thread->spawned_by;
}

const struct clock *graph_thread_hb(const struct thread *thread) {
    const struct event *before = begun_by(thread, event_before(thread));
    return before ? before->hb : &clock_zero;
}

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

static int acquires(uint8_t order) {
    return order != ORDER_RELAXED && order != ORDER_RELEASE;
}

static int releases(uint8_t order) { return order >= ORDER_RELEASE; }

static const struct clock *joined_with(struct graph *graph, const struct clock *clock,
                                       const struct event *event,
                                       const struct clock *event_clock) {
    return clock_join(&graph->arena, clock, event_clock, event->thread, event->index + 1);
}

/* What is known after receiving the message of `write`. */
static const struct clock *received(struct graph *graph, const struct clock *clock,
                                    uint32_t thread, const struct event *write) {
    const struct event *from = write->message_from;
    if (from && !clock_knows(clock, thread, from))
        clock = joined_with(graph, clock, from, from->hb);
    if (write->message != &clock_zero)
        clock = clock_join(&graph->arena, clock, write->message, 0, 0);
    return clock;
}

static void read_clocks(struct graph *graph, struct event *event) {
    const struct event *write = event->rf;
    if (acquires(event->order))
        event->hb = received(graph, event->hb, event->thread, write);
    else
        event->pending = received(graph, event->pending, event->thread, write);
}

/* C++20: a release sequence goes on through read-modify-writes only. */
static void write_clocks(struct graph *graph, struct event *event) {
    event->message_from = releases(event->order) ? event : event->release_fence;
    if (event->flags & EVENT_READS)
        event->message = received(graph, &clock_zero, UINT32_MAX, event->rf);
}

static void fence_clocks(struct graph *graph, struct event *event) {
    if (acquires(event->order))
        event->hb = clock_join(&graph->arena, event->hb, event->pending, 0, 0);
    if (releases(event->order))
        event->release_fence = event;
}

/* Twins add to what stays, so from the first of them on it is a clock of its own. */
static void stays_clock(struct graph *graph, struct event *event,
                        const struct clock *before) {
    event->stays = clock_join(&graph->arena, event->prefix, before, 0, 0);
    if (event->rf)
        event->stays = clock_join(&graph->arena, event->stays, event->rf->stays, 0, 0);
    symmetry_clock(graph, event);
}

/* The child begins with these clocks, and where its own events begin the spawn is part of them. They
   are the event's own, because what is linked again after a cut must not need new ones. */
static void spawn_clocks(struct graph *graph, struct event *event) {
    int twinned = event->stays != event->prefix;
    event->hb = joined_with(graph, event->hb, event, event->hb);
    event->prefix = joined_with(graph, event->prefix, event, event->prefix);
    event->stays =
        twinned ? joined_with(graph, event->stays, event, event->stays) : event->prefix;
}

void graph_clocks(struct graph *graph, struct event *event) {
    const struct thread *thread = &graph->threads[event->thread];
    const struct event *own = event_before(thread), *before = begun_by(thread, own);
    event->hb = before ? before->hb : &clock_zero;
    event->prefix = before ? before->prefix : &clock_zero;
    event->pending = own ? own->pending : &clock_zero;
    event->release_fence = own ? own->release_fence : NULL;
    if (event->rf && !clock_knows(event->prefix, event->thread, event->rf))
        event->prefix = joined_with(graph, event->prefix, event->rf, event->rf->prefix);
    event->stays = event->prefix;
    if (graph->symmetric)
        stays_clock(graph, event, before ? before->stays : &clock_zero);
    if (event->kind == ACTION_SPAWN)
        spawn_clocks(graph, event);
    if (graph->model != EXPLORE_RC11) {
        event->hb = event->prefix;
        return;
    }
    if (event->kind == ACTION_JOIN) {
        event->hb = joined_with(graph, event->hb, event->rf, event->rf->hb);
    } else if (event->kind == ACTION_FENCE) {
        fence_clocks(graph, event);
    } else if (event->flags & EVENT_ATOMIC) {
        if (event->flags & EVENT_READS)
            read_clocks(graph, event);
        if (event->flags & EVENT_WRITES)
            write_clocks(graph, event);
    }
}

/* --- linking ------------------------------------------------------------------------------ */

void mo_insert(struct graph *graph, struct location *location, struct event *event,
               uint32_t position) {
    location->mo = array_grown(graph->panic, location->mo, &location->mo_capacity,
                               location->mo_count + 1, sizeof(struct event *));
    for (size_t i = location->mo_count++; i > position; i--) {
        location->mo[i] = location->mo[i - 1];
        location->mo[i]->mo = (uint32_t)i;
    }
    location->mo[position] = event;
    event->mo = position;
}

void mo_remove(struct location *location, const struct event *event) {
    location->mo_count--;
    for (size_t i = event->mo; i < location->mo_count; i++) {
        location->mo[i] = location->mo[i + 1];
        location->mo[i]->mo = (uint32_t)i;
    }
}

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

static void link_special(struct graph *graph, struct thread *thread,
                         struct event *event) {
    switch (event->kind) {
    case ACTION_FINISH:
        thread->finish = event;
        break;
    case ACTION_EXIT:
        graph->exited = event;
        break;
    case ACTION_JOIN:
        reader_add(event);
        break;
    case ACTION_SPAWN: {
        struct thread *child = graph_thread(graph, event->child);
        graph->threads[event->thread].spawns++;
        child->spawned_by = event;
        child->root = event->root;
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
        break;
    case ACTION_EXIT:
        graph->exited = NULL;
        break;
    case ACTION_JOIN:
        reader_remove(event);
        break;
    case ACTION_SPAWN:
        if (graph->symmetric)
            symmetry_unborn(graph, event);
        thread->spawns--;
        graph->threads[event->child].spawned_by = NULL;
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
    if (event->index < graph->executed[event->thread])
        graph->executed_stale = 1;
    thread_push(graph, thread, event);
    if (event->flags & EVENT_READS)
        reader_add(event);
    if (event->flags & EVENT_WRITES) {
        mo_insert(graph, event->location, event, mo);
        if (event->location->mixed)
            memory_link_mixed(graph, event);
    }
    if (event->flags & EVENT_SC)
        graph->sc_count++;
    else if (event->flags & EVENT_ATOMIC)
        graph->weak_count++;
    if (!(event->flags & EVENT_ATOMIC))
        link_special(graph, thread, event);
}

void graph_detach(struct graph *graph, struct event *event) {
    struct thread *thread = &graph->threads[event->thread];
    if (!(event->flags & EVENT_ATOMIC))
        unlink_special(graph, thread, event);
    if (event->flags & EVENT_SC)
        graph->sc_count--;
    else if (event->flags & EVENT_ATOMIC)
        graph->weak_count--;
    if (event->flags & EVENT_WRITES) {
        if (event->bases)
            bases_remove(event);
        mo_remove(event->location, event);
    }
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

uint32_t graph_floor(const struct location *location, uint32_t thread,
                     const struct clock *hb) {
    uint32_t position = (uint32_t)location->mo_count;
    while (--position > 0) {
        const struct event *write = location->mo[position];
        if (clock_knows(hb, thread, write))
            break;
        const struct event *reader = write->readers;
        while (reader &&
               ((reader->flags & EVENT_WAITING) || !clock_knows(hb, thread, reader)))
            reader = reader->next_reader;
        if (reader)
            break;
    }
    return position;
}
