/* SPDX-License-Identifier: MIT */
/*
 * policy_mixed: the default sampler, made to hit.
 *
 * Why       Under a weak model a read that comes late may still take any older store, so a store that
 *           is done early loses nothing and offers more. What lateness cannot give is a store between
 *           a thread's read and its own write. So: threads run on, rather than switch at every step;
 *           stores go before reads of others; and a switch is likely just before a thread writes,
 *           above all before a compare-exchange or a lock. How restless a run is, is drawn too, and how
 *           often it switches: some bugs need one long absence, others several short ones.
 */
#include "graph/node.h"
#include "sampling/policy.h"

static int is_read(const struct node *node) { return node->kind == ACTION_LOAD; }

static int is_store(const struct node *node) { return node->kind == ACTION_STORE; }

static void mixed_begin(struct policy *policy, struct explorer *explorer) {
    (void)explorer;
    policy->running = UINT32_MAX;
    policy->last_kind = ACTION_YIELD;
    policy->restless = 60 + random_below(&policy->random, 160);
    policy->switches = 1 + (uint32_t)random_chance(&policy->random, 96) +
                       4 * (uint32_t)random_chance(&policy->random, 32);
}

/* Chance in 256 that the running thread is left before this step. */
static uint32_t chance_of_switch(const struct policy *policy, const struct node *next,
                                 int other_stores) {
    if (!policy->switches)
        return 2;
    switch (next->kind) {
    case ACTION_RMW:
    case ACTION_CAS:
        return next->action.guard ? 180 : policy->restless;
    case ACTION_STORE:
        if (other_stores)
            return 128;
        return policy->last_kind == ACTION_LOAD ? policy->restless : 8;
    default:
        return other_stores ? 16 : 10;
    }
}

static int32_t mixed_pick(struct policy *policy, const struct ready *ready,
                          uint32_t count, uint32_t but) {
    uint32_t stores = 0, others = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == but)
            continue;
        others++;
        if (!is_read(ready[i].node))
            stores++;
    }
    int only_stores = stores && stores < others && !random_chance(&policy->random, 10);
    uint32_t wanted = random_below(&policy->random, only_stores ? stores : others);
    for (uint32_t i = 0; i < count; i++) {
        if (i == but || (only_stores && is_read(ready[i].node)))
            continue;
        if (!wanted--)
            return (int32_t)i;
    }
    return 0;
}

static int32_t mixed_thread(struct policy *policy, struct explorer *explorer,
                            const struct ready *ready, uint32_t count) {
    (void)explorer;
    uint32_t current = UINT32_MAX;
    int other_stores = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (ready[i].thread == policy->running)
            current = i;
        else if (is_store(ready[i].node))
            other_stores = 1;
    }
    int32_t chosen = (int32_t)current;
    if (current == UINT32_MAX) {
        chosen = mixed_pick(policy, ready, count, current);
    } else if (count > 1 && random_chance(&policy->random,
                                          chance_of_switch(policy, ready[current].node,
                                                           other_stores))) {
        chosen = mixed_pick(policy, ready, count, current);
        if (policy->switches)
            policy->switches--;
    }
    policy->running = ready[chosen].thread;
    policy->last_kind = ready[chosen].node->kind;
    return chosen;
}

/* Of two stores the latest in a good half of the cases; of many, older ones a little more often. */
static int32_t mixed_way(struct policy *policy, struct explorer *explorer,
                         const struct node *node, const uint32_t *ways, uint32_t count) {
    (void)explorer, (void)ways;
    uint32_t latest = is_store(node) ? 110 : count < 4 ? 136 : 190 / count;
    if (node->kind == ACTION_CHOOSE)
        return (int32_t)random_below(&policy->random, count);
    if (random_chance(&policy->random, latest))
        return 0;
    return (int32_t)(1 + random_below(&policy->random, count - 1));
}

void policy_mixed(struct policy *policy) {
    policy_uniform(policy);
    policy->begin = mixed_begin;
    policy->thread = mixed_thread;
    policy->way = mixed_way;
}
