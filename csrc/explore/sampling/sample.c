/* SPDX-License-Identifier: MIT */
/* sample: see sample.h. */
#include "sampling/sample.h"

#include <stdlib.h>
#include <string.h>

#include "execution/ending.h"
#include "execution/events.h"
#include "execution/limits.h"
#include "execution/next.h"
#include "graph/graph.h"
#include "graph/node.h"
#include "graph/widths.h"
#include "sampling/lean_runs.h"
#include "sampling/policies.h"
#include "sampling/sample_ready.h"
#include "sampling/sample_step.h"
#include "sampling/sampler.h"
#include "sampling/stands.h"

enum { NEW_JUNCTIONS = 2 }; /* per run: deep in a big program nobody comes by again */
enum {
    MOST_ROUNDS = 64
}; /* times in a run that a thread behind a round is asked to go on */
#define MOST_JUNCTION_BYTES ((size_t)24 << 20)

/* --- the map ------------------------------------------------------------------------------ */

static struct junction *junction_here(struct sampler *sampler, uint32_t count) {
    struct junctions *map = &sampler->junctions;
    struct explore_view view = {sampler->explorer};
    uint64_t key = explore_view_hash(&view);
    struct junction *here = junction_find(map, key);
    if (here && here->count != count) { /* out of date */
        junction_forget(map, here);
        here = NULL;
    }
    if (here)
        return here;
    if (sampler->made == NEW_JUNCTIONS || map->arena.total > MOST_JUNCTION_BYTES)
        return NULL;
    sampler->made++;
    here = junction_make(map, key, sampler->ready, count);
    here->ending = count ? ENDING_NONE : ENDING_SHOWN;
    return here;
}

/* The run has come to the next choice (or, 0, to its end). */
static void arrive(struct sampler *sampler, uint32_t count) {
    struct junction *before = sampler->here, *here;
    struct branch *branch = sampler->branch;
    uint64_t steps = sampler->explorer->result->steps;
    if (!sampler->remembers || sampler->lost || (before && !branch)) {
        sampler->lost = 1;
        return;
    }
    here = before ? branch->to : sampler->junctions.root;
    if (!here || here->count != count || here->ending == ENDING_SHOWN)
        here = junction_here(sampler, count);
    if (here && here == before) { /* it would go round */
        junction_forget(&sampler->junctions, here);
        here = NULL;
    }
    if (!before && here)
        sampler->junctions.root = here;
    if (branch && here) {
        branch->to = here;
        branch->steps = (uint32_t)(steps - sampler->left_at);
    }
    sampler->lost = !here;
    sampler->here = here;
    sampler->branch = NULL;
    sampler->left_at = steps;
}

/* The policy has chosen. */
static void leave(struct sampler *sampler, const struct ready *chosen) {
    struct junction *here = sampler->here;
    sampler->fork = NULL;
    if (sampler->lost || !here)
        return;
    for (uint32_t i = 0; i < here->count; i++)
        if (here->ready[i].thread == chosen->thread &&
            here->ready[i].node == chosen->node)
            sampler->fork = &here->fork[i];
    sampler->lost = !sampler->fork;
}

static void begin_on_the_map(struct sampler *sampler) {
    sampler->here = NULL;
    sampler->fork = NULL;
    sampler->branch = NULL;
    sampler->made = 0;
    sampler->patience = MOST_ROUNDS;
    sampler->lost = !sampler->remembers;
}

/* --- runs --------------------------------------------------------------------------------- */

/* Threads that wait for a guard or in a loop show the read they are stuck at. */
static void show_sleepers(struct explorer *explorer) {
    struct graph *graph = &explorer->graph;
    for (uint32_t t = 0; t < graph->thread_count; t++) {
        struct node *node = next_node(explorer, t);
        if (!node || node->kind > ACTION_CAS || node->kind == ACTION_STORE)
            continue;
        struct location *location = node->location;
        struct event *event =
            event_make_read(explorer, t, node, location->mo[location->mo_count - 1]);
        if (!(event->flags & EVENT_WAITING))
            continue;
        graph_link(graph, event, 0);
    }
}

/* Must whoever calls see the executions that were seen before? */
static int once_is_enough(const struct explorer *explorer) {
    const struct explore_callbacks *callbacks = &explorer->options->callbacks;
    return !callbacks->on_execution || callbacks->once_is_enough;
}

static void run_ended(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    const struct explore_result *result = explorer->result;
    uint64_t executions = result->executions, failures = result->failures;
    uint64_t cut = result->cut;
    show_sleepers(explorer);
    if (explorer->abandoned)
        return;
    ending_reached(explorer);
    if (!sampler->lost && sampler->here && result->failures == failures &&
        result->cut == cut && once_is_enough(explorer))
        sampler->here->ending =
            result->executions > executions ? ENDING_COMPLETE : ENDING_BLOCKED;
}

