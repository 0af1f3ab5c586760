/* SPDX-License-Identifier: MIT */
/*
 * judge: is there anything wrong with an event: a race, misuse of memory, something not modelled?
 *
 * Why       Asked when an event is added, and again when a read is linked anew: everything that
 *           makes an access wrong lies in its prefix or is found when the other one is added.
 */
#ifndef EXPLORE_JUDGE_H
#define EXPLORE_JUDGE_H

#include "execution/explorer.h"

/* The same as judge_may_step where that is not plain. */
int judge_may_step_still(struct explorer *explorer, uint32_t thread,
                         const struct node *node);

/* Is the action something an event can be made of? If not (a failure), it is reported: 0. */
static inline int judge_may_step(struct explorer *explorer, uint32_t thread,
                                 const struct node *node) {
    return (node->kind != ACTION_FAIL &&
            explorer->graph.threads[thread].count < explorer->max_events) ||
           judge_may_step_still(explorer, thread, node);
}
/* Reports races and misuse of memory by the event just linked; 0: the execution is over. */
int judge_is_sound(struct explorer *explorer, struct event *event);
/* The same for a read that is linked anew. */
int judge_stays_sound(struct explorer *explorer, const struct event *event);
/* The same for an event that may be linked or not, without a report. */
int judge_finds_nothing(struct explorer *explorer, const struct event *event);

#endif
