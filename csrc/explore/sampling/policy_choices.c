/* SPDX-License-Identifier: MIT */
/*
 * policy_choices: one byte of a given sequence a choice; zeroes when it has run out.
 *
 * Why       Hypothesis draws the bytes, so a schedule shrinks like any other input. Byte 0 is the
 *           plainest choice: the thread that ran last goes on, reads take the latest store.
 */
#include "sampling/policy.h"

static void choices_begin(struct policy *policy, struct explorer *explorer) {
    (void)policy, (void)explorer;
}

static uint32_t choices_byte(struct policy *policy) {
    if (!policy->choices_left)
        return 0;
    policy->choices_left--;
    return *policy->choices++;
}

static int32_t choices_thread(struct policy *policy, struct explorer *explorer,
                              const struct ready *ready, uint32_t count) {
    (void)explorer;
    uint32_t first = 0;
    for (uint32_t i = 0; i < count; i++)
        if (ready[i].thread == policy->running)
            first = i;
    uint32_t chosen = (first + choices_byte(policy)) % count;
    policy->running = ready[chosen].thread;
    return (int32_t)chosen;
}

static int32_t choices_way(struct policy *policy, struct explorer *explorer,
                           const struct node *node, const uint32_t *ways,
                           uint32_t count) {
    (void)explorer, (void)node, (void)ways;
    return (int32_t)(choices_byte(policy) % count);
}

static int choices_fail(struct policy *policy) { return (int)(choices_byte(policy) & 1); }

void policy_choices(struct policy *policy, const struct explore_options *options) {
    policy->begin = choices_begin;
    policy->thread = choices_thread;
    policy->way = choices_way;
    policy->fails_weakly = choices_fail;
    policy->choices = options->choices;
    policy->choices_left = options->choices ? options->choices_length : 0;
}
