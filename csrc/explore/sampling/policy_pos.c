/* SPDX-License-Identifier: MIT */
/*
 * policy_pos: every pending step has a random priority; the highest runs; steps that race with it
 * draw anew.
 *
 * Why       Uniform choices among threads favour interleavings that switch often; this comes nearer
 *           to drawing orders of racing steps evenly.
 * Source    Yuan, Yang, Gu, Partial Order Aware Concurrency Sampling, CAV 2018.
 */
#include "sampling/policy.h"

static uint32_t pos_draw(struct policy *policy) {
    return (uint32_t)(random_next(&policy->random) >> 32);
}

static void pos_begin(struct policy *policy, struct explorer *explorer) {
    policy_room(policy, explorer);
    for (size_t i = 0; i < policy->priorities; i++)
        policy->priority[i] = pos_draw(policy);
}

static int may_race(const struct node *a, const struct node *b) {
    return a->location && a->location == b->location &&
           (a->kind != ACTION_LOAD || b->kind != ACTION_LOAD);
}

static int32_t pos_thread(struct policy *policy, struct explorer *explorer,
                          const struct ready *ready, uint32_t count) {
    if (explorer->graph.thread_count > policy->priorities)
        pos_begin(policy, explorer);
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (policy->priority[ready[i].thread] > policy->priority[ready[best].thread])
            best = i;
    for (uint32_t i = 0; i < count; i++)
        if (i == best || may_race(ready[i].node, ready[best].node))
            policy->priority[ready[i].thread] = pos_draw(policy);
    return (int32_t)best;
}

void policy_pos(struct policy *policy) {
    policy_uniform(policy);
    policy->begin = pos_begin;
    policy->thread = pos_thread;
}
