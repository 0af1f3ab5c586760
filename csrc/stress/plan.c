/* SPDX-License-Identifier: MIT */
/* plan: see plan.h */
#include "plan.h"

#include "memory.h"

#include <stdio.h>
#include <string.h>

struct maker {
    struct plan *plan;
    const struct heald_subject *subject;
    const struct heald_scenario *scenario;
    int64_t *arguments; /* private copy */
    uint32_t argument_count;
    char *error;
    size_t error_bytes;
};

static bool refuse(const struct maker *maker, const char *why, uint32_t number) {
    snprintf(maker->error, maker->error_bytes, "bad scenario: %s (%u)", why, number);
    return false;
}

static bool make_step(const struct maker *maker, const struct heald_call *call,
                      struct plan_sequence *sequence, struct plan_step *step) {
    if (call->operation >= maker->subject->operation_count)
        return refuse(maker, "no operation with this number", call->operation);
    const struct heald_operation *operation =
        &maker->subject->operations[call->operation];
    if (call->first_argument > maker->argument_count ||
        operation->arguments > maker->argument_count - call->first_argument)
        return refuse(maker, "arguments outside of their table", call->first_argument);
    if (call->first_result != sequence->first_result + sequence->results)
        return refuse(maker, "results not in the order of the calls", call->first_result);
    step->call = operation->call;
    step->arguments = maker->arguments + call->first_argument;
    step->result = sequence->results;
    step->results = operation->results;
    sequence->results += operation->results;
    sequence->count++;
    return true;
}

static bool make_sequences(const struct maker *maker, struct plan_step *steps,
                           uint32_t call_count) {
    struct plan *plan = maker->plan;
    uint32_t next = 0, results = 0;
    for (uint32_t s = 0; s < plan->threads + 2; s++) {
        struct plan_sequence *sequence = &plan->sequences[s];
        *sequence =
            (struct plan_sequence){.steps = steps + next, .first_result = results};
        uint32_t length = maker->scenario->length[s];
        if (length > call_count - next)
            return refuse(maker, "more calls than their table has", length);
        for (uint32_t c = 0; c < length; c++, next++)
            if (!make_step(maker, &maker->scenario->calls[next], sequence, &steps[next]))
                return false;
        results += sequence->results;
        if (s >= 1 && s <= plan->threads) {
            plan->thread_calls += length;
            plan->busy_threads += length > 0;
        }
    }
    if (results != plan->result_count)
        return refuse(maker, "results of the calls do not add up", results);
    return true;
}

bool plan_make(struct plan *plan, const struct heald_subject *subject,
               const struct heald_scenario *scenario, uint32_t call_count,
               uint32_t argument_count, char *error, size_t error_bytes) {
    *plan = (struct plan){.subject = subject,
                          .threads = scenario->threads,
                          .result_count = scenario->result_count};
    struct maker maker = {plan,           subject, scenario,   NULL,
                          argument_count, error,   error_bytes};
    if (scenario->threads < 1 || scenario->threads > STRESS_THREADS)
        return refuse(&maker, "number of threads", scenario->threads);
    struct plan_step *steps = memory_pages((call_count + 1) * sizeof *steps);
    maker.arguments = memory_pages((argument_count + 1) * sizeof *maker.arguments);
    if (steps == NULL || maker.arguments == NULL)
        return refuse(&maker, "no memory for calls", call_count);
    if (argument_count > 0)
        memcpy(maker.arguments, scenario->arguments,
               argument_count * sizeof *maker.arguments);
    return make_sequences(&maker, steps, call_count);
}
