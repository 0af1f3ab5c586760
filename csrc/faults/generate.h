/* SPDX-License-Identifier: MIT */
/*
 * generate: draws scripted cases from a seed, for bulk runs.
 *
 * Why       Hypothesis draws some thousand cases a second and shrinks them; a million cases
 *           need a generator that costs less than the case. Same cases, same seed, everywhere.
 * Sizes     small and odd on purpose, near the borders: 0, 1, a page and its neighbours, the
 *           end of the source and past it. Stream sinks stay within what a pipe of 16 slots
 *           takes, as nobody reads meanwhile.
 */
#ifndef HEALD_FAULTS_GENERATE_H
#define HEALD_FAULTS_GENERATE_H

#include "case.h"

#define PLAN_ERRNOS 8

/* What a subject's contract allows: the generator draws nothing outside it. */
struct fault_plan {
    uint64_t recovered[2];
    uint64_t natural[2];
    uint32_t sources; /* bits of enum fault_source; files, pipes and Unix sockets only */
    uint32_t
        sinks; /* bits of enum fault_sink; files, pipes, Unix sockets and NULL only */
    uint32_t flags; /* FLAG_OFFSET if the subject takes an offset variable; FLAG_SHARES */
    uint32_t shape;
    uint32_t errno_count;
    uint32_t most_steps;
    uint32_t again; /* whether EAGAIN may be injected */
    uint32_t reserved;
    int32_t errnos[PLAN_ERRNOS]; /* fatal ones to inject */
};

void generate_case(const struct fault_plan *plan, uint64_t seed, struct fault_case *made);

#endif
