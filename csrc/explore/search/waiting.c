/* SPDX-License-Identifier: MIT */
/* waiting: see waiting.h. */
#include "search/waiting.h"

#include "execution/bound.h"
#include "execution/events.h"
#include "execution/judge.h"
#include "execution/loops.h"
#include "execution/next.h"
#include "execution/rounds.h"
#include "graph/byte_parts.h"
#include "graph/graph.h"
#include "graph/mo.h"
#include "graph/node.h"
#include "graph/symmetry.h"
#include "models/model.h"

/* Has something been written that a sleeping thread has not declined yet? */
static int sleeper_wakes(struct explorer *explorer, const struct thread *thread,
                         const struct event *sleeper) {
    const struct location *location = sleeper->location;
    uint32_t newer = sleeper->child;
    size_t mo = location->mo_count;
    uint32_t floor = 0;
    while (mo-- > floor) {
        struct event *source = location->mo[mo];
        if (source->stamp <= newer || !part_meets(sleeper->node, source))
            continue;
        if (!floor)
            floor = mo_read_floor(sleeper->node, thread->id, thread_hb(thread));
        if (mo < floor)
            return 0;
        uint64_t value[2];
        event_value_for(explorer, sleeper->node, source, value);
        if (!node_guard_holds(sleeper->node, value))
            continue;
        if (node_cas_succeeds(sleeper->node, value))
            return 1;
        if (!node_loops_on(sleeper->node, value, 0) || explorer->options->shared)
            return 1;
    }
    return 0;
}

int waiting_stays_sound(struct explorer *explorer, struct event *event) {
    if (!(event->flags & EVENT_WAITING))
        return judge_stays_sound(explorer, event);
    if (event->location->hidden || event->node->action.guard ||
        judge_finds_nothing(explorer, event))
        return 1;
    event->flags &= (uint8_t)~EVENT_WAITING; /* or the model would not look at it */
    int sound = !model_allows(&explorer->graph, &explorer->scratch, event) ||
                judge_stays_sound(explorer, event);
    event->flags |= EVENT_WAITING;
    return sound;
}

int waiting_is_vain(struct explorer *explorer, struct event *event) {
    if (!(event->flags & EVENT_WAITING))
        return 0;
    if (!event->location->hidden) {
        graph_link(&explorer->graph, event, 0);
        waiting_stays_sound(explorer, event);
    }
    return 1;
}

/* Writes that were there before the read, newer than the one it reads: it can never be revisited. */
static int read_is_stale(const struct event *read) {
    const struct location *location = read->location;
    for (size_t mo = location->mo_count; --mo > read->rf->mo;)
        if (location->mo[mo] != read && location->mo[mo]->stamp < read->stamp &&
            part_meets(read->node, location->mo[mo]))
            return 1;
    return 0;
}

/* A thread came back to a read: its last read has not got what it waits for. 0: leads nowhere. */
static int loop_found(struct explorer *explorer, struct thread *thread,
                      struct node *await) {
    struct graph *graph = &explorer->graph;
    size_t behind;
    struct event *read = loop_last_read(thread, &behind);
    if (!read)
        return 1;
    read->node->loops = await->loops = 1;
    if (read_is_stale(read) || event_failed_weakly(read))
        return 0;
    size_t extra = behind + (read->flags & EVENT_WRITES ? 1 : 0);
    for (size_t i = graph->count - extra; i < graph->count; i++)
        if (graph->sequence[i]->thread != thread->id)
            return 1;
    graph_cut_to(graph, graph->count - extra);
    int cut = (read->flags & EVENT_WRITES) != 0;
    event_waits(read);
    if (cut)
        graph_link(graph, read, 0);
    return 1;
}

/*
 * A thread whose read was revisited takes its private steps first, so that a loop that comes back to
 * the read is seen before any other thread makes use of it. 0: nothing more to see.
 */
static int attend(struct explorer *explorer, uint32_t *who, struct node **node) {
    uint32_t thread = explorer->attention - 1;
    if (explorer->graph.symmetric)
        thread = symmetry_first(&explorer->graph, thread);
    *who = thread;
    *node = next_node(explorer, thread);
    const struct event *last = thread_last(&explorer->graph.threads[thread]);
    int private = *node && !(last && last->flags & EVENT_WAITING) &&
                  ((*node)->kind == ACTION_YIELD || (*node)->kind == ACTION_READ ||
                   (*node)->kind == ACTION_WRITE) &&
                  !bound_is_reached(explorer, &explorer->graph.threads[thread], *node);
    if (!private)
        explorer->attention = 0;
    return private;
}

