/* SPDX-License-Identifier: MIT */
/* crew: see crew.h */
#define _GNU_SOURCE
#include "crew.h"

#include "death.h"
#include "probe.h"

#include <string.h>

#define SPINS_ALONE 4000u /* enough threads for the processors: about 0.1 ms */
#define SPINS_SHARED 40u  /* somebody may need this processor to arrive at all */
#define FIRST_STRIDE 16u

static void place(const struct crew *crew, uint32_t index, uint32_t placement) {
    cpu_set_t set = crew->allowed;
    if (placement != STRESS_FREE) {
        uint32_t at = placement == STRESS_ONE ? crew->rotation : crew->rotation + index;
        CPU_ZERO(&set);
        CPU_SET((size_t)crew->processor[at % crew->processors], &set);
    }
    /* A refusal (a container may forbid it) costs interleaving: the power check tells. */
    (void)sched_setaffinity(0, sizeof set, &set);
}

static void wait_in(struct job_worker *worker, struct barrier *barrier) {
    job_position(worker, STRESS_WAITING, 0, 0);
    barrier_wait(barrier);
}

/* Leave the barrier together, but for the skew that the settings ask for. */
static void start_race(struct crew *crew, struct job *job, struct job_worker *worker) {
    uint32_t delay = 0;
    if (job->settings.skew != 0)
        delay = random_below(&worker->random, job->settings.skew + 1);
    job_position(worker, STRESS_WAITING, 0, 0);
    barrier_start(&crew->barrier, job->clock, delay);
}

static void race(struct crew *crew, struct job *job, struct job_worker *worker) {
    if (job->settings.placement != STRESS_SERIAL) {
        race_job(job, worker);
        return;
    }
    for (uint32_t turn = 1; turn <= crew->threads; turn++) {
        if (turn == worker->number)
            race_job(job, worker);
        wait_in(worker, &crew->barrier);
    }
}

/* The leader's part of a stride, made while the others wait at the second barrier. */
static void end_stride(struct crew *crew, struct job *job, uint64_t started) {
    uint64_t now = stamp_nanoseconds();
    uint64_t done = job->workers[0].first_sample + job->field.count;
    if (!job->power)
        atomic_fetch_add_explicit(&job->recorder->race_ns, now - started,
                                  memory_order_relaxed);
    crew->last = now >= crew->round_end_ns || done >= crew->sample_limit ||
                 atomic_load_explicit(&job->recorder->stop, memory_order_relaxed) != 0;
}

static void lead_stride(struct crew *crew, struct job *job, struct job_worker *worker) {
    job->probe_offset = random_below(&worker->random, job->probe_step);
    start_race(crew, job, worker);
    uint64_t started = stamp_nanoseconds();
    race(crew, job, worker);
    end_stride(crew, job, started);
    wait_in(worker, &crew->barrier);
}

static void follow_stride(struct crew *crew, struct job *job, struct job_worker *worker) {
    start_race(crew, job, worker);
    race(crew, job, worker);
    wait_in(worker, &crew->barrier);
}

/* All threads run this. What the leader does alone, it does where the others wait for it. */
static void run_strides(struct crew *crew, struct job *job, struct job_worker *worker,
                        struct tuning_evidence *evidence) {
    bool leads = worker->number == 1, last = false;
    while (!last) {
        prepare_job(job, worker);
        if (leads)
            lead_stride(crew, job, worker);
        else
            follow_stride(crew, job, worker);
        last = crew->last; /* written before the barrier, not again before the next one */
        if (leads)
            probe_evaluate(job, evidence);
        settle_job(job, worker);
        worker->first_sample += job->field.count;
    }
}

static void start_round(const struct crew *crew, struct job *job,
                        struct job_worker *worker) {
    if (crew->placed != job->settings.placement + 1)
        place(crew, worker->number - 1, job->settings.placement);
    worker->random = random_stream(job->recorder->seed,
                                   (uint64_t)job->recorder->round * 64 + worker->number);
    tally_clear(&worker->tally);
}

