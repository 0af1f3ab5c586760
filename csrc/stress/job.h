/* SPDX-License-Identifier: MIT */
/*
 * job: one plan being run by a crew, and what each of its threads keeps.
 *
 * Why       The power check runs its own racy counter with the same threads, loops and
 *           placement as the subject: two jobs, one crew.
 * Who       A worker belongs to its thread; the leader (thread 1) reads and writes all of
 *           them, but only between two barriers at which the others wait.
 */
#ifndef STRESS_JOB_H
#define STRESS_JOB_H

#include "field.h"
#include "history.h"
#include "plan.h"
#include "stamp.h"
#include "tally.h"
#include <heald/random.h>

#define JOB_PROBES 16u
#define JOB_SLOTS 512u /* most slots of an outcome entry */

struct job_worker {
    _Alignas(128) uint32_t number; /* 1..threads */
    struct random random;
    uint64_t first_sample; /* number of the stride's first sample: the same for all */
    struct stress_thread_record *record;
    struct tally tally;
    uint64_t probe_start[JOB_PROBES], probe_end[JOB_PROBES];
    int64_t slots[JOB_SLOTS]; /* the outcome being put together */
};

struct job {
    struct plan plan;
    struct field field;
    struct stress_recorder *recorder;
    bool history;
    bool power; /* the built-in racy counter: not counted as samples of the subject */
    enum stamp_clock clock;
    uint32_t slot_count;
    struct stress_settings settings; /* of this round, as asked for */
    uint32_t probe_count, probe_step, probe_offset;
    double ns_per_sample; /* smoothed; 0: not known yet */
    struct job_worker workers[STRESS_THREADS];
};

/* `plan` is set; false where memory is short. */
bool job_init(struct job *job, struct stress_recorder *recorder, bool history);

/* Say what is next: call `call` of the phase, on the i-th state of the stride. */
static inline void job_position(struct job_worker *worker, uint32_t phase, uint32_t call,
                                uint32_t i) {
    atomic_store_explicit(&worker->record->position,
                          STRESS_POSITION(phase, call, worker->first_sample + i),
                          memory_order_relaxed);
}

/* prepare.c: make the states that this worker is to make, and run the calls before. */
void prepare_job(const struct job *job, struct job_worker *worker);

/* race.c: this worker's calls on every state of the stride. */
void race_job(const struct job *job, struct job_worker *worker);

/* settle.c: the calls after, the invariant, the outcome; then end these states. */
void settle_job(const struct job *job, struct job_worker *worker);

/* The states that a worker makes and ends: from, from + step, ... below to. */
struct job_share {
    uint32_t from, to, step;
};
struct job_share job_share(const struct job *job, const struct job_worker *worker);

#endif
