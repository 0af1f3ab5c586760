/* SPDX-License-Identifier: MIT */
/*
 * probe: did the threads of a sample overlap in time at all?
 *
 * Why       A run in which no call ever overlapped another has checked nothing, whatever
 *           its outcomes say. And overlap is what the tuning steers by when the outcomes
 *           are always the same.
 */
#ifndef STRESS_PROBE_H
#define STRESS_PROBE_H

#include "job.h"
#include "tuning.h"

/* Add the stride's probes to `evidence`; all threads have raced, none races again yet. */
void probe_evaluate(const struct job *job, struct tuning_evidence *evidence);

/* 1 - sum of squared shares: the chance that two samples of the round differ. */
double probe_diversity(const struct job *job, uint64_t samples);

#endif
