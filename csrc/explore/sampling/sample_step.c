/* SPDX-License-Identifier: MIT */
/* sample_step: see sample_step.h. */
#include "sampling/sample_step.h"

#include <string.h>

#include "execution/events.h"
#include "execution/judge.h"
#include "graph/array.h"
#include "graph/byte_parts.h"
#include "graph/graph.h"
#include "graph/mo.h"
#include "graph/node.h"
#include "models/model.h"
#include "sampling/sampler.h"
#include "sampling/stands.h"

/* --- ways --------------------------------------------------------------------------------- */

static void ways_room(struct sampler *sampler, size_t count) {
    if (count > sampler->way_capacity)
        sampler->ways = array_grown(&sampler->explorer->panic, sampler->ways,
                                    &sampler->way_capacity, count, sizeof(uint32_t));
}

/* An access to a part of a location: is reading this write a way of its own? */
static int part_may_take(const struct sampler *sampler, uint32_t thread,
                         const struct node *node, const struct event *source,
                         int succeeds) {
    if (node->kind == ACTION_LOAD || (node->kind == ACTION_CAS && !succeeds))
        return part_meets(node, source);
    if (!part_is_source(node, source))
        return 0;
    return node->kind == ACTION_RMW ||
           source->mo >=
               mo_update_floor(node, thread,
                               thread_hb(&sampler->explorer->graph.threads[thread]));
}

static int read_may_take(struct sampler *sampler, uint32_t thread,
                         const struct node *node, struct event *source) {
    const struct action *action = &node->action;
    uint64_t value[2];
    if (node->kind == ACTION_RMW && mo_is_taken(source->location, source->mo))
        return 0;
    event_value_for(sampler->explorer, node, source, value);
    if (!node_guard_holds(node, value))
        return 0;
    int succeeds = node->kind == ACTION_CAS && value[0] == action->expected[0] &&
                   value[1] == action->expected[1];
    if (node_loops_on(node, value, (uint8_t)succeeds))
        return 0;
    if (node->location->mixed && !part_may_take(sampler, thread, node, source, succeeds))
        return 0;
    return !((succeeds || node->kind == ACTION_RMW) &&
             mo_is_taken(source->location, source->mo));
}

uint32_t sample_step_ways(struct sampler *sampler, uint32_t thread,
                          const struct node *node) {
    struct graph *graph = &sampler->explorer->graph;
    struct location *location = node->location;
    uint32_t last = (uint32_t)location->mo_count - 1, count = 0, mo = last;
    int plain = node->kind == ACTION_LOAD && !node->action.guard && !node->loops &&
                !location->mixed;
    ways_room(sampler, location->mo_count);
    if (plain || read_may_take(sampler, thread, node, location->mo[last]))
        sampler->ways[count++] = 0;
    if (node->kind ==
        ACTION_RMW) /* mostly all older stores are taken: no need to know the floor */
        while (mo > 0 && mo_is_taken(location, mo - 1))
            mo--;
    if (!mo)
        return count;
    uint32_t floor = mo_read_floor(node, thread, thread_hb(&graph->threads[thread]));
    while (mo-- > floor)
        if (plain || read_may_take(sampler, thread, node, location->mo[mo]))
            sampler->ways[count++] = last - mo;
    return count;
}

static uint32_t write_ways(struct sampler *sampler, uint32_t thread,
                           const struct node *node) {
    struct graph *graph = &sampler->explorer->graph;
    struct location *location = node->location;
    uint32_t end = (uint32_t)location->mo_count, count = 0;
    ways_room(sampler, end);
    uint32_t floor = mo_floor(location, thread, thread_hb(&graph->threads[thread]));
    for (uint32_t mo = end; mo > floor; mo--)
        if (!mo_is_taken(location, mo - 1))
            sampler->ways[count++] = end - mo;
    return count;
}

/* --- steps -------------------------------------------------------------------------------- */

/* Which ways the step has, for other runs that come to this junction. */
static void note_ways(struct sampler *sampler, const struct node *node, uint32_t count) {
    struct fork *fork = sampler->fork;
    if (!fork || fork->ways)
        return;
    junction_fork_know(&sampler->junctions, fork, sampler->ways, count,
                       node->kind == ACTION_CAS && (node->action.flags & ACTION_WEAK) &&
                           sampler->explorer->options->weak_failures);
}

/* The way that was drawn. */
static void note_branch(struct sampler *sampler, uint32_t way, int fails) {
    if (!sampler->fork)
        return;
    sampler->branch = junction_fork_branch(sampler->fork, way, fails);
    sampler->lost = !sampler->branch;
}

static void note_refusal(const struct sampler *sampler) {
    if (sampler->branch)
        sampler->branch->refused = 1;
}

