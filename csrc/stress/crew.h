/* SPDX-License-Identifier: MIT */
/*
 * crew: the threads of a run, made once, pinned, and led through round after round.
 *
 * Why       Starting a thread takes longer than a thousand races last. The calling thread
 *           is thread 1 and leads: between two barriers of a round it decides what is
 *           next while the others wait, so no lock is ever taken.
 * Round     prepare | barrier | race | barrier | settle, prepare the next stride | ...
 */
#ifndef STRESS_CREW_H
#define STRESS_CREW_H

#include "barrier.h"
#include "job.h"
#include "tuning.h"

#include <pthread.h>
#include <sched.h>

#define CREW_PROCESSORS 256u

struct crew {
    struct barrier barrier;
    struct job *job; /* NULL: go home */
    uint32_t threads, processors;
    int processor[CREW_PROCESSORS]; /* those that we may use */
    cpu_set_t allowed;
    uint32_t rotation; /* which processor thread 1 gets */
    uint32_t placed;   /* placement in force + 1; 0: none yet */
    uint64_t round_end_ns, sample_limit;
    bool last; /* this stride is the round's last one */
    struct crew_member {
        struct crew *crew;
        uint32_t index;
        pthread_t thread;
    } members[STRESS_THREADS];
};

/* Start `threads` - 1 threads; false where the system gives none. */
bool crew_start(struct crew *crew, uint32_t threads, uint64_t seed);
void crew_stop(struct crew *crew);

/*
 * Run `job` with its settings for `round_ns`, or until it has run `samples` samples, or the
 * parent says stop. The workers' tallies hold what was seen until they are cleared.
 */
bool crew_round(struct crew *crew, struct job *job, uint64_t round_ns, uint64_t samples,
                struct random *random, struct tuning_evidence *evidence);

#endif
