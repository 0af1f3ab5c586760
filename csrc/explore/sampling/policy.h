/* SPDX-License-Identifier: MIT */
/*
 * policy: who decides in one run: which thread, which way, whether a weak compare-exchange fails.
 *
 * Why       Sampling, replay and choices from outside differ in these three answers alone.
 * Ways      A way is a distance from the end of the modification order: a read that takes way 2 reads
 *           the third-latest store, a write that takes way 1 goes before the last one. Only ways that
 *           are consistent as far as is known are offered; way 0 comes first.
 */
#ifndef EXPLORE_POLICY_H
#define EXPLORE_POLICY_H

#include "execution/explorer.h"
#include "lean/lean.h"
#include "view/schedule.h"
#include <heald/random.h>

/* follow: a graph goes round in no loop that a thread waits in, where the run did. */
enum { DIVERGED_NOT = 0, DIVERGED = 1, DIVERGED_IN_LOOP = 2 };

struct ready {
    uint32_t thread;
    struct node *node;
};

struct policy {
    struct random random;
    /* Before each run. */
    void (*begin)(struct policy *policy, struct explorer *explorer);
    /* An index into `ready`; `count` is at least 1. -1: no wish. */
    int32_t (*thread)(struct policy *policy, struct explorer *explorer,
                      const struct ready *ready, uint32_t count);
    /* An index into `ways`, which has at least 2 entries. -1: no wish. */
    int32_t (*way)(struct policy *policy, struct explorer *explorer,
                   const struct node *node, const uint32_t *ways, uint32_t count);
    int (*fails_weakly)(struct policy *policy);
    uint8_t asks_always; /* also where there is nothing to choose */
    /* Each policy's own state. */
    uint32_t *priority; /* per thread; pct, pos */
    size_t priorities;
    uint32_t *change; /* pct: steps at which the running thread falls back */
    uint32_t depth, steps, longest, low;
    uint32_t running;  /* thread that made the last step */
    uint32_t restless; /* mixed: how willing this run is to switch, in 1/256 */
    uint32_t switches; /* mixed: that are left */
    uint8_t last_kind;
    struct schedule_reader schedule;
    struct schedule_step step;
    uint8_t diverged; /* replay: a step was not possible; follow: DIVERGED_... */
    const struct lean_step *follows; /* follow: what a lean run chose ... */
    size_t follows_count, followed;
    uint32_t *skipped; /* ... but for so many steps of each thread */
    const unsigned char *choices;
    size_t choices_left;
};

/* The thread that goes on: an index into `ready`. */
static inline uint32_t policy_thread(struct policy *policy, struct explorer *explorer,
                                     const struct ready *ready, uint32_t count) {
    int32_t chosen = 0;
    if (count > 1 || policy->asks_always)
        chosen = policy->thread(policy, explorer, ready, count);
    if (chosen < 0)
        chosen = 0;
    policy->running = ready[chosen].thread;
    policy->last_kind = ready[chosen].node->kind;
    return (uint32_t)chosen;
}

/* The thread lets all others go first. */
static inline void policy_gives_way(struct policy *policy, uint32_t thread) {
    if (thread < policy->priorities)
        policy->priority[thread] = 0;
}

/* The way of its step: an index into `ways`. */
static inline uint32_t policy_way(struct policy *policy, struct explorer *explorer,
                                  const struct node *node, const uint32_t *ways,
                                  uint32_t count) {
    if (count < 2 && !policy->asks_always)
        return 0;
    int32_t way = policy->way(policy, explorer, node, ways, count);
    return way < 0 ? 0 : (uint32_t)way;
}

void policy_uniform(struct policy *policy);
void policy_mixed(struct policy *policy);
void policy_pct(struct policy *policy, const struct explore_options *options);
void policy_pos(struct policy *policy);
void policy_replay(struct policy *policy, const struct explore_options *options);
void policy_follow(struct policy *policy, const struct lean_step *steps, size_t count,
                   uint32_t *skipped);
void policy_choices(struct policy *policy, const struct explore_options *options);
void policy_free(struct policy *policy);

/* Room for a priority of every thread; new ones are drawn by the caller. */
void policy_room(struct policy *policy, struct explorer *explorer);

#endif
