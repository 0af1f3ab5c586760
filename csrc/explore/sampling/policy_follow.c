/* SPDX-License-Identifier: MIT */
/*
 * policy_follow: do what a run without a graph did.
 *
 * Rule      Its steps are those of the graph but for what the thread is only asked with a graph (AWAIT,
 *           ROUND): such a step is taken on the way to the next one of its thread.
 */
#include "execution/next.h"
#include "sampling/policy.h"

static void follow_begin(struct policy *policy, struct explorer *explorer) {
    (void)policy, (void)explorer;
}

static const struct lean_step *step_now(struct policy *policy) {
    while (policy->followed < policy->follows_count) {
        const struct lean_step *step = &policy->follows[policy->followed];
        if (!policy->skipped[step->thread])
            return step;
        policy->skipped[step->thread]--;
        policy->followed++;
    }
    return NULL;
}

/* Did the last step read what it read then? */
static int reads_the_same(const struct policy *policy, const struct explorer *explorer) {
    const struct lean_step *step = policy->follows + policy->followed - 1;
    if (!policy->followed || policy->skipped[step->thread] ||
        policy->step.thread != step->thread)
        return 1;
    const struct event *last = thread_last(&explorer->graph.threads[step->thread]);
    return !last || !(last->flags & EVENT_READS) ||
           (uint32_t)last->read[0] == step->value;
}

/* Whoever stands where a loop came back to has done there what the run did in more rounds. */
static void diverge(struct policy *policy, struct explorer *explorer) {
    if (policy->diverged)
        return;
    policy->diverged = DIVERGED;
    for (size_t i = 0; i < explorer->graph.count; i++)
        if (explorer->graph.sequence[i]->covers) /* it waited */
            policy->diverged = DIVERGED_IN_LOOP;
    for (uint32_t t = 0; t < explorer->graph.thread_count; t++) {
        const struct thread *thread = &explorer->graph.threads[t];
        if (thread_is_over(thread) || (t && !thread->spawned_by))
            continue;
        const struct node *node = next_known(thread);
        if (node &&
            (node->loops || node->kind == ACTION_AWAIT || node->kind == ACTION_ROUND))
            policy->diverged = DIVERGED_IN_LOOP;
    }
}

static int32_t follow_thread(struct policy *policy, struct explorer *explorer,
                             const struct ready *ready, uint32_t count) {
    if (!reads_the_same(policy, explorer))
        diverge(policy, explorer);
    const struct lean_step *step = step_now(policy);
    policy->step = (struct schedule_step){0, 0, 0};
    if (!step)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        if (ready[i].thread != step->thread)
            continue;
        if (ready[i].node->kind != ACTION_AWAIT && ready[i].node->kind != ACTION_ROUND) {
            policy->step =
                (struct schedule_step){step->thread, step->way, step->fails_weakly};
            policy->followed++;
        }
        return (int32_t)i;
    }
    diverge(policy, explorer);
    policy->followed = policy->follows_count;
    return -1;
}

static int32_t follow_way(struct policy *policy, struct explorer *explorer,
                          const struct node *node, const uint32_t *ways, uint32_t count) {
    (void)node;
    for (uint32_t i = 0; i < count; i++)
        if (ways[i] == policy->step.way)
            return (int32_t)i;
    diverge(policy, explorer);
    return -1;
}

static int follow_fails(struct policy *policy) { return policy->step.spurious; }

void policy_follow(struct policy *policy, const struct lean_step *steps, size_t count,
                   uint32_t *skipped) {
    policy->begin = follow_begin;
    policy->thread = follow_thread;
    policy->way = follow_way;
    policy->fails_weakly = follow_fails;
    policy->follows = steps;
    policy->follows_count = count;
    policy->followed = 0;
    policy->skipped = skipped;
    policy->diverged = 0;
    policy->asks_always = 1;
}
