/* SPDX-License-Identifier: MIT */
/*
 * sample_ready: which threads can go on, after every step that is no choice has been taken.
 *
 * Eager     Steps that no other thread can tell from a later one (creating and joining threads, plain
 *           accesses, fences) are taken at once: races and order are judged by happens-before, not
 *           by time.
 * Kept      A thread that only waits to be chosen stays as it is until it is: most threads are not
 *           looked at again at each step.
 */
#ifndef EXPLORE_SAMPLE_READY_H
#define EXPLORE_SAMPLE_READY_H

#include "sampling/sampler.h"

/* The threads that can go on, after all eager steps. -1: the run is over, -2: ask again. */
int32_t sample_ready_gather(struct sampler *sampler);

#endif