/*
 * Nobody else can go on: of those that stand behind a round the first whose round was noticed does.
 * They are the last to be asked, because who notices may be in the middle of a round in vain.
 */
static int round_to_leave(struct explorer *explorer, uint64_t standing,
                          struct node **node) {
    uint64_t noticed = standing & ~rounds_in_vain(explorer);
    if (explorer->abandoned)
        return -2;
    if (!noticed)
        return -1;
    uint32_t thread = (uint32_t)__builtin_ctzll(noticed);
    *node = next_node(explorer, thread);
    return (int)thread;
}

/*
 * A thread that never ends is no failure where another one then ends the process; so the others go
 * first. A process that has ended does not wait for it.
 */
static inline int is_put_off(struct explorer *explorer, const struct thread *thread,
                             const struct node *node) {
    if (node->kind != ACTION_FAIL && !explorer->graph.exited)
        return 0;
    return next_runs_on(explorer, thread, node) || next_never_ends(node);
}

/* The first thread that never ends, if it is a failure that it does not; -1: there is none. */
static int put_off_thread(struct explorer *explorer, struct node **node) {
    struct graph *graph = &explorer->graph;
    for (size_t i = 0; !graph->exited && i < graph->thread_count; i++) {
        *node = next_node(explorer, (uint32_t)i);
        if (*node && next_never_ends(*node))
            return (int)i;
    }
    return -1;
}

/* Nothing that a thread with a lower number could wait for. */
static int concerns_nobody(const struct event *event) {
    switch (event->kind) {
    case ACTION_LOAD:
        return !(event->flags & EVENT_WAITING);
    case ACTION_READ:
    case ACTION_WRITE:
    case ACTION_ALLOC:
    case ACTION_FREE:
        return !event->bases;
    case ACTION_FENCE:
    case ACTION_YIELD:
    case ACTION_CALL:
    case ACTION_RETURN:
    case ACTION_CHOOSE:
        return 1;
    default:
        return 0;
    }
}

struct node *waiting_first_again(struct explorer *explorer) {
    uint32_t who = explorer->first - 1;
    struct thread *thread = &explorer->graph.threads[who];
    const struct event *last = thread_last(thread);
    if (explorer->options->bound || explorer->graph.exited || !last ||
        !concerns_nobody(last))
        return NULL;
    struct node *node = next_known(thread);
    if (!node)
        node = next_node(explorer, who);
    return node && node_goes_on(node) ? node : NULL;
}

int waiting_any(struct explorer *explorer, struct node **node) {
    struct graph *graph = &explorer->graph;
    uint64_t standing = 0;
    uint32_t attended = explorer->attention;
    uint32_t who = 0; /* told with a node */
    explorer->first = 0;
    if (attended && attend(explorer, &who, node))
        return (int)who;
    if (explorer->abandoned)
        return -2;
    if (attended && *node && (*node)->kind == ACTION_AWAIT &&
        !loop_found(explorer, &graph->threads[who], *node))
        return -2;
    int put_off = 0, loops = 0;
    for (uint64_t open = graph->open; open; open &= open - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(open);
        *node = next_known(&graph->threads[i]);
        if (!*node)
            *node = next_node(explorer, i);
        if (explorer->abandoned)
            return -2;
        if (!*node)
            continue;
        struct thread *thread = &graph->threads[i];
        if (bound_is_reached(explorer, thread, *node))
            continue;
        if (is_put_off(explorer, thread, *node)) {
            put_off = 1;
            continue;
        }
        struct event *last = thread_last(thread);
        if (last && (last->flags & EVENT_WAITING)) {
            if (sleeper_wakes(explorer, thread, last))
                return (int)i;
        } else if ((*node)->kind == ACTION_AWAIT) {
            loops = 1;
            if (!loop_found(explorer, thread, *node))
                return -2;
        } else if ((*node)->kind == ACTION_ROUND) {
            standing |= UINT64_C(1) << i;
        } else if (node_enabled(&explorer->graph, *node)) {
            explorer->first = loops ? 0 : i + 1;
            return (int)i;
        }
    }
    int left = standing ? round_to_leave(explorer, standing, node) : -1;
    return left == -1 && put_off ? put_off_thread(explorer, node) : left;
}
