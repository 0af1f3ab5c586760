/* SPDX-License-Identifier: MIT */
/*
 * sample: one run after another, each choice made by a policy; replay is a run, too.
 *
 * Why       Programs too big to exhaust. Runs are made of the same graphs as the search's, on remembered
 *           behaviour, so sampling sees every weak behaviour and mostly runs no code either.
 * Eager     Steps that no other thread can tell from a later one (creating and joining threads, plain
 *           accesses, fences) are taken at once and are no choice: races and order are judged by
 *           happens-before, not by time. What comes before the first choice is kept for all runs.
 * Consistency  Any step that takes the latest store or goes to the end is consistent; for the others the
 *           model is asked, and another way is drawn if it refuses.
 */
#include <stdlib.h>
#include <string.h>

#include "policy.h"

struct sampler {
    struct explorer *explorer;
    struct policy policy;
    struct ready *ready;
    size_t ready_capacity;
    uint32_t *ways;
    size_t way_capacity;
    uint8_t at_first_choice; /* stop where the policy would be asked */
    uint8_t every_step;      /* replay: the policy names each step */
};

/* --- ways --------------------------------------------------------------------------------- */

static void way_add(struct sampler *sampler, uint32_t *count, uint32_t way) {
    sampler->ways = array_grown(&sampler->explorer->panic, sampler->ways,
                                &sampler->way_capacity, *count + 1, sizeof(uint32_t));
    sampler->ways[(*count)++] = way;
}

static int read_may_take(struct sampler *sampler, const struct node *node,
                         struct event *source) {
    const struct action *action = &node->action;
    uint64_t value[2];
    if (node->kind == ACTION_RMW && graph_taken(source->location, source->mo))
        return 0;
    event_value_of(sampler->explorer, source, value);
    if (!guard_holds(node, value))
        return 0;
    int succeeds = node->kind == ACTION_CAS && value[0] == action->expected[0] &&
                   value[1] == action->expected[1];
    if (node_loops_on(node, value, (uint8_t)succeeds))
        return 0;
    return !((succeeds || node->kind == ACTION_RMW) &&
             graph_taken(source->location, source->mo));
}

static uint32_t read_ways(struct sampler *sampler, uint32_t thread,
                          const struct node *node) {
    struct graph *graph = &sampler->explorer->graph;
    struct location *location = node->location;
    uint32_t last = (uint32_t)location->mo_count - 1, count = 0, mo = last;
    int plain = node->kind == ACTION_LOAD && !node->action.guard && !node->loops;
    if (plain || read_may_take(sampler, node, location->mo[last]))
        way_add(sampler, &count, 0);
    if (node->kind ==
        ACTION_RMW) /* mostly all older stores are taken: no need to know the floor */
        while (mo > 0 && graph_taken(location, mo - 1))
            mo--;
    if (!mo)
        return count;
    uint32_t floor =
        graph_floor(location, thread, graph_thread_hb(&graph->threads[thread]));
    while (mo-- > floor)
        if (plain || read_may_take(sampler, node, location->mo[mo]))
            way_add(sampler, &count, last - mo);
    return count;
}

static uint32_t write_ways(struct sampler *sampler, uint32_t thread,
                           const struct node *node) {
    struct graph *graph = &sampler->explorer->graph;
    struct location *location = node->location;
    uint32_t end = (uint32_t)location->mo_count, count = 0;
    uint32_t floor =
        graph_floor(location, thread, graph_thread_hb(&graph->threads[thread]));
    for (uint32_t mo = end; mo > floor; mo--)
        if (!graph_taken(location, mo - 1))
            way_add(sampler, &count, end - mo);
    return count;
}

/* --- steps -------------------------------------------------------------------------------- */

static uint32_t choose_way(struct sampler *sampler, const struct node *node,
                           uint32_t count) {
    struct policy *policy = &sampler->policy;
    if (count < 2 && !policy->asks_always)
        return 0;
    int32_t way = policy->way(policy, sampler->explorer, node, sampler->ways, count);
    return way < 0 ? 0 : (uint32_t)way;
}

static void way_forget(struct sampler *sampler, uint32_t *count, uint32_t chosen) {
    memmove(&sampler->ways[chosen], &sampler->ways[chosen + 1],
            (--*count - chosen) * sizeof(uint32_t));
}

static int wants_weak_failure(struct sampler *sampler, const struct event *event) {
    return (event->node->action.flags & ACTION_WEAK) && event->succeeded &&
           sampler->explorer->options->weak_failures &&
           sampler->policy.fails_weakly(&sampler->policy);
}

