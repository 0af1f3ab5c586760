/* SPDX-License-Identifier: MIT */
/*
 * race: the loop in which threads meet. Everything else exists to make it short.
 *
 * Why       A race shows where two calls on one state overlap, a few nanoseconds. All
 *           threads go through the states of a stride in the same order without waiting
 *           for each other, so they meet again and again by themselves.
 * Rules     One store to the thread's own cache line says what is about to be called (the
 *           flight recorder). A few samples of a stride, the same for all threads, are
 *           stamped: they tell how many overlapped in time.
 */
#include "job.h"
#include "pause.h"

static void pauses(uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        pause_once();
}

static inline void call_step(const struct job *job, struct job_worker *worker, uint32_t c,
                             uint32_t i, void *state, void *local, int64_t *log) {
    const struct plan_step *step = &job->plan.sequences[worker->number].steps[c];
    job_position(worker, STRESS_RACE, c, i);
    step->call(state, local, step->arguments, log + step->result);
}

static void race_plain(const struct job *job, struct job_worker *worker, uint32_t from,
                       uint32_t to) {
    const struct plan_sequence *sequence = &job->plan.sequences[worker->number];
    int64_t *log = job->field.logs[worker->number] + (size_t)from * sequence->results;
    for (uint32_t i = from; i < to; i++, log += sequence->results) {
        void *state = field_state(&job->field, i);
        void *local = field_local(&job->field, worker->number, i);
        for (uint32_t c = 0; c < sequence->count; c++)
            call_step(job, worker, c, i, state, local, log);
    }
}

/* One delay in eight, so that most calls still follow each other closely. */
static void jitter(const struct job *job, struct job_worker *worker) {
    if ((random_next(&worker->random) >> 61) == 0)
        pauses(random_below(&worker->random, job->settings.jitter + 1));
}

static void race_jittered(const struct job *job, struct job_worker *worker, uint32_t from,
                          uint32_t to) {
    const struct plan_sequence *sequence = &job->plan.sequences[worker->number];
    int64_t *log = job->field.logs[worker->number] + (size_t)from * sequence->results;
    for (uint32_t i = from; i < to; i++, log += sequence->results) {
        void *state = field_state(&job->field, i);
        void *local = field_local(&job->field, worker->number, i);
        for (uint32_t c = 0; c < sequence->count; c++) {
            jitter(job, worker);
            call_step(job, worker, c, i, state, local, log);
        }
    }
}

static void race_stamped(const struct job *job, struct job_worker *worker, uint32_t from,
                         uint32_t to) {
    const struct plan_sequence *sequence = &job->plan.sequences[worker->number];
    int64_t *log = job->field.logs[worker->number] + (size_t)from * sequence->results;
    uint64_t *stamps =
        job->field.stamps[worker->number] + (size_t)from * sequence->count * 2;
    for (uint32_t i = from; i < to; i++, log += sequence->results) {
        void *state = field_state(&job->field, i);
        void *local = field_local(&job->field, worker->number, i);
        for (uint32_t c = 0; c < sequence->count; c++, stamps += 2) {
            if (job->settings.jitter != 0)
                jitter(job, worker);
            stamps[0] = stamp_call(job->clock);
            call_step(job, worker, c, i, state, local, log);
            stamps[1] = stamp_return(job->clock);
        }
    }
}

static void race_part(const struct job *job, struct job_worker *worker, uint32_t from,
                      uint32_t to) {
    if (job->history)
        race_stamped(job, worker, from, to);
    else if (job->settings.jitter != 0)
        race_jittered(job, worker, from, to);
    else
        race_plain(job, worker, from, to);
}

void race_job(const struct job *job, struct job_worker *worker) {
    uint32_t from = 0;
    for (uint32_t p = 0; p < job->probe_count; p++) {
        uint32_t probe = p * job->probe_step + job->probe_offset;
        race_part(job, worker, from, probe);
        worker->probe_start[p] = stamp_now(job->clock);
        race_part(job, worker, probe, probe + 1);
        worker->probe_end[p] = stamp_now(job->clock);
        from = probe + 1;
    }
    race_part(job, worker, from, job->field.count);
}
