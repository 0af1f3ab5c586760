/* SPDX-License-Identifier: MIT */
/* lean_policy: see lean_policy.h. */
#include "lean/lean_policy.h"

#include <stdlib.h>

enum { DEFAULT_DEPTH = 3, FIRST_LONGEST = 8, WEAK_FAILURE = 64 };

bool lean_policy_open(struct lean *lean) {
    const struct explore_options *options = lean->options.asked;
    struct lean_policy *policy = &lean->policy;
    if (options->search != EXPLORE_PCT)
        return true;
    policy->depth = options->depth ? options->depth : DEFAULT_DEPTH;
    policy->longest = FIRST_LONGEST;
    policy->change = calloc(policy->depth, sizeof *policy->change);
    return policy->change != NULL;
}

/* --- mixed -------------------------------------------------------------------------------- */

static void mixed_begin(struct lean_policy *policy) {
    policy->running = UINT32_MAX;
    policy->last_kind = ACTION_YIELD;
    policy->restless = 60 + random_below(&policy->random, 160);
    policy->switches = 1 + (uint32_t)random_chance(&policy->random, 96) +
                       4 * (uint32_t)random_chance(&policy->random, 32);
}

static uint32_t chance_of_switch(const struct lean_policy *policy,
                                 const struct action *next, bool other_stores) {
    if (!policy->switches)
        return 2;
    switch (next->kind) {
    case ACTION_RMW:
    case ACTION_CAS:
        return next->guard ? 180 : policy->restless;
    case ACTION_STORE:
        if (other_stores)
            return 128;
        return policy->last_kind == ACTION_LOAD ? policy->restless : 8;
    default:
        return other_stores ? 16 : 10;
    }
}

static uint32_t mixed_pick(struct lean *lean, const uint8_t *ready, uint32_t count,
                           uint32_t but) {
    struct random *random = &lean->policy.random;
    uint32_t stores = 0, others = 0;
    for (uint32_t i = 0; i < count; i++)
        if (i != but) {
            others++;
            stores += lean->action[ready[i]].kind != ACTION_LOAD;
        }
    bool only_stores = stores && stores < others && !random_chance(random, 10);
    uint32_t wanted = random_below(random, only_stores ? stores : others);
    for (uint32_t i = 0; i < count; i++) {
        if (i == but || (only_stores && lean->action[ready[i]].kind == ACTION_LOAD))
            continue;
        if (!wanted--)
            return i;
    }
    return 0;
}

static uint32_t mixed_thread(struct lean *lean, const uint8_t *ready, uint32_t count) {
    struct lean_policy *policy = &lean->policy;
    uint32_t current = UINT32_MAX;
    bool other_stores = false;
    for (uint32_t i = 0; i < count; i++)
        if (ready[i] == policy->running)
            current = i;
        else
            other_stores |= lean->action[ready[i]].kind == ACTION_STORE;
    if (current == UINT32_MAX)
        return mixed_pick(lean, ready, count, current);
    const struct action *next = &lean->action[ready[current]];
    if (!random_chance(&policy->random, chance_of_switch(policy, next, other_stores)))
        return current;
    if (policy->switches)
        policy->switches--;
    return mixed_pick(lean, ready, count, current);
}

static uint32_t mixed_way(struct lean_policy *policy, const struct action *action,
                          uint32_t count) {
    uint32_t latest = action->kind == ACTION_STORE ? 110 : count < 4 ? 136 : 190 / count;
    if (action->kind == ACTION_CHOOSE)
        return random_below(&policy->random, count);
    if (random_chance(&policy->random, latest))
        return 0;
    return 1 + random_below(&policy->random, count - 1);
}

/* --- pct, pos ----------------------------------------------------------------------------- */

static void pct_begin(struct lean_policy *policy) {
    if (policy->steps > policy->longest)
        policy->longest = policy->steps;
    policy->steps = 0;
    for (uint32_t i = 0; i < LEAN_THREADS; i++)
        policy->priority[i] =
            policy->depth + (uint32_t)(random_next(&policy->random) >> 33);
    for (uint32_t i = 0; i + 1 < policy->depth; i++)
        policy->change[i] = random_below(&policy->random, policy->longest);
}

static uint32_t best_of(const struct lean_policy *policy, const uint8_t *ready,
                        uint32_t count) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (policy->priority[ready[i]] > policy->priority[ready[best]])
            best = i;
    return best;
}

static uint32_t pct_thread(struct lean_policy *policy, const uint8_t *ready,
                           uint32_t count) {
    uint32_t best = best_of(policy, ready, count);
    for (uint32_t i = 0; i + 1 < policy->depth; i++)
        if (policy->change[i] == policy->steps)
            policy->priority[ready[best]] = i; /* from its next step on */
    policy->steps++;
    return best;
}

static uint32_t pos_draw(struct lean_policy *policy) {
    return (uint32_t)(random_next(&policy->random) >> 32);
}

static bool may_race(const struct action *a, const struct action *b) {
    return a->address && a->address == b->address &&
           (a->kind != ACTION_LOAD || b->kind != ACTION_LOAD);
}

static uint32_t pos_thread(struct lean *lean, const uint8_t *ready, uint32_t count) {
    struct lean_policy *policy = &lean->policy;
    uint32_t best = best_of(policy, ready, count);
    for (uint32_t i = 0; i < count; i++)
        if (i == best || may_race(&lean->action[ready[i]], &lean->action[ready[best]]))
            policy->priority[ready[i]] = pos_draw(policy);
    return best;
}

/* --- all ---------------------------------------------------------------------------------- */

void lean_policy_begin(struct lean *lean) {
    struct lean_policy *policy = &lean->policy;
    switch (lean->options.asked->search) {
    case EXPLORE_MIXED:
        mixed_begin(policy);
        break;
    case EXPLORE_PCT:
        pct_begin(policy);
        break;
    case EXPLORE_POS:
        for (uint32_t i = 0; i < LEAN_THREADS; i++)
            policy->priority[i] = pos_draw(policy);
        break;
    default:
        break;
    }
}

uint32_t lean_policy_thread(struct lean *lean, const uint8_t *ready, uint32_t count) {
    struct lean_policy *policy = &lean->policy;
    enum explore_search search = lean->options.asked->search;
    uint32_t chosen = 0;
    if (search == EXPLORE_PCT)
        chosen = pct_thread(policy, ready, count);
    else if (count > 1 && search == EXPLORE_MIXED)
        chosen = mixed_thread(lean, ready, count);
    else if (count > 1 && search == EXPLORE_POS)
        chosen = pos_thread(lean, ready, count);
    else if (count > 1)
        chosen = random_below(&policy->random, count);
    policy->running = ready[chosen];
    policy->last_kind = lean->action[ready[chosen]].kind;
    return ready[chosen];
}

uint32_t lean_policy_way(struct lean *lean, const struct action *action, uint32_t count) {
    struct lean_policy *policy = &lean->policy;
    if (count < 2)
        return 0;
    if (lean->options.asked->search == EXPLORE_MIXED)
        return mixed_way(policy, action, count);
    return random_below(&policy->random, count);
}

bool lean_policy_fails_weakly(struct lean *lean) {
    return random_chance(&lean->policy.random, WEAK_FAILURE);
}
