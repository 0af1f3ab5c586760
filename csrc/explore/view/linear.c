/* SPDX-License-Identifier: MIT */
/* linear: see linear.h. A*: Hart, Nilsson, Raphael, IEEE Trans. SSC 4(2), 1968. */
#include "view/linear.h"

#include <string.h>

#include "view/precedence.h"

enum { NO_STATE = UINT32_MAX };

struct state {
    uint32_t parent;  /* NO_STATE: the beginning */
    uint32_t thread;  /* that ran to get here */
    uint32_t runs;    /* so far */
    uint32_t next;    /* in the list of those with the same sum of runs and bound */
    uint32_t in_hash; /* next one in the bucket */
};

struct ordering {
    const struct precedence *precedence;
    struct arena *scratch;
    size_t threads;
    uint32_t *turns; /* per event: most changes of thread on a path that begins with it */
    uint32_t *earlier; /* per event: the same of paths that end with it */
    struct state *states;
    uint32_t *positions; /* threads per state */
    size_t count, most;
    uint32_t *buckets, bucket_count;
    uint32_t *open, open_count; /* heads of lists, by runs + bound */
};

static uint32_t *position_of(const struct ordering *ordering, uint32_t state) {
    return &ordering->positions[state * ordering->threads];
}

/* --- how far a thread can go -------------------------------------------------------------- */

static int can_follow(const struct precedence *precedence, const uint32_t *position,
                      uint32_t number) {
    for (uint32_t i = precedence->before_start[number];
         i < precedence->before_start[number + 1]; i++) {
        uint32_t thread = precedence->events[precedence->before[i]]->thread;
        if (precedence->before[i] - precedence->first[thread] >= position[thread])
            return 0;
    }
    return 1;
}

/* Where the thread stands after a run as long as possible. */
static uint32_t run_end(const struct precedence *precedence, const uint32_t *position,
                        uint32_t thread) {
    uint32_t at = position[thread];
    while (at < precedence->kept[thread] &&
           can_follow(precedence, position, precedence->first[thread] + at))
        at++;
    return at;
}

/* --- bounds ------------------------------------------------------------------------------- */

static void raise_to(uint32_t *value, uint32_t least) {
    if (*value < least)
        *value = least;
}

/* An order of some kind, greedily: the thread that can go on longest runs. */
static uint32_t greedy_order(const struct precedence *precedence, uint32_t *order,
                             struct arena *scratch) {
    uint32_t *position =
        arena_take_zeroed(scratch, precedence->threads * sizeof *position);
    size_t done = 0;
    uint32_t runs = 0;

    while (done < precedence->count) {
        uint32_t best = 0, longest = 0;
        for (uint32_t t = 0; t < precedence->threads; t++) {
            uint32_t length = run_end(precedence, position, t) - position[t];
            if (length > longest) {
                longest = length;
                best = t;
            }
        }
        if (!longest)
            break; /* constraints have no cycle: never */
        for (; longest; longest--)
            order[done++] = precedence->first[best] + position[best]++;
        runs++;
    }
    return runs;
}

/* Changes of thread along paths of constraints, from the end and from the beginning. */
static void count_turns(struct ordering *ordering, const uint32_t *order) {
    const struct precedence *precedence = ordering->precedence;
    size_t bytes = (precedence->count + 1) * sizeof(uint32_t);

    ordering->turns = arena_take_zeroed(ordering->scratch, bytes);
    ordering->earlier = arena_take_zeroed(ordering->scratch, bytes);
    for (size_t i = 0; i < precedence->count; i++) {
        uint32_t event = order[i];
        if (event > precedence->first[precedence->events[event]->thread])
            raise_to(&ordering->earlier[event], ordering->earlier[event - 1]);
        for (uint32_t k = precedence->before_start[event];
             k < precedence->before_start[event + 1]; k++)
            raise_to(&ordering->earlier[event],
                     ordering->earlier[precedence->before[k]] + 1);
    }
    for (size_t i = precedence->count; i-- > 0;) {
        uint32_t event = order[i];
        if (event > precedence->first[precedence->events[event]->thread])
            raise_to(&ordering->turns[event - 1], ordering->turns[event]);
        for (uint32_t k = precedence->before_start[event];
             k < precedence->before_start[event + 1]; k++)
            raise_to(&ordering->turns[precedence->before[k]], ordering->turns[event] + 1);
    }
}