/* Goes on until the run is over, or (0) until the policy would be asked for the first time. */
static int run(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    begin_on_the_map(sampler);
    while (!limits_reached(explorer)) {
        int32_t count = sample_ready_gather(sampler);
        if (count == -2)
            continue;
        if (count < 0)
            return 1;
        if (count && sampler->at_first_choice)
            return 0;
        arrive(sampler, (uint32_t)count);
        if (!count) {
            run_ended(sampler);
            return 1;
        }
        uint32_t index =
            policy_thread(&sampler->policy, explorer, sampler->ready, (uint32_t)count);
        struct ready chosen = sampler->ready[index];
        leave(sampler, &chosen);
        int goes_on = sample_step(sampler, chosen.thread, chosen.node);
        sampler->fork = NULL;
        if (!goes_on)
            return 1;
    }
    return 1;
}

/* The whole run on the map. 0: it has to be made; the policy is where it was. */
static int run_on_the_map(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    struct policy *policy = &sampler->policy;
    if (!sampler->remembers || !sampler->junctions.root)
        return 0;
    struct policy before = *policy;
    policy->begin(policy, explorer);
    const struct junction *end =
        junctions_walk(&sampler->junctions, explorer, policy, &explorer->result->steps);
    if (!end) {
        before.priority = policy->priority; /* it may have grown */
        before.priorities = policy->priorities;
        *policy = before;
        return 0;
    }
    if (end->ending == ENDING_COMPLETE)
        explorer->result->executions++;
    else
        explorer->result->blocked++;
    explorer->result->remembered++;
    return 1;
}

static void sampler_free(struct sampler *sampler) {
    lean_run_close(sampler->samples.lean);
    policy_free(&sampler->policy);
    junctions_free(&sampler->junctions);
    free(sampler->ready);
    free(sampler->stand);
    free(sampler->base);
    free(sampler->ways);
}

static void sample_counted(struct explorer *explorer) {
    uint64_t most = explorer->options->max_executions;
    explorer->abandoned = 0;
    if (++explorer->result->samples >= most && most)
        explorer->stop = explorer->result->stopped = 1;
}

/* The run that was made without a graph, with one. */
static void sample_follow(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    struct policy own = sampler->policy;
    uint8_t remembers = sampler->remembers;
    uint64_t failures = explorer->result->failures;
    lean_runs_follow(sampler);
    sampler->every_step = 1;
    sampler->is_audited = explorer->options->lean == EXPLORE_LEAN_AUDITED;
    sampler->remembers = 0;
    stands_to_base(sampler);
    run(sampler);
    lean_runs_followed(sampler, explorer->result->failures > failures);
    sampler->every_step = sampler->is_audited = 0;
    sampler->remembers = remembers;
    sampler->policy = own;
}

/* A run that is really made, from the base on. */
static void sample_run(struct sampler *sampler) {
    struct explorer *explorer = sampler->explorer;
    if (behaviour_is_full(&explorer->behaviour) || explorer->forgets) {
        behaviour_drop(&explorer->behaviour);
        junctions_clear(&sampler->junctions);
        stands_forget(sampler);
    }
    stands_to_base(sampler);
    sampler->policy.begin(&sampler->policy, explorer);
    run(sampler);
    explorer->result->diverged = sampler->policy.diverged;
}

void sample_executions(struct explorer *explorer) {
    struct sampler *sampler = arena_take_zeroed(&explorer->scratch, sizeof *sampler);
    sampler->explorer = explorer;
    explorer->sampler = sampler;
    enum explore_search search = explorer->options->search;
    if (search == EXPLORE_REPLAY && explorer->options->schedule)
        widths_read(&explorer->panic, explorer->widths,
                    schedule_widths(explorer->options->schedule));
    policies_choose(&sampler->policy, explorer->options);
    sampler->every_step = search == EXPLORE_REPLAY;
    int once = search == EXPLORE_REPLAY || search == EXPLORE_CHOICES;
    junctions_init(&sampler->junctions, &explorer->panic);
    sampler->at_first_choice = !sampler->every_step;
    int over = sampler->every_step ? 0 : run(sampler);
    sampler->at_first_choice = 0;
    sampler->remembers = !once && !explorer->options->no_memo;
    stands_keep_base(sampler);
    struct graph_mark base = graph_mark(&explorer->graph);
    while (!over && !limits_reached(explorer)) {
        sampler->remembers &= (uint8_t)!explorer->forgets;
        enum lean_made made = lean_runs_make(sampler);
        if (made == LEAN_MADE_AND_TOLD) {
            sample_follow(sampler);
            graph_return(&explorer->graph, base);
        } else if (made == LEAN_NOT_MADE && !run_on_the_map(sampler)) {
            sample_run(sampler);
            lean_runs_compare(sampler);
            graph_return(&explorer->graph, base);
        }
        sample_counted(explorer);
        if (once)
            break;
    }
}

void sample_end(struct explorer *explorer) {
    if (explorer->sampler)
        sampler_free(explorer->sampler);
}
