/* SPDX-License-Identifier: MIT */
/* probe: see probe.h */
#include "probe.h"

static bool overlap(const struct job *job, uint32_t a, uint32_t b, uint32_t p) {
    const struct job_worker *first = &job->workers[a], *second = &job->workers[b];
    return job->plan.sequences[a + 1].count > 0 && job->plan.sequences[b + 1].count > 0 &&
           first->probe_start[p] < second->probe_end[p] &&
           second->probe_start[p] < first->probe_end[p];
}

static bool any_overlap(const struct job *job, uint32_t p) {
    for (uint32_t a = 0; a < job->plan.threads; a++)
        for (uint32_t b = a + 1; b < job->plan.threads; b++)
            if (overlap(job, a, b, p))
                return true;
    return false;
}

void probe_evaluate(const struct job *job, struct tuning_evidence *evidence) {
    for (uint32_t p = 0; p < job->probe_count; p++)
        evidence->overlapped += any_overlap(job, p);
    evidence->probes += job->probe_count;
}

double probe_diversity(const struct job *job, uint64_t samples) {
    if (samples == 0)
        return 0.0;
    double same = 0.0;
    /* Outcomes of different workers may be the same one: summed per worker, each share of
     * its worker's samples, which all see the same mixture. */
    for (uint32_t t = 0; t < job->plan.threads; t++) {
        const struct tally *tally = &job->workers[t].tally;
        double mine = 0.0, squares = 0.0;
        for (uint32_t i = 0; i < tally->used; i++) {
            double count = (double)tally->counts[tally->order[i]];
            mine += count;
            squares += count * count;
        }
        if (mine > 0.0)
            same += squares / mine;
    }
    return 1.0 - same / (double)samples;
}
