/* SPDX-License-Identifier: MIT */
/*
 * sample_step: the next step of a thread, by a way that the policy draws.
 *
 * Consistency  Any step that takes the latest store or goes to the end is consistent; for the others the
 *           model is asked, and another way is drawn if it refuses.
 */
#ifndef EXPLORE_SAMPLE_STEP_H
#define EXPLORE_SAMPLE_STEP_H

#include "sampling/sampler.h"

/* Takes the thread's next step. 0: this run is over. */
int sample_step(struct sampler *sampler, uint32_t thread, struct node *node);
/* Fills `ways` with what the read may take; returns how many. */
uint32_t sample_step_ways(struct sampler *sampler, uint32_t thread,
                          const struct node *node);

#endif
