/* SPDX-License-Identifier: MIT */
/*
 * settle: after the race the states are judged, counted and ended, by all threads together.
 *
 * Rules     The invariant is asked before the calls after the threads. Where it is broken
 *           those calls are not made (on a broken structure they crash or never end, and
 *           would bury what is known): their results are zero and slots[0] says so. The
 *           first broken sample is written to the recorder at once, for ending such a
 *           state may be what kills the process.
 */
#include "death.h"
#include "job.h"

#include <string.h>

static bool is_valid(const struct job *job, struct job_worker *worker, void *state,
                     uint32_t i) {
    if (job->plan.subject->is_valid == NULL)
        return true;
    job_position(worker, STRESS_VALID, 0, i);
    return job->plan.subject->is_valid(state) != 0;
}

static void run_after(const struct job *job, struct job_worker *worker, void *state,
                      uint32_t i, int64_t *results) {
    const struct plan_sequence *after = &job->plan.sequences[job->plan.threads + 1];
    void *local = field_local(&job->field, 0, i);
    for (uint32_t c = 0; c < after->count; c++) {
        const struct plan_step *step = &after->steps[c];
        job_position(worker, STRESS_AFTER, c, i);
        step->call(state, local, step->arguments, results + step->result);
    }
}

static int64_t *gather_results(const struct job *job, int64_t *slots, uint32_t i) {
    for (uint32_t s = 0; s <= job->plan.threads; s++) {
        uint32_t results = job->plan.sequences[s].results;
        const int64_t *log = job->field.logs[s] + (size_t)i * results;
        for (uint32_t r = 0; r < results; r++)
            *slots++ = log[r];
    }
    return slots;
}

static void gather_epochs(const struct job *job, int64_t *slots, uint32_t i) {
    struct history_event events[HISTORY_CALLS * 2];
    uint32_t place = 0;
    for (uint32_t t = 1; t <= job->plan.threads; t++) {
        uint32_t stamps = job->plan.sequences[t].count * 2;
        const uint64_t *stamp = job->field.stamps[t] + (size_t)i * stamps;
        for (uint32_t s = 0; s < stamps; s++, place++)
            events[place] = (struct history_event){stamp[s], place};
    }
    history_epochs(events, job->plan.thread_calls, slots);
}

static void record_broken(const struct job *job, const int64_t *slots) {
    struct stress_broken *broken = &job->recorder->broken;
    if (atomic_fetch_add_explicit(&broken->count, 1, memory_order_relaxed) != 0)
        return;
    uint32_t kept =
        job->slot_count < STRESS_BROKEN_SLOTS ? job->slot_count : STRESS_BROKEN_SLOTS;
    memcpy(broken->slots, slots, kept * sizeof *slots);
    atomic_store_explicit(&broken->complete, 1, memory_order_release);
}

static void end_state(const struct job *job, struct job_worker *worker, void *state,
                      uint32_t i) {
    const struct heald_subject *subject = job->plan.subject;
    if (subject->local_fini != NULL && job->field.local_pitch != 0) {
        for (uint32_t t = 0; t <= job->plan.threads; t++) {
            job_position(worker, STRESS_FINI, t + 1, i);
            subject->local_fini(state, field_local(&job->field, t, i), t);
        }
    }
    if (subject->fini != NULL) {
        job_position(worker, STRESS_FINI, 0, i);
        subject->fini(state);
    }
}

static void check_guard(const struct job *job, struct job_worker *worker,
                        const unsigned char *object, size_t size, uint32_t i) {
    int at = field_broken_guard(object, size);
    if (at < 0)
        return;
    job_position(worker, STRESS_SETTLE, 0, i);
    death_out_of_bounds(job->recorder, worker->number, (uint32_t)at,
                        object[size + (size_t)at]);
}

/* Nobody may have written beside what is his. */
static void check_guards(const struct job *job, struct job_worker *worker, uint32_t i) {
    check_guard(job, worker, field_state(&job->field, i), job->field.state_size, i);
    for (uint32_t t = 0; job->field.local_size != 0 && t <= job->plan.threads; t++)
        check_guard(job, worker, field_local(&job->field, t, i), job->field.local_size,
                    i);
}

static void settle_one(const struct job *job, struct job_worker *worker, uint32_t i) {
    const struct plan_sequence *after = &job->plan.sequences[job->plan.threads + 1];
    void *state = field_state(&job->field, i);
    int64_t *slots = worker->slots;
    int64_t *results = gather_results(job, slots + 1, i);
    check_guards(job, worker, i);
    slots[0] = is_valid(job, worker, state, i);
    if (after->count > 0) {
        for (uint32_t r = 0; r < after->results; r++)
            results[r] = 0;
        if (slots[0] != 0) {
            run_after(job, worker, state, i, results);
            slots[0] = is_valid(job, worker, state, i);
        }
    }
    if (job->history)
        gather_epochs(job, slots + 1 + job->plan.result_count, i);
    if (slots[0] == 0)
        record_broken(job, slots);
    tally_count(&worker->tally, slots);
    end_state(job, worker, state, i);
}

void settle_job(const struct job *job, struct job_worker *worker) {
    struct job_share share = job_share(job, worker);
    for (uint32_t i = share.from; i < share.to; i += share.step)
        settle_one(job, worker, i);
}