static int step_read(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct explorer *explorer = sampler->explorer;
    struct location *location = node->location;
    uint32_t count = read_ways(sampler, thread, node);
    for (;;) {
        uint32_t chosen = choose_way(sampler, node, count);
        uint32_t way = sampler->ways[chosen];
        struct event *source = location->mo[location->mo_count - 1 - way];
        struct event *event = make_read(explorer, thread, node, source);
        if (wants_weak_failure(sampler, event))
            event_fails_weakly(explorer, event);
        if (!event_is_sound(explorer, event))
            return 0;
        graph_link(&explorer->graph, event, source->mo + 1);
        if (!way || model_allows(explorer, event))
            return 1;
        graph_unlink(&explorer->graph, event);
        way_forget(sampler, &count, chosen);
        if (!count)
            return 0; /* only where the latest store was refused by a guard */
    }
}

static int step_write(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct explorer *explorer = sampler->explorer;
    struct event *event = make_write(explorer, thread, node);
    if (!event_is_sound(explorer, event))
        return 0;
    uint32_t count = write_ways(sampler, thread, node);
    for (;;) {
        uint32_t chosen = choose_way(sampler, node, count);
        uint32_t way = sampler->ways[chosen];
        graph_link(&explorer->graph, event, (uint32_t)event->location->mo_count - way);
        if (!way || model_allows(explorer, event))
            return 1;
        graph_unlink(&explorer->graph, event);
        way_forget(sampler, &count, chosen);
    }
}

static int step_choose(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct explorer *explorer = sampler->explorer;
    uint32_t count = 0;
    while (count < node->action.operand[0])
        way_add(sampler, &count, count);
    struct event *event = make_other(explorer, thread, node);
    event->read[0] = sampler->ways[choose_way(sampler, node, count)];
    graph_link(&explorer->graph, event, 0);
    return 1;
}

static int step_other(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct event *event = make_other(sampler->explorer, thread, node);
    if (!event_is_sound(sampler->explorer, event))
        return 0;
    graph_link(&sampler->explorer->graph, event, 0);
    return 1;
}

