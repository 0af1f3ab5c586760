/* SPDX-License-Identifier: MIT */
/* job: see job.h */
#include "job.h"

bool job_init(struct job *job, struct stress_recorder *recorder, bool history) {
    job->recorder = recorder;
    job->history = history;
    job->slot_count = 1 + job->plan.result_count;
    if (history)
        job->slot_count += 2 * job->plan.thread_calls;
    if (job->slot_count > JOB_SLOTS || !field_init(&job->field))
        return false;
    for (uint32_t t = 0; t < job->plan.threads; t++) {
        struct job_worker *worker = &job->workers[t];
        worker->number = t + 1;
        worker->record = &recorder->threads[t];
        if (!tally_init(&worker->tally, job->slot_count))
            return false;
    }
    return true;
}

struct job_share job_share(const struct job *job, const struct job_worker *worker) {
    uint32_t threads = job->plan.threads, index = worker->number - 1;
    uint32_t count = job->field.count;
    if (job->settings.blocks == 0)
        return (struct job_share){index, count, threads};
    uint32_t from = (uint32_t)((uint64_t)count * index / threads);
    uint32_t to = (uint32_t)((uint64_t)count * (index + 1) / threads);
    return (struct job_share){from, to, 1};
}
