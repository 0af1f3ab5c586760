/* SPDX-License-Identifier: MIT */
/* policy_replay: do what the schedule text says; after its end, or
   a step that is not possible, the first thread that can goes on and reads take the latest store. */
#include "sampling/policy.h"

static void replay_begin(struct policy *policy, struct explorer *explorer) {
    (void)explorer;
    policy->step = (struct schedule_step){0, 0, 0};
}

static int32_t replay_thread(struct policy *policy, struct explorer *explorer,
                             const struct ready *ready, uint32_t count) {
    (void)explorer;
    policy->step.way = 0;
    policy->step.spurious = 0;
    if (!schedule_next(&policy->schedule, &policy->step))
        return -1;
    for (uint32_t i = 0; i < count; i++)
        if (ready[i].thread == policy->step.thread)
            return (int32_t)i;
    policy->diverged = 1;
    policy->schedule = (struct schedule_reader){"", 0, {0, 0, 0}};
    return -1;
}

static int32_t replay_way(struct policy *policy, struct explorer *explorer,
                          const struct node *node, const uint32_t *ways, uint32_t count) {
    (void)explorer, (void)node;
    for (uint32_t i = 0; i < count; i++)
        if (ways[i] == policy->step.way)
            return (int32_t)i;
    policy->diverged = 1;
    return -1;
}

static int replay_fails(struct policy *policy) { return policy->step.spurious; }

void policy_replay(struct policy *policy, const struct explore_options *options) {
    policy->begin = replay_begin;
    policy->thread = replay_thread;
    policy->way = replay_way;
    policy->fails_weakly = replay_fails;
    policy->schedule.text = options->schedule ? options->schedule : "";
    policy->asks_always = 1;
}
