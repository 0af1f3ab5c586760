/* SPDX-License-Identifier: MIT */
/* power: see power.h */
#include "power.h"

#include "memory.h"
#include "probe.h"

#define ROUND_NS 1000000u
#define CROWDED_ROUND_NS 20000000u

struct racy_counter {
    _Atomic int64_t value;
};

static void increment(void *state, void *local, const int64_t *arguments,
                      int64_t *results) {
    struct racy_counter *counter = state;
    (void)local, (void)arguments, (void)results;
    int64_t value = atomic_load_explicit(&counter->value, memory_order_relaxed);
    atomic_store_explicit(&counter->value, value + 1, memory_order_relaxed);
}

static void read_value(void *state, void *local, const int64_t *arguments,
                       int64_t *results) {
    struct racy_counter *counter = state;
    (void)local, (void)arguments;
    results[0] = atomic_load_explicit(&counter->value, memory_order_relaxed);
}

static const struct heald_operation operations[] = {
    {"increment", 0, 0, increment},
    {"read", 0, 1, read_value},
};

static const struct heald_subject racy = {
    .abi = HEALD_SUBJECT_ABI,
    .operation_count = 2,
    .operations = operations,
    .state_size = sizeof(struct racy_counter),
    .state_alignment = _Alignof(struct racy_counter),
};

/* Every thread increments once, then the value is read. */
static bool make_job(struct job *job, uint32_t threads,
                     struct stress_recorder *recorder) {
    uint32_t length[PLAN_SEQUENCES] = {0};
    struct heald_call calls[STRESS_THREADS + 1] = {{0}};
    for (uint32_t s = 1; s <= threads + 1; s++)
        length[s] = 1;
    calls[threads].operation = 1;
    const struct heald_scenario scenario = {threads, 1, length, calls, NULL};
    job->power = true;
    return plan_make(&job->plan, &racy, &scenario, threads + 1, 0, recorder->error,
                     sizeof recorder->error) &&
           job_init(job, recorder, false);
}

static uint64_t lost_updates(const struct job *job) {
    uint64_t lost = 0;
    for (uint32_t t = 0; t < job->plan.threads; t++) {
        const struct tally *tally = &job->workers[t].tally;
        for (uint32_t i = 0; i < tally->used; i++) {
            uint32_t at = tally->order[i];
            if (tally->slots[(size_t)at * tally->width + 1] < job->plan.threads)
                lost += tally->counts[at];
        }
    }
    return lost;
}

bool power_check(struct crew *crew, struct stress_recorder *recorder,
                 const struct stress_settings *settings, uint64_t most_ns,
                 struct random *random) {
    struct job *job = memory_pages(sizeof *job);
    struct tuning *tuning = memory_pages(sizeof *tuning);
    if (job == NULL || tuning == NULL || !make_job(job, crew->threads, recorder))
        return false;
    bool crowded = crew->threads > crew->processors;
    uint64_t round_ns = crowded ? CROWDED_ROUND_NS : ROUND_NS;
    uint64_t started = stamp_nanoseconds(), now = started;
    job->clock = (enum stamp_clock)recorder->clock;
    tuning_init(tuning, settings, true, crowded, random);
    recorder->power_threads = crew->threads;
    while (recorder->power_lost == 0 && now - started < most_ns &&
           atomic_load_explicit(&recorder->stop, memory_order_relaxed) == 0) {
        struct tuning_evidence evidence;
        job->settings = *tuning_next(tuning, random);
        if (!crew_round(crew, job, round_ns, UINT64_MAX, random, &evidence))
            return false;
        evidence.diversity = probe_diversity(job, evidence.samples);
        tuning_learn(tuning, &evidence);
        recorder->power_samples += evidence.samples;
        recorder->power_lost += lost_updates(job);
        recorder->round++;
        now = stamp_nanoseconds();
    }
    recorder->power_ns = now - started;
    return true;
}
