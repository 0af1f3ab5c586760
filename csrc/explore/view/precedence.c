/* SPDX-License-Identifier: MIT */
/* precedence: see precedence.h. Components: Tarjan, SIAM J. Comput. 1(2), 1972, without recursion. */
#include "view/precedence.h"
#include "graph/array.h"
#include "graph/mo.h"
#include "graph/node.h"

#include <stdlib.h>

enum { NOBODY = -1, CLOSED_UP_TO = 64 /* writes of a location with all their pairs */ };
enum strength { ALWAYS, MO, FR };

struct edge_list {
    struct pair {
        uint32_t from, to;
        uint8_t strength, dropped;
    } *pairs;
    size_t count, capacity;
    const struct precedence *precedence;
    jmp_buf *panic;
};

/* --- which edges there are ---------------------------------------------------------------- */

/* What stands behind an entry in mo or an rf. */
static const struct event *real_event(const struct event *event) {
    return event->flags & EVENT_BASE ? event->rf : event;
}

/* The event's number; NOBODY: an initial value, left out, or a read that was taken over. */
static int64_t number_of(const struct precedence *precedence, const struct event *event) {
    event = real_event(event);
    if (event->index < 0 || event->thread >= precedence->threads ||
        (uint32_t)event->index >= precedence->kept[event->thread])
        return NOBODY;
    uint32_t number =
        precedence_number(precedence, event->thread, (uint32_t)event->index);
    return precedence->events[number] == event ? (int64_t)number : NOBODY;
}

static void edge_add(struct edge_list *list, int64_t from, int64_t to,
                     enum strength strength) {
    if (from == NOBODY || to == NOBODY || from == to ||
        list->precedence->events[from]->thread == list->precedence->events[to]->thread)
        return; /* within a thread po decides, and always agrees */
    list->pairs = array_grown(list->panic, list->pairs, &list->capacity, list->count + 1,
                              sizeof *list->pairs);
    list->pairs[list->count++] =
        (struct pair){(uint32_t)from, (uint32_t)to, (uint8_t)strength, 0};
}

static void event_edges(struct edge_list *list, const struct graph *graph, uint32_t to) {
    const struct precedence *precedence = list->precedence;
    const struct event *event = precedence->events[to];

    if (event->rf)
        edge_add(list, number_of(precedence, event->rf), to, ALWAYS);
    if (event->index == 0 && graph->threads[event->thread].spawned_by)
        edge_add(list, number_of(precedence, graph->threads[event->thread].spawned_by),
                 to, ALWAYS);
    if (event == graph->exited) /* it ends the process: everything else came before */
        for (size_t t = 0; t < precedence->threads; t++)
            if (precedence->kept[t])
                edge_add(list, (int64_t)precedence->first[t + 1] - 1, to, ALWAYS);
}

/* From a write and those who read it to a later write. */
static void mo_edges(struct edge_list *list, const struct event *write, int64_t next) {
    const struct precedence *precedence = list->precedence;

    edge_add(list, number_of(precedence, write), next, MO);
    for (const struct event *reader = write->readers; reader;
         reader = reader->next_reader)
        edge_add(list, number_of(precedence, reader), next, FR);
}

static void location_edges(struct edge_list *list, const struct location *location) {
    const struct precedence *precedence = list->precedence;
    size_t few = location->mo_count <= CLOSED_UP_TO;

    for (size_t i = 0; i + 1 < location->mo_count; i++) {
        if (i && number_of(precedence, location->mo[i]) == NOBODY)
            continue;
        for (size_t k = i + 1; k < location->mo_count; k++) {
            int64_t next = number_of(precedence, location->mo[k]);
            mo_edges(list, location->mo[i], next);
            if (next != NOBODY && !few)
                break;
        }
    }
}

/* --- components --------------------------------------------------------------------------- */

struct walk {
    const struct precedence *precedence;
    uint32_t *start, *to; /* successors, with the next event of the thread */
    uint32_t *low, *index, *component, *at;
    uint32_t *stack, *path;
    size_t stack_count, path_count;
    uint32_t next_index, next_component;
};

static int takes_part(const struct pair *pair, enum strength strength) {
    return pair->strength <= strength && !pair->dropped;
}

static void successors(struct walk *walk, const struct edge_list *list,
                       enum strength strength, struct arena *scratch) {
    size_t count = walk->precedence->count;
    walk->start = arena_take_zeroed(scratch, (count + 2) * sizeof *walk->start);
    walk->to = arena_take(scratch, (list->count + 1) * sizeof *walk->to);

    for (size_t i = 0; i < list->count; i++)
        if (takes_part(&list->pairs[i], strength))
            walk->start[list->pairs[i].from + 2]++;
    for (size_t i = 2; i < count + 2; i++)
        walk->start[i] += walk->start[i - 1];
    for (size_t i = 0; i < list->count; i++)
        if (takes_part(&list->pairs[i], strength))
            walk->to[walk->start[list->pairs[i].from + 1]++] = list->pairs[i].to;
}

