/* SPDX-License-Identifier: MIT */
/* policy_uniform: at every choice, every way with equal chances. */
#include "sampling/policy.h"

static void uniform_begin(struct policy *policy, struct explorer *explorer) {
    (void)policy, (void)explorer;
}

static int32_t uniform_thread(struct policy *policy, struct explorer *explorer,
                              const struct ready *ready, uint32_t count) {
    (void)explorer, (void)ready;
    return (int32_t)random_below(&policy->random, count);
}

static int32_t uniform_way(struct policy *policy, struct explorer *explorer,
                           const struct node *node, const uint32_t *ways,
                           uint32_t count) {
    (void)explorer, (void)node, (void)ways;
    return (int32_t)random_below(&policy->random, count);
}

static int uniform_fails(struct policy *policy) {
    return random_chance(&policy->random, 64);
}

void policy_uniform(struct policy *policy) {
    policy->begin = uniform_begin;
    policy->thread = uniform_thread;
    policy->way = uniform_way;
    policy->fails_weakly = uniform_fails;
}