/* 0: this run is over. */
static int step(struct sampler *sampler, uint32_t thread, struct node *node) {
    struct explorer *explorer = sampler->explorer;
    explorer->result->steps++;
    if (!event_may_be_made(explorer, thread, node))
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

/* --- which threads can go on -------------------------------------------------------------- */

static int is_choice(const struct node *node) {
    return node->kind <= ACTION_CAS || node->kind == ACTION_CHOOSE ||
           node->kind == ACTION_EXIT;
}

/* A thread came back to a read: what it read does not help it; it waits from there on. */
static void sleep_at_loop(struct explorer *explorer, struct thread *thread) {
    struct graph *graph = &explorer->graph;
    size_t after = thread->count;
    while (after && !(thread->events[after - 1]->flags & EVENT_ATOMIC))
        after--;
    struct event *read = after ? thread->events[after - 1] : NULL;
    if (!read || !event_changes_nothing(read))
        return;
    read->node->loops = 1;
    size_t extra = thread->count - after + 1;
    for (size_t i = graph->count - extra; i < graph->count; i++)
        if (graph->sequence[i]->thread != thread->id)
            return;
    graph_cut_to(graph, graph->count - extra);
}

/* Of several reads in a failed round an earlier one may be out of date: then it may go round again. */
static int may_go_round(struct explorer *explorer, const struct thread *thread,
                        const struct node *await) {
    uint64_t round = await->action.operand[0], reads = 0;
    for (uint64_t i = 0; i < round && i < thread->count; i++)
        if (thread->events[thread->count - 1 - i]->flags & EVENT_READS)
            reads++;
    return reads > 1 && !round_is_fresh(explorer, thread, round);
}

enum readiness { NOT_READY, READY, EAGER };

static enum readiness readiness_of(struct sampler *sampler, struct thread *thread,
                                   const struct node *node) {
    if (node->kind == ACTION_AWAIT && may_go_round(sampler->explorer, thread, node))
        return sampler->every_step ? READY : EAGER;
    if (node->kind == ACTION_AWAIT || !node_enabled(sampler->explorer, node))
        return NOT_READY;
    if (!is_choice(node))
        return sampler->every_step && node->kind != ACTION_FAIL ? READY : EAGER;
    if ((node->action.guard || node->loops) && !read_ways(sampler, thread->id, node))
        return NOT_READY;
    return READY;
}

/* The threads that can go on, after all eager steps. -1: the run is over. */
static int32_t gather(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    struct graph *graph = &explorer->graph;
    uint32_t count = 0;
    sampler->ready =
        array_grown(&explorer->panic, sampler->ready, &sampler->ready_capacity,
                    graph->thread_count + 1, sizeof *sampler->ready);
    for (uint32_t t = 0; t < graph->thread_count; t++) {
        for (;;) {
            struct node *node = thread_next(explorer, t);
            if (explorer->abandoned)
                return -1;
            if (!node)
                break;
            if (node->kind == ACTION_AWAIT &&
                !may_go_round(explorer, &graph->threads[t], node)) {
                size_t before = graph->threads[t].count;
                sleep_at_loop(explorer, &graph->threads[t]);
                if (graph->threads[t].count != before)
                    continue;
            }
            enum readiness readiness = readiness_of(sampler, &graph->threads[t], node);
            if (readiness == EAGER) {
                if (!step(sampler, t, node))
                    return -1;
                if (node->kind == ACTION_FINISH)
                    return -2; /* somebody may join it */
                continue;
            }
            if (readiness == READY) {
                if (count == sampler->ready_capacity) /* threads were created meanwhile */
                    sampler->ready = array_grown(&explorer->panic, sampler->ready,
                                                 &sampler->ready_capacity, count + 1,
                                                 sizeof *sampler->ready);
                sampler->ready[count++] = (struct ready){t, node};
            }
            break;
        }
    }
    return (int32_t)count;
}

/* --- runs --------------------------------------------------------------------------------- */

/* Threads that wait for a guard or in a loop show the read they are stuck at. */
static void show_sleepers(struct explorer *explorer) {
    struct graph *graph = &explorer->graph;
    for (uint32_t t = 0; t < graph->thread_count; t++) {
        struct node *node = thread_next(explorer, t);
        if (!node || node->kind > ACTION_CAS || node->kind == ACTION_STORE)
            continue;
        struct location *location = node->location;
        struct event *event =
            make_read(explorer, t, node, location->mo[location->mo_count - 1]);
        if (!(event->flags & EVENT_WAITING))
            continue;
        graph_link(graph, event, 0);
    }
}

static void run_ended(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    if (!explorer->graph.exited)
        show_sleepers(explorer);
    if (!explorer->abandoned)
        execution_ended(explorer);
}

/* Goes on until the run is over, or (0) until the policy would be asked for the first time. */
static int run(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    struct policy *policy = &sampler->policy;
    while (!explorer_should_stop(explorer)) {
        int32_t count = explorer->graph.exited ? 0 : gather(sampler);
        if (count == -2)
            continue;
        if (count < 0)
            return 1;
        if (!count) {
            run_ended(sampler);
            return 1;
        }
        if (sampler->at_first_choice)
            return 0;
        int32_t chosen = 0;
        if (count > 1 || policy->asks_always)
            chosen = policy->thread(policy, explorer, sampler->ready, (uint32_t)count);
        if (chosen < 0)
            chosen = 0;
        policy->running = sampler->ready[chosen].thread;
        policy->last_kind = sampler->ready[chosen].node->kind;
        if (!step(sampler, policy->running, sampler->ready[chosen].node))
            return 1;
    }
    return 1;
}

static void policy_choose(struct policy *policy, const struct explore_options *options) {
    memset(policy, 0, sizeof *policy);
    policy->random.state = options->seed;
    switch (options->search) {
    case EXPLORE_PCT:
        policy_pct(policy, options);
        break;
    case EXPLORE_POS:
        policy_pos(policy);
        break;
    case EXPLORE_REPLAY:
        policy_replay(policy, options);
        break;
    case EXPLORE_CHOICES:
        policy_choices(policy, options);
        break;
    case EXPLORE_MIXED:
        policy_mixed(policy);
        break;
    default:
        policy_uniform(policy);
        break;
    }
}

static void sampler_free(struct sampler *sampler) {
    policy_free(&sampler->policy);
    free(sampler->ready);
    free(sampler->ways);
}

static void sample_counted(struct explorer *explorer) {
    uint64_t most = explorer->options->max_executions;
    explorer->abandoned = 0;
    if (++explorer->result->samples >= most && most)
        explorer->stop = explorer->result->stopped = 1;
}

void sample_executions(struct explorer *explorer) {
    struct sampler *sampler = arena_take_zeroed(&explorer->scratch, sizeof *sampler);
    sampler->explorer = explorer;
    explorer->sampler = sampler;
    enum explore_search search = explorer->options->search;
    policy_choose(&sampler->policy, explorer->options);
    sampler->every_step = search == EXPLORE_REPLAY;
    int once = search == EXPLORE_REPLAY || search == EXPLORE_CHOICES;
    sampler->at_first_choice = !sampler->every_step;
    int over = sampler->every_step ? 0 : run(sampler);
    sampler->at_first_choice = 0;
    struct graph_mark base = graph_mark(&explorer->graph);
    while (!over && !explorer->stop) {
        if (explorer->behaviour.arena.total > explorer->options->memory_cap)
            behaviour_drop(&explorer->behaviour);
        sampler->policy.begin(&sampler->policy, explorer);
        run(sampler);
        explorer->result->diverged = sampler->policy.diverged;
        sample_counted(explorer);
        graph_return(&explorer->graph, base);
        if (once)
            break;
    }
}

void sampler_end(struct explorer *explorer) {
    if (explorer->sampler)
        sampler_free(explorer->sampler);
}