/* The k-th successor, its next event in po first; UINT32_MAX after the last. */
static uint32_t successor(const struct walk *walk, uint32_t from, uint32_t k) {
    const struct precedence *precedence = walk->precedence;
    const struct event *event = precedence->events[from];
    int is_last = from + 1 == precedence->first[event->thread + 1u];

    if (!is_last && k == 0)
        return from + 1;
    k -= is_last ? 0u : 1u;
    return walk->start[from] + k < walk->start[from + 1] ? walk->to[walk->start[from] + k]
                                                         : UINT32_MAX;
}

static void enter(struct walk *walk, uint32_t event) {
    walk->index[event] = walk->low[event] = ++walk->next_index;
    walk->at[event] = 0;
    walk->stack[walk->stack_count++] = event;
    walk->path[walk->path_count++] = event;
}

static void leave(struct walk *walk, uint32_t event) {
    walk->path_count--;
    if (walk->path_count) {
        uint32_t parent = walk->path[walk->path_count - 1];
        if (walk->low[event] < walk->low[parent])
            walk->low[parent] = walk->low[event];
    }
    if (walk->low[event] != walk->index[event])
        return;
    walk->next_component++;
    uint32_t member;
    do {
        member = walk->stack[--walk->stack_count];
        walk->component[member] = walk->next_component;
    } while (member != event);
}

static void components_from(struct walk *walk, uint32_t root) {
    enter(walk, root);
    while (walk->path_count) {
        uint32_t event = walk->path[walk->path_count - 1];
        uint32_t next = successor(walk, event, walk->at[event]++);
        if (next == UINT32_MAX)
            leave(walk, event);
        else if (!walk->index[next])
            enter(walk, next);
        else if (!walk->component[next] && walk->index[next] < walk->low[event])
            walk->low[event] = walk->index[next];
    }
}

/* Gives up the edges of this strength that lie on a cycle. */
static void drop_cyclic(struct edge_list *list, enum strength strength,
                        struct arena *scratch) {
    struct arena_mark mark = arena_mark(scratch);
    struct walk walk = {.precedence = list->precedence};
    size_t bytes = (list->precedence->count + 1) * sizeof(uint32_t);

    successors(&walk, list, strength, scratch);
    walk.low = arena_take(scratch, bytes);
    walk.index = arena_take_zeroed(scratch, bytes);
    walk.component = arena_take_zeroed(scratch, bytes);
    walk.at = arena_take(scratch, bytes);
    walk.stack = arena_take(scratch, bytes);
    walk.path = arena_take(scratch, bytes);
    for (uint32_t event = 0; event < list->precedence->count; event++)
        if (!walk.index[event])
            components_from(&walk, event);
    for (size_t i = 0; i < list->count; i++) {
        struct pair *pair = &list->pairs[i];
        if (pair->strength == strength &&
            walk.component[pair->from] == walk.component[pair->to])
            pair->dropped = 1;
    }
    arena_release(scratch, mark);
}

/* --- all together ------------------------------------------------------------------------- */

static void number_events(struct precedence *precedence, const struct graph *graph,
                          struct arena *scratch) {
    precedence->first =
        arena_take(scratch, (precedence->threads + 1) * sizeof *precedence->first);
    for (size_t t = 0; t < precedence->threads; t++) {
        precedence->first[t] = (uint32_t)precedence->count;
        precedence->count += precedence->kept[t];
    }
    precedence->first[precedence->threads] = (uint32_t)precedence->count;
    precedence->events =
        arena_take(scratch, (precedence->count + 1) * sizeof *precedence->events);
    for (size_t t = 0; t < precedence->threads; t++)
        for (uint32_t i = 0; i < precedence->kept[t]; i++)
            precedence->events[precedence->first[t] + i] = graph->threads[t].events[i];
}

static void list_before(struct precedence *precedence, const struct edge_list *list,
                        struct arena *scratch) {
    size_t count = precedence->count;
    uint32_t *start = arena_take_zeroed(scratch, (count + 2) * sizeof *start);
    uint32_t *before = arena_take(scratch, (list->count + 1) * sizeof *before);

    for (size_t i = 0; i < list->count; i++)
        if (!list->pairs[i].dropped)
            start[list->pairs[i].to + 2]++;
    for (size_t i = 2; i < count + 2; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < list->count; i++)
        if (!list->pairs[i].dropped)
            before[start[list->pairs[i].to + 1]++] = list->pairs[i].from;
    precedence->before_start = start;
    precedence->before = before;
}

struct precedence precedence_of(const struct graph *graph, const uint32_t *kept,
                                struct arena *scratch) {
    struct precedence precedence = {.threads = graph->thread_count, .kept = kept};
    struct edge_list list = {.precedence = &precedence, .panic = scratch->panic};

    number_events(&precedence, graph, scratch);
    for (uint32_t number = 0; number < precedence.count; number++)
        event_edges(&list, graph, number);
    for (size_t l = 0; l < graph->location_count; l++)
        location_edges(&list, graph->locations[l]);
    drop_cyclic(&list, MO, scratch);
    drop_cyclic(&list, FR, scratch);
    list_before(&precedence, &list, scratch);
    free(list.pairs);
    return precedence;
}
