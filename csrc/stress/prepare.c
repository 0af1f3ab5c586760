/* SPDX-License-Identifier: MIT */
/*
 * prepare: states are made before the race, by all threads together, each its share.
 *
 * Why       Making a state can cost more than racing on it. Done outside of the race it
 *           does not spread the threads; done by all it uses every processor. It is part
 *           of the time that samples per second are counted by.
 */
#include "job.h"

static void prepare_locals(const struct job *job, struct job_worker *worker, void *state,
                           uint32_t i) {
    const struct heald_subject *subject = job->plan.subject;
    for (uint32_t t = 0; t <= job->plan.threads; t++) {
        void *local = field_local(&job->field, t, i);
        field_fresh(local, job->field.local_size);
        if (subject->local_init != NULL) {
            job_position(worker, STRESS_INIT, t + 1, i);
            subject->local_init(state, local, t);
        }
    }
}

static void prepare_one(const struct job *job, struct job_worker *worker, uint32_t i) {
    const struct heald_subject *subject = job->plan.subject;
    void *state = field_state(&job->field, i);
    field_fresh(state, job->field.state_size);
    if (subject->init != NULL) {
        job_position(worker, STRESS_INIT, 0, i);
        subject->init(state);
    }
    if (job->field.local_pitch != 0)
        prepare_locals(job, worker, state, i);

    const struct plan_sequence *before = &job->plan.sequences[0];
    int64_t *log = job->field.logs[0] + (size_t)i * before->results;
    void *local = field_local(&job->field, 0, i);
    for (uint32_t c = 0; c < before->count; c++) {
        const struct plan_step *step = &before->steps[c];
        job_position(worker, STRESS_BEFORE, c, i);
        step->call(state, local, step->arguments, log + step->result);
    }
}

/* Zeroes are all that the states need: they are made in one sweep over their block. */
static bool only_zeroes(const struct job *job) {
    return job->plan.subject->init == NULL && job->field.local_pitch == 0 &&
           job->plan.sequences[0].count == 0 && job->field.order == NULL &&
           job->settings.blocks != 0;
}

void prepare_job(const struct job *job, struct job_worker *worker) {
    struct job_share share = job_share(job, worker);
    if (only_zeroes(job)) {
        for (uint32_t i = share.from; i < share.to; i++)
            field_fresh(job->field.states + i * job->field.pitch, job->field.state_size);
        return;
    }
    for (uint32_t i = share.from; i < share.to; i += share.step)
        prepare_one(job, worker, i);
}