/* A step that has but one way. */
static void note_single(struct sampler *sampler) {
    static const uint32_t only = 0;
    if (!sampler->fork)
        return;
    if (!sampler->fork->ways)
        junction_fork_know(&sampler->junctions, sampler->fork, &only, 1, 0);
    sampler->fork->is_single = 1;
    note_branch(sampler, 0, 0);
}

static uint32_t choose_way(struct sampler *sampler, const struct node *node,
                           uint32_t count) {
    return policy_way(&sampler->policy, sampler->explorer, node, sampler->ways, count);
}

static void way_forget(struct sampler *sampler, uint32_t *count, uint32_t chosen) {
    memmove(&sampler->ways[chosen], &sampler->ways[chosen + 1],
            (--*count - chosen) * sizeof(uint32_t));
}

static int wants_weak_failure(struct sampler *sampler, const struct event *event,
                              uint32_t way) {
    if (!(event->node->action.flags & ACTION_WEAK) || !event->succeeded ||
        !sampler->explorer->options->weak_failures || !part_meets(event->node, event->rf))
        return 0;
    if (sampler->branch)
        sampler->branch->may_fail = 1;
    if (!sampler->policy.fails_weakly(&sampler->policy))
        return 0;
    note_branch(sampler, way, 1);
    return 1;
}

static int step_read(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct explorer *explorer = sampler->explorer;
    struct location *location = node->location;
    uint32_t count = sample_step_ways(sampler, thread, node);
    note_ways(sampler, node, count);
    if (!count) { /* only where a schedule names a thread that cannot go on */
        sampler->policy.diverged = 1;
        return 0;
    }
    for (;;) {
        uint32_t chosen = choose_way(sampler, node, count);
        uint32_t way = sampler->ways[chosen];
        note_branch(sampler, way, 0);
        struct event *source = location->mo[location->mo_count - 1 - way];
        struct event *event = event_make_read(explorer, thread, node, source);
        if (wants_weak_failure(sampler, event, way))
            event_fails_weakly(explorer, event);
        graph_link(&explorer->graph, event, event_rmw_position(event));
        if (!way || model_allows(&explorer->graph, &explorer->scratch, event))
            return judge_stays_sound(explorer, event);
        graph_unlink(&explorer->graph, event);
        note_refusal(sampler);
        way_forget(sampler, &count, chosen);
        if (!count)
            return 0; /* only where the latest store was refused by a guard */
    }
}

static int step_write(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct explorer *explorer = sampler->explorer;
    struct event *event = event_make_write(explorer, thread, node);
    if (!judge_is_sound(explorer, event))
        return 0;
    uint32_t count = write_ways(sampler, thread, node);
    note_ways(sampler, node, count);
    for (;;) {
        uint32_t chosen = choose_way(sampler, node, count);
        uint32_t way = sampler->ways[chosen];
        note_branch(sampler, way, 0);
        graph_link(&explorer->graph, event, (uint32_t)event->location->mo_count - way);
        if (!way || model_allows(&explorer->graph, &explorer->scratch, event))
            return 1;
        graph_unlink(&explorer->graph, event);
        note_refusal(sampler);
        way_forget(sampler, &count, chosen);
    }
}

static int step_choose(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct explorer *explorer = sampler->explorer;
    uint32_t count = (uint32_t)node->action.operand[0];
    ways_room(sampler, count);
    for (uint32_t way = 0; way < count; way++)
        sampler->ways[way] = way;
    note_ways(sampler, node, count);
    struct event *event = event_make_other(explorer, thread, node);
    event->read[0] = sampler->ways[choose_way(sampler, node, count)];
    note_branch(sampler, (uint32_t)event->read[0], 0);
    graph_link(&explorer->graph, event, 0);
    return 1;
}

static int step_other(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct event *event = event_make_other(sampler->explorer, thread, node);
    if (!judge_is_sound(sampler->explorer, event))
        return 0;
    graph_link(&sampler->explorer->graph, event, 0);
    if (node->kind == ACTION_SPAWN)
        stands_expect_threads(sampler);
    note_single(sampler);
    return 1;
}

int sample_step(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct explorer *explorer = sampler->explorer;
    explorer->result->steps++;
    sampler->stand[thread].standing = STANDING_UNKNOWN;
    if (!judge_may_step(explorer, thread, node))
        return 0;
    switch (node->kind) {
    case ACTION_LOAD:
    case ACTION_RMW:
    case ACTION_CAS:
        return step_read(sampler, thread, node);
    case ACTION_STORE:
        return step_write(sampler, thread, node);
    case ACTION_CHOOSE:
        return step_choose(sampler, thread, node);
    default:
        return step_other(sampler, thread, node);
    }
}