/* No order makes fewer runs from here. */
static uint32_t runs_left(const struct ordering *ordering, const uint32_t *position) {
    const struct precedence *precedence = ordering->precedence;
    uint32_t threads = 0, longest = 0;

    for (uint32_t t = 0; t < precedence->threads; t++) {
        if (position[t] == precedence->kept[t])
            continue;
        threads++;
        raise_to(&longest, ordering->turns[precedence->first[t] + position[t]] + 1);
    }
    return threads > longest ? threads : longest;
}

/* --- the search --------------------------------------------------------------------------- */

static uint32_t *bucket_of(const struct ordering *ordering, const uint32_t *position) {
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t t = 0; t < ordering->threads; t++)
        hash = (hash ^ position[t]) * 16777619u;
    return &ordering->buckets[(hash ^ hash >> 15) & (ordering->bucket_count - 1)];
}

static void state_open(struct ordering *ordering, uint32_t state) {
    uint32_t sum =
        ordering->states[state].runs + runs_left(ordering, position_of(ordering, state));
    ordering->states[state].next = ordering->open[sum];
    ordering->open[sum] = state;
}

/* The positions lie behind those of the last state: a new one, unless known with as few runs. */
static void state_reached(struct ordering *ordering, uint32_t parent, uint32_t thread,
                          uint32_t runs) {
    size_t bytes = ordering->threads * sizeof(uint32_t);
    const uint32_t *position = position_of(ordering, (uint32_t)ordering->count);
    uint32_t *bucket = bucket_of(ordering, position);
    uint32_t state = *bucket;

    while (state != NO_STATE &&
           memcmp(position_of(ordering, state), position, bytes) != 0)
        state = ordering->states[state].in_hash;
    if (state != NO_STATE && ordering->states[state].runs <= runs)
        return;
    /* One that was reached with more runs stays in its list and comes to nothing. */
    state = (uint32_t)ordering->count++;
    ordering->states[state] = (struct state){
        .parent = parent, .thread = thread, .runs = runs, .in_hash = *bucket};
    *bucket = state;
    state_open(ordering, state);
}

static void state_expand(struct ordering *ordering, uint32_t state) {
    const uint32_t *from = position_of(ordering, state);

    for (uint32_t t = 0; t < ordering->threads && ordering->count < ordering->most; t++) {
        uint32_t end = run_end(ordering->precedence, from, t);
        if (end == from[t])
            continue;
        uint32_t *to = position_of(ordering, (uint32_t)ordering->count);
        memcpy(to, from, ordering->threads * sizeof *to);
        to[t] = end;
        state_reached(ordering, state, t, ordering->states[state].runs + 1);
    }
}

static int is_end(const struct ordering *ordering, uint32_t state) {
    const uint32_t *position = position_of(ordering, state);
    return memcmp(position, ordering->precedence->kept,
                  ordering->threads * sizeof *position) == 0;
}

static void search_open(struct ordering *ordering, size_t most) {
    size_t threads = ordering->threads;
    struct arena *scratch = ordering->scratch;
    size_t sums = ordering->precedence->count + 2;

    ordering->most = most;
    ordering->states = arena_take(scratch, (most + 1) * sizeof *ordering->states);
    ordering->positions =
        arena_take(scratch, (most + 1) * threads * sizeof *ordering->positions);
    for (ordering->bucket_count = 1024; ordering->bucket_count < most;)
        ordering->bucket_count *= 2;
    ordering->buckets =
        arena_take(scratch, ordering->bucket_count * sizeof *ordering->buckets);
    memset(ordering->buckets, 0xFF, ordering->bucket_count * sizeof *ordering->buckets);
    ordering->open = arena_take(scratch, sums * sizeof *ordering->open);
    memset(ordering->open, 0xFF, sums * sizeof *ordering->open);
    ordering->open_count = (uint32_t)sums;
    memset(ordering->positions, 0, threads * sizeof *ordering->positions);
    state_reached(ordering, NO_STATE, 0, 0);
}

