/* SPDX-License-Identifier: MIT */
/*
 * run: from a request to its outcomes, round by round, until the budget ends.
 *
 * Rules     Everything random follows from the request's seed. Outcomes are shared after
 *           every round, so a crash loses the counts of one round at most.
 */
#define _GNU_SOURCE
#include "crew.h"
#include "load.h"
#include "memory.h"
#include "power.h"
#include "probe.h"

#include <stdio.h>
#include <string.h>

#define SHORTEST_ROUND_NS 500000u
#define LONGEST_ROUND_NS 40000000u
#define CROWDED_ROUND_NS 8000000u /* a few of the scheduler's time slices */

#define RUN_STREAM UINT64_MAX /* rounds and threads have small numbers */
#define POWER_STREAM (UINT64_MAX - 1)

struct run {
    struct stress_request request; /* private copy */
    struct stress_recorder *recorder;
    struct crew crew;
    struct load load;
    struct job job;
    struct outcomes outcomes;
    struct tuning tuning;
    struct random random;
    uint32_t rounds;
};

static bool refuse(struct stress_recorder *recorder, const char *why) {
    if (recorder->error[0] == '\0')
        snprintf(recorder->error, sizeof recorder->error, "%s", why);
    return false;
}

static size_t padded(size_t bytes) { return (bytes + 7) & ~(size_t)7; }

/* Find the request's tables behind it and resolve them; they must end within their area. */
static bool read_request(struct run *run, const struct heald_subject *subject) {
    const unsigned char *at =
        (const unsigned char *)run->recorder + STRESS_REQUEST_OFFSET;
    memcpy(&run->request, at, sizeof run->request);
    const struct stress_request *request = &run->request;
    if (request->threads < 1 || request->threads > STRESS_THREADS)
        return refuse(run->recorder, "a scenario has 1 to 16 threads");
    size_t lengths = padded(sizeof *request);
    size_t calls = lengths + padded((request->threads + 2) * sizeof(uint32_t));
    size_t arguments = calls + padded(request->call_count * sizeof(struct heald_call));
    size_t end = arguments + (size_t)request->argument_count * sizeof(int64_t);
    if (end > STRESS_OUTCOMES_OFFSET - STRESS_REQUEST_OFFSET)
        return refuse(run->recorder, "the scenario is too large");
    const struct heald_scenario scenario = {
        .threads = request->threads,
        .result_count = request->result_count,
        .length = (const uint32_t *)(const void *)(at + lengths),
        .calls = (const struct heald_call *)(const void *)(at + calls),
        .arguments = (const int64_t *)(const void *)(at + arguments),
    };
    return plan_make(&run->job.plan, subject, &scenario, request->call_count,
                     request->argument_count, run->recorder->error,
                     sizeof run->recorder->error);
}

static bool make_job(struct run *run, size_t bytes) {
    bool history = (run->request.flags & STRESS_HISTORY) != 0;
    if (history && run->job.plan.thread_calls > HISTORY_CALLS)
        return refuse(run->recorder, "a history has at most 64 calls");
    if (!job_init(&run->job, run->recorder, history))
        return refuse(run->recorder, "the scenario has too many results");
    run->job.clock = stamp_choose();
    run->recorder->clock = run->job.clock;
    run->recorder->slot_count = run->job.slot_count;
    unsigned char *entries = (unsigned char *)run->recorder + STRESS_OUTCOMES_OFFSET;
    return tally_outcomes_init(&run->outcomes, entries, bytes - STRESS_OUTCOMES_OFFSET,
                               run->job.slot_count, &run->recorder->entry_count) ||
           refuse(run->recorder, "no memory for outcomes");
}

static uint64_t round_length(const struct run *run, uint64_t left_ns) {
    uint64_t slices = run->tuning.tried < run->tuning.count ? TUNING_ARMS * 4 : 50;
    uint64_t ns = run->request.budget_ns / slices;
    bool crowded = run->crew.threads > run->crew.processors;
    uint64_t shortest = crowded ? CROWDED_ROUND_NS : SHORTEST_ROUND_NS;
    ns = ns < shortest ? shortest : ns > LONGEST_ROUND_NS ? LONGEST_ROUND_NS : ns;
    /* The first rounds are short: what is common shall be seen at once. */
    if (run->rounds < 6 && ns > shortest << run->rounds)
        ns = shortest << run->rounds;
    return ns < left_ns ? ns : left_ns;
}