static void *member_main(void *argument) {
    struct crew_member *member = argument;
    struct crew *crew = member->crew;
    death_watch_thread(member->index + 1);
    for (;;) {
        barrier_wait(&crew->barrier);
        struct job *job = crew->job;
        if (job == NULL)
            return NULL;
        struct job_worker *worker = &job->workers[member->index];
        start_round(crew, job, worker);
        barrier_wait(&crew->barrier);
        run_strides(crew, job, worker, NULL);
        wait_in(worker, &crew->barrier);
    }
}

static void find_processors(struct crew *crew) {
    if (sched_getaffinity(0, sizeof crew->allowed, &crew->allowed) != 0) {
        CPU_ZERO(&crew->allowed);
        CPU_SET(0, &crew->allowed);
    }
    for (size_t cpu = 0; cpu < CPU_SETSIZE && crew->processors < CREW_PROCESSORS; cpu++)
        if (CPU_ISSET(cpu, &crew->allowed))
            crew->processor[crew->processors++] = (int)cpu;
}

bool crew_start(struct crew *crew, uint32_t threads, uint64_t seed) {
    memset(crew, 0, sizeof *crew);
    crew->threads = threads;
    find_processors(crew);
    struct random random = random_stream(seed, 0);
    crew->rotation = random_below(&random, crew->processors);
    bool crowded = threads > crew->processors;
    barrier_init(&crew->barrier, threads, crowded ? SPINS_SHARED : SPINS_ALONE);
    death_watch_thread(1);
    for (uint32_t i = 0; i < threads; i++) {
        crew->members[i].crew = crew;
        crew->members[i].index = i;
    }
    for (uint32_t i = 1; i < threads; i++)
        if (pthread_create(&crew->members[i].thread, NULL, member_main,
                           &crew->members[i]) != 0)
            return false;
    return true;
}

void crew_stop(struct crew *crew) {
    crew->job = NULL;
    barrier_wait(&crew->barrier);
    for (uint32_t i = 1; i < crew->threads; i++)
        pthread_join(crew->members[i].thread, NULL);
}

/* A stride must not last longer than a quarter of its round, or no budget could hold. */
static uint32_t longest_stride(const struct job *job, uint64_t round_ns) {
    if (job->ns_per_sample <= 0.0)
        return FIRST_STRIDE;
    double most = (double)round_ns / 4.0 / job->ns_per_sample;
    return most < 1.0 ? 1u : most > 1e6 ? 1000000u : (uint32_t)most;
}

static bool cut(struct job *job, uint64_t round_ns, uint64_t samples,
                struct random *random) {
    uint32_t most = longest_stride(job, round_ns);
    most = samples < most ? (uint32_t)samples : most;
    if (!field_cut(&job->field, &job->plan, &job->settings, most, job->history, random))
        return false;
    uint32_t probes = job->field.count / 64;
    job->probe_count = probes < 1 ? 1 : probes > JOB_PROBES ? JOB_PROBES : probes;
    job->probe_step = job->field.count / job->probe_count;
    return true;
}

bool crew_round(struct crew *crew, struct job *job, uint64_t round_ns, uint64_t samples,
                struct random *random, struct tuning_evidence *evidence) {
    *evidence = (struct tuning_evidence){0};
    if (!cut(job, round_ns, samples, random))
        return false;
    struct job_worker *leader = &job->workers[0];
    uint64_t started = stamp_nanoseconds(), first = leader->first_sample;
    crew->job = job;
    crew->round_end_ns = started + round_ns;
    crew->sample_limit = samples > UINT64_MAX - first ? UINT64_MAX : first + samples;
    barrier_wait(&crew->barrier);
    start_round(crew, job, leader);
    barrier_wait(&crew->barrier);
    crew->placed = job->settings.placement + 1;
    run_strides(crew, job, leader, evidence);
    wait_in(leader, &crew->barrier);
    evidence->samples = leader->first_sample - first;
    evidence->ns = stamp_nanoseconds() - started;
    double ns = (double)evidence->ns / (double)evidence->samples;
    job->ns_per_sample =
        job->ns_per_sample <= 0.0 ? ns : 0.5 * job->ns_per_sample + 0.5 * ns;
    return true;
}
