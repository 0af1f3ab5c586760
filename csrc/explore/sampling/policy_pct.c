/* SPDX-License-Identifier: MIT */
/*
 * policy_pct: threads have random priorities; the highest runs; at depth - 1 random steps of a run the
 * running thread falls below all others.
 *
 * Source    Burckhardt, Kothari, Musuvathi, Nagarakatte, A Randomized Scheduler with Probabilistic
 *           Guarantees of Finding Bugs, ASPLOS 2010.
 * Worth     A bug of depth d in a program of n threads and k steps shows in a run with a chance of at
 *           least 1 / (n k^(d-1)), as far as scheduling alone decides; which store a read takes
 *           is drawn evenly. k is the longest run so far.
 */
#include "sampling/policy.h"

#include <stdlib.h>

enum { DEFAULT_DEPTH = 3 };

static void pct_begin(struct policy *policy, struct explorer *explorer) {
    if (policy->steps > policy->longest)
        policy->longest = policy->steps;
    policy->steps = 0;
    policy_room(policy, explorer);
    for (size_t i = 0; i < policy->priorities; i++)
        policy->priority[i] =
            policy->depth + (uint32_t)(random_next(&policy->random) >> 33);
    for (uint32_t i = 0; i + 1 < policy->depth; i++)
        policy->change[i] =
            random_below(&policy->random, policy->longest ? policy->longest : 1);
}

static int32_t pct_thread(struct policy *policy, struct explorer *explorer,
                          const struct ready *ready, uint32_t count) {
    if (explorer->graph.thread_count > policy->priorities) {
        size_t before = policy->priorities;
        policy_room(policy, explorer);
        for (size_t i = before; i < policy->priorities; i++)
            policy->priority[i] =
                policy->depth + (uint32_t)(random_next(&policy->random) >> 33);
    }
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (policy->priority[ready[i].thread] > policy->priority[ready[best].thread])
            best = i;
    for (uint32_t i = 0; i + 1 < policy->depth; i++)
        if (policy->change[i] == policy->steps)
            policy->priority[ready[best].thread] = i; /* from its next step on */
    policy->steps++;
    return (int32_t)best;
}

void policy_pct(struct policy *policy, const struct explore_options *options) {
    policy_uniform(policy);
    policy->depth = options->depth ? options->depth : DEFAULT_DEPTH;
    policy->longest = 8;
    policy->change = calloc(policy->depth, sizeof *policy->change);
    if (!policy->change)
        policy->depth = 1;
    policy->begin = pct_begin;
    policy->thread = pct_thread;
    policy->asks_always = 1;
}
