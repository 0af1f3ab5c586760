/* SPDX-License-Identifier: MIT */
/*
 * plan: a scenario made ready to run, every index resolved once.
 *
 * Why       The race is a few nanoseconds long. What is looked up there is not raced.
 * Rules     The tables are copied out of the shared request, so that a subject that
 *           scribbles cannot change what is run. Results of a sequence are contiguous and
 *           in the order of its calls; results of sequence s follow those of s - 1.
 */
#ifndef STRESS_PLAN_H
#define STRESS_PLAN_H

#include <heald/stress.h>

#include <stdbool.h>

#define PLAN_SEQUENCES (STRESS_THREADS + 2u)

struct plan_step {
    void (*call)(void *state, void *local, const int64_t *arguments, int64_t *results);
    const int64_t *arguments;
    uint32_t result; /* first slot, counted within the sequence */
    uint32_t results;
};

struct plan_sequence {
    struct plan_step *steps;
    uint32_t count;
    uint32_t results;      /* slots of the whole sequence */
    uint32_t first_result; /* in the outcome */
};

struct plan {
    const struct heald_subject *subject;
    uint32_t threads;
    uint32_t busy_threads; /* those with a call */
    uint32_t result_count;
    uint32_t thread_calls; /* of all threads together */
    struct plan_sequence sequences[PLAN_SEQUENCES];
};

/*
 * Resolve the tables; false with a reason in `error` (of `error_bytes` bytes) where an index
 * is out of range or memory is short.
 */
bool plan_make(struct plan *plan, const struct heald_subject *subject,
               const struct heald_scenario *scenario, uint32_t call_count,
               uint32_t argument_count, char *error, size_t error_bytes);

#endif