/* The last state of a shortest order; NO_STATE: too many states. Either way `runs` are needed. */
static uint32_t search_runs(struct ordering *ordering, uint32_t *runs) {
    for (*runs = 0; *runs < ordering->open_count; ++*runs)
        while (ordering->open[*runs] != NO_STATE) {
            uint32_t state = ordering->open[*runs];
            ordering->open[*runs] = ordering->states[state].next;
            if (is_end(ordering, state))
                return state;
            state_expand(ordering, state);
            if (ordering->count == ordering->most)
                return NO_STATE;
        }
    return NO_STATE;
}

static void order_back(const struct ordering *ordering, uint32_t state, uint32_t *order) {
    size_t at = ordering->precedence->count;

    for (; ordering->states[state].parent != NO_STATE;
         state = ordering->states[state].parent) {
        uint32_t thread = ordering->states[state].thread;
        uint32_t first = ordering->precedence->first[thread];
        uint32_t begin = position_of(ordering, ordering->states[state].parent)[thread];
        for (uint32_t end = position_of(ordering, state)[thread]; end-- > begin;)
            order[--at] = first + end;
    }
}

/* --- results ------------------------------------------------------------------------------ */

static uint32_t best_order(const struct precedence *precedence, uint32_t *order,
                           size_t most_states, struct arena *scratch,
                           uint32_t *at_least) {
    struct ordering ordering = {
        .precedence = precedence, .scratch = scratch, .threads = precedence->threads};
    uint32_t runs = greedy_order(precedence, order, scratch);

    *at_least = 0;
    if (!most_states)
        return runs;
    uint32_t *none = arena_take_zeroed(scratch, precedence->threads * sizeof *none);
    count_turns(&ordering, order);
    *at_least = runs_left(&ordering, none);
    if (*at_least == runs)
        return runs; /* the greedy one is as good as any */
    search_open(&ordering, most_states);
    uint32_t last = search_runs(&ordering, at_least);
    if (last == NO_STATE)
        return runs;
    order_back(&ordering, last, order);
    return *at_least;
}

struct linear linear_order(struct graph *graph, const uint32_t *kept, size_t most_states,
                           struct arena *scratch) {
    struct linear linear = {0};
    struct precedence precedence = precedence_of(graph, kept, scratch);
    uint32_t *order = arena_take(scratch, (precedence.count + 1) * sizeof *order);
    uint32_t least;
    uint32_t runs = best_order(&precedence, order, most_states, scratch, &least);

    for (size_t t = 0; t < graph->thread_count; t++)
        for (size_t i = 0; i < graph->threads[t].count; i++)
            graph->threads[t].events[i]->visited = 0;
    linear.count = precedence.count;
    linear.order = arena_take(scratch, (linear.count + 1) * sizeof *linear.order);
    for (size_t i = 0; i < linear.count; i++) {
        linear.order[i] = precedence.events[order[i]];
        linear.order[i]->visited = (uint32_t)i + 1;
    }
    if (graph->walk <= linear.count) /* marks of walks are above every mark left here */
        graph->walk = (uint32_t)linear.count + 1;
    linear.switches = runs ? runs - 1 : 0;
    linear.at_least = least ? least - 1 : 0;
    return linear;
}

const uint32_t *linear_all(const struct graph *graph, struct arena *scratch) {
    uint32_t *kept = arena_take(scratch, (graph->thread_count + 1) * sizeof *kept);
    for (size_t t = 0; t < graph->thread_count; t++)
        kept[t] = (uint32_t)graph->threads[t].count;
    return kept;
}