/* Share what the round's tallies counted, and learn from it. */
static void end_round(struct run *run, struct tuning_evidence *evidence) {
    struct stress_recorder *recorder = run->recorder;
    evidence->diversity = probe_diversity(&run->job, evidence->samples);
    for (uint32_t t = 0; t < run->job.plan.threads; t++)
        recorder->uncounted += tally_outcomes_add(
            &run->outcomes, &run->job.workers[t].tally, &evidence->first_seen);
    if (run->rounds == 0)
        evidence->first_seen = 0; /* all are new in the first one */
    tuning_learn(&run->tuning, evidence);
    recorder->probes += evidence->probes;
    recorder->overlapped += evidence->overlapped;
    recorder->best = *tuning_best(&run->tuning);
    recorder->arms = run->tuning.tried;
    recorder->round++;
    run->rounds++;
    atomic_store_explicit(&recorder->samples, run->job.workers[0].first_sample,
                          memory_order_relaxed);
}

static uint64_t samples_left(const struct run *run) {
    if (run->request.sample_max == 0)
        return UINT64_MAX;
    return run->request.sample_max > run->job.workers[0].first_sample
               ? run->request.sample_max - run->job.workers[0].first_sample
               : 0;
}

static bool run_rounds(struct run *run) {
    struct stress_recorder *recorder = run->recorder;
    uint64_t started = stamp_nanoseconds(), spent = 0;
    while (spent < run->request.budget_ns && samples_left(run) > 0 &&
           atomic_load_explicit(&recorder->stop, memory_order_relaxed) == 0) {
        struct tuning_evidence evidence;
        run->job.settings = *tuning_next(&run->tuning, &run->random);
        recorder->settings = run->job.settings;
        load_set(&run->load, run->job.settings.load);
        uint64_t length = round_length(run, run->request.budget_ns - spent);
        if (!crew_round(&run->crew, &run->job, length, samples_left(run), &run->random,
                        &evidence))
            return refuse(recorder, "no memory for a single state");
        end_round(run, &evidence);
        spent = stamp_nanoseconds() - started;
        atomic_store_explicit(&recorder->run_ns, spent, memory_order_relaxed);
    }
    return true;
}

static bool check_power(struct run *run) {
    bool wanted = (run->request.flags & STRESS_CHECK_POWER) != 0;
    if (!wanted || run->job.plan.busy_threads < 2)
        return true;
    atomic_store_explicit(&run->recorder->state, STRESS_POWER, memory_order_release);
    /* How many rounds it takes is up to the machine: a stream of its own, so that the
     * run after it is the same in every repetition. */
    struct random random = random_stream(run->request.seed, POWER_STREAM);
    bool fine = power_check(&run->crew, run->recorder, &run->request.settings,
                            run->request.power_ns, &random);
    run->recorder->round = 0;
    return fine || refuse(run->recorder, "no memory for the power check");
}

static bool run_all(struct run *run, const struct heald_subject *subject, size_t bytes) {
    struct stress_recorder *recorder = run->recorder;
    if (!read_request(run, subject) || !make_job(run, bytes))
        return false;
    recorder->seed = run->request.seed;
    run->random = random_stream(run->request.seed, RUN_STREAM);
    if (!crew_start(&run->crew, run->job.plan.threads, run->request.seed))
        return refuse(recorder, "the system gives no threads");
    recorder->processors = run->crew.processors;
    run->load.processors = run->crew.allowed;
    bool crowded = run->crew.threads > run->crew.processors;
    bool fine = check_power(run);
    if (fine) {
        atomic_store_explicit(&recorder->state, STRESS_RUNNING, memory_order_release);
        tuning_init(&run->tuning, &run->request.settings,
                    (run->request.flags & STRESS_TUNE) != 0, crowded, &run->random);
        fine = run_rounds(run);
    }
    crew_stop(&run->crew);
    load_stop(&run->load);
    return fine;
}

int stress_run(const struct heald_subject *subject, struct stress_recorder *recorder,
               size_t bytes) {
    struct run *run = memory_pages(sizeof *run);
    if (run == NULL) {
        (void)refuse(recorder, "no memory");
    } else {
        run->recorder = recorder;
        if (run_all(run, subject, bytes)) {
            atomic_store_explicit(&recorder->state, STRESS_DONE, memory_order_release);
            return 0;
        }
    }
    atomic_store_explicit(&recorder->state, STRESS_REFUSED, memory_order_release);
    return -1;
}
